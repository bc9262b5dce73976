using System.Runtime.InteropServices;
using OcdbtSharp.Zarr3;

namespace OcdbtSharp.Checkpoint.Saver;

/// <summary>Trees whose values are known.</summary>
public static class SavedTree
{
    /// <summary>A tree in which everything tells its step.</summary>
    public static PyTree OfStep(long step) => PyTree.Dict(
        KeyValuePair.Create("step", (PyTree)step),
        KeyValuePair.Create("name", (PyTree)$"step {step}"),
        KeyValuePair.Create("large", (PyTree)Filled(step, 96, 1024)),
        KeyValuePair.Create("layers", PyTree.List(Enumerable.Range(0, 8).Select(layer => (PyTree)Filled(step, 16 + layer, 64)))));

    /// <summary>Arrays that lie over a mesh of two devices a process, in several ways.</summary>
    public static PyTree Sharded(int processes)
    {
        long[] mesh = [processes, 2];
        string[] names = ["process", "device"];
        ArraySharding Over(params string[][] axes) => ArraySharding.Named(mesh, names, axes);
        return PyTree.Dict(
            KeyValuePair.Create("rows", (PyTree)Counting(Over(["process"], ["device"]), 48, 32)),
            KeyValuePair.Create("columns", (PyTree)Counting(Over([], ["process", "device"]), 6, 64)),
            KeyValuePair.Create("replicated", (PyTree)Counting(Over(), 5, 3)),
            KeyValuePair.Create("replicas share", (PyTree)Counting(Over(["device"]), 64, 8)),
            KeyValuePair.Create("alone", (PyTree)Counting(null, 7)),
            KeyValuePair.Create("step", (PyTree)11));
    }

    private static ArrayValue Filled(long value, params long[] shape)
    {
        float[] elements = new float[shape.Aggregate(1L, (product, extent) => product * extent)];
        elements.AsSpan().Fill(value);
        return Array(elements, shape, null);
    }

    private static ArrayValue Counting(ArraySharding? sharding, params long[] shape)
    {
        int count = (int)shape.Aggregate(1L, (product, extent) => product * extent);
        return Array([.. Enumerable.Range(0, count).Select(index => (float)index)], shape, sharding);
    }

    private static ArrayValue Array(float[] elements, long[] shape, ArraySharding? sharding) =>
        new(DataType.Parse("float32"), shape, MemoryMarshal.AsBytes(elements.AsSpan()).ToArray()) { Sharding = sharding };
}

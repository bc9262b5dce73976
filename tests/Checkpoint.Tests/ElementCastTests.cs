using System.Runtime.InteropServices;
using OcdbtSharp.Zarr3;

namespace OcdbtSharp.Checkpoint.Tests;

/// <summary>Conversion between the types of elements.</summary>
public sealed class ElementCastTests
{
    private static readonly string[] _types = [.. DataType.Names];

    [Test]
    public void Small_integers_survive_every_conversion_there_and_back([ValueSource(nameof(_types))] string name)
    {
        DataType type = DataType.Parse(name);
        long[] values = type.Kind is DataTypeKind.Boolean ? [0, 1] : type.Bits == 2 ? (type.Kind == DataTypeKind.SignedInteger ? [-1, 0, 1] : [0, 1]) : [0, 1, 2, 3];
        byte[] source = MemoryMarshal.AsBytes(values.AsSpan()).ToArray();
        DataType int64 = DataType.Parse("int64");
        byte[] there = new byte[values.Length * type.Size];
        ElementCast.Convert(source, int64, there, type);
        Assert.That(ElementCast.Exists(type, int64), Is.EqualTo(type.Kind != DataTypeKind.Complex));
        DataType back = type.Kind == DataTypeKind.Complex ? DataType.Parse("complex128") : int64;
        byte[] result = new byte[values.Length * back.Size];
        ElementCast.Convert(there, type, result, back);
        long[] found = back == int64 ? [.. MemoryMarshal.Cast<byte, long>(result)] : [.. MemoryMarshal.Cast<byte, double>(result).ToArray().Chunk(2).Select(pair => (long)pair[0])];
        Assert.That(found, Is.EqualTo(values));
    }

    [Test]
    public void Floating_point_numbers_lose_their_fraction_towards_zero_and_wide_integers_their_upper_bits()
    {
        double[] floats = [-1.9, 1.9, 300.5, 0.1];
        Assert.That(Cast<double, int>(floats, "float64", "int32"), Is.EqualTo(new[] { -1, 1, 300, 0 }));
        Assert.That(Cast<double, byte>(floats, "float64", "bool"), Is.EqualTo(new byte[] { 1, 1, 1, 1 }));
        Assert.That(Cast<int, byte>([257, -1], "int32", "uint8"), Is.EqualTo(new byte[] { 1, 255 }));
        Assert.That(Cast<ulong, double>([ulong.MaxValue], "uint64", "float64"), Is.EqualTo(new[] { (double)ulong.MaxValue }));
        Assert.That(Cast<int, byte>([-1, 7], "int32", "int4"), Is.EqualTo(new byte[] { 15, 7 }));
    }

    [Test]
    public void Many_elements_are_converted_like_few()
    {
        float[] values = [.. Enumerable.Range(0, 10_001).Select(index => index * 0.37f)];
        ushort[] expected = [.. values.Select(value => ((BFloat16)value).Bits)];
        Assert.That(Cast<float, ushort>(values, "float32", "bfloat16"), Is.EqualTo(expected));
    }

    private static TTo[] Cast<TFrom, TTo>(TFrom[] values, string from, string to)
        where TFrom : unmanaged
        where TTo : unmanaged
    {
        TTo[] result = new TTo[values.Length];
        ElementCast.Convert(MemoryMarshal.AsBytes(values.AsSpan()), DataType.Parse(from), MemoryMarshal.AsBytes(result.AsSpan()), DataType.Parse(to));
        return result;
    }
}

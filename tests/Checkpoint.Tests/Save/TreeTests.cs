using OcdbtSharp.KvStore;
using OcdbtSharp.Testing;
using OcdbtSharp.Zarr3;

namespace OcdbtSharp.Checkpoint.Tests.Save;

/// <summary>Trees of unusual shapes, and those that cannot be saved.</summary>
public sealed class TreeTests
{
    [Test]
    public async Task A_tree_without_arrays_is_saved()
    {
        CheckpointItem item = await SaveAsync(PyTree.Dict(("none", PyTree.None), ("text", "x"), ("empty", PyTree.List())));
        Assert.That(item.Leaves.Select(leaf => (leaf.Name, leaf.Kind)), Is.EquivalentTo(new[]
        {
            ("none", LeafKind.None), ("text", LeafKind.String), ("empty", LeafKind.Empty),
        }));
        Assert.That(item.Find("text")!.Text, Is.EqualTo("x"));
        Assert.That(item.UsesOcdbt);
    }

    [Test]
    public async Task A_tree_that_is_one_array_is_saved([Values] bool usesOcdbt)
    {
        CheckpointItem item = await SaveAsync(ArrayValue.Create(new[] { 1.5, 2.5 }, shape: [2]), new SaveOptions { UseOcdbt = usesOcdbt });
        Assert.That(item.Leaves, Has.Count.EqualTo(1));
        Assert.That(item.Leaves[0].Path, Is.Empty);
        using RestoredLeaf value = await item.Leaves[0].RestoreAsync();
        Assert.That(value.AsSpan<double>().ToArray(), Is.EqualTo(new[] { 1.5, 2.5 }));
    }

    [Test]
    public async Task Rich_types_are_recorded_when_asked_for([Values] bool rich)
    {
        PyTree tree = PyTree.Dict(
            ("point", PyTree.NamedTuple("geometry", "Point", KeyValuePair.Create("y", (PyTree)1), KeyValuePair.Create("x", (PyTree)2))),
            ("pair", PyTree.Tuple(1.5, true)),
            ("state", PyTree.NamedTuple("optax", "EmptyState")));
        CheckpointItem item = await SaveAsync(tree, new SaveOptions { SupportRichTypes = rich });
        PyTreeNode point = item.Tree.Child("point")!;
        Assert.That(point.Kind, Is.EqualTo(rich ? PyTreeNodeKind.NamedTuple : PyTreeNodeKind.Dict));
        Assert.That(point.ClassName, Is.EqualTo(rich ? "Point" : null));
        Assert.That(point.Children.Select(child => child.Key.Name), Is.EqualTo(new[] { "y", "x" }));
        Assert.That(item.Tree.Child("pair")!.Kind, Is.EqualTo(rich ? PyTreeNodeKind.Tuple : PyTreeNodeKind.List));
        Assert.That(item.Find("state")!.TypeName, Is.EqualTo(rich ? "NamedTuple" : "None"));
    }

    [Test]
    public async Task Elements_are_converted_when_they_are_stored()
    {
        float[] values = [.. Enumerable.Range(0, 1000).Select(index => index * 0.37f)];
        ArrayValue array = new(DataType.Parse("float32"), [10, 100], (ReadOnlyMemory<byte>)System.Runtime.InteropServices.MemoryMarshal.AsBytes(values.AsSpan()).ToArray())
        {
            StoreAs = DataType.Parse("bfloat16"),
            ChunkByteSize = 128,
            ShardAxes = [0],
        };
        CheckpointItem item = await SaveAsync(PyTree.Dict(("w", array)));
        Assert.That(item.Leaves[0].ChunkShape, Is.EqualTo(new long[] { 1, 50 }));
        using RestoredLeaf value = await item.Leaves[0].RestoreAsync();
        Assert.That(value.AsSpan<BFloat16>().ToArray(), Is.EqualTo(values.Select(element => (BFloat16)element)));
    }

    [Test]
    public void What_cannot_be_saved_is_told_before_anything_is_written()
    {
        using TemporaryFolder folder = new();
        foreach ((PyTree tree, string message) in new (PyTree, string)[]
        {
            (PyTree.Dict(), "nothing in it"),
            (PyTree.Dict(("a.b", 1), ("a", PyTree.Dict(("b", 2)))), "'a.b'"),
            (PyTree.Dict(("w", ArrayValue.Create(Array.Empty<float>(), shape: [0, 3]))), "no elements"),
            (PyTree.Dict(("w", new ArrayValue(DataType.Parse("complex64"), [], new byte[8]) { StoreAs = DataType.Parse("float32") })), "no conversion"),
            (PyTree.Dict(("w", new ArrayValue(DataType.Parse("uint8"), [2], new byte[2]) { ShardAxes = [1] })), "axis 1"),
        })
        {
            Assert.That(() => CheckpointWriter.SaveAsync(folder.Combine("x"), tree), Throws.ArgumentException.With.Message.Contains(message));
            Assert.That(Directory.GetFileSystemEntries(folder.Path), Is.Empty, message);
        }

        Assert.That(() => new ArrayValue(DataType.Parse("uint8"), [3], new byte[2]), Throws.ArgumentException);
        Assert.That(() => PyTree.Dict(("a", 1), ("a", 2)), Throws.ArgumentException);
    }

    [Test]
    public async Task There_is_a_checkpoint_already()
    {
        using TemporaryFolder folder = new();
        await CheckpointWriter.SaveAsync(folder.Combine("x"), PyTree.Dict(("a", 1)));
        Assert.That(() => CheckpointWriter.SaveAsync(folder.Combine("x"), PyTree.Dict(("b", 1))), Throws.TypeOf<StorageException>().With.Message.Contains("already"));
        await CheckpointWriter.SaveAsync(folder.Combine("x"), PyTree.Dict(("b", 1)), writerOptions: new CheckpointWriterOptions { Overwrite = true });
        Assert.That((await (await OrbaxCheckpoint.OpenAsync(folder.Combine("x"))).OpenItemAsync()).Leaves.Select(leaf => leaf.Name), Is.EqualTo(new[] { "b" }));
    }

    private static async Task<CheckpointItem> SaveAsync(PyTree tree, SaveOptions? options = null)
    {
        MemoryKvStore store = new();
        await CheckpointWriter.SaveStepAsync(store, "x", [KeyValuePair.Create("item", ItemToSave.Tree(tree, options))]);
        return await (await OrbaxCheckpoint.OpenAsync(store.WithPrefix("x/"))).OpenItemAsync();
    }
}

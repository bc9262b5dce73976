using OcdbtSharp.KvStore;
using OcdbtSharp.Ocdbt;
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
            (PyTree.Dict(("a", 1), ("a/", 2)), "'a/'"),
            (PyTree.Dict(("w", new ArrayValue(DataType.Parse("uint4"), [2], new byte[2]))), "uint4"),
            (PyTree.Dict(("w", new ArrayValue(DataType.Parse("uint8"), OfRank(33), new byte[1]))), "33 dimensions"),
            (PyTree.Dict(("a~", "text")), "JSON pointer"),
        })
        {
            Assert.That(() => CheckpointWriter.SaveAsync(folder.Combine("x"), tree), Throws.ArgumentException.With.Message.Contains(message));
            Assert.That(Directory.GetFileSystemEntries(folder.Path), Is.Empty, message);
        }

        Assert.That(() => new ArrayValue(DataType.Parse("uint8"), [3], new byte[2]), Throws.ArgumentException);
        Assert.That(() => PyTree.Dict(("a", 1), ("a", 2)), Throws.ArgumentException);
    }

    [Test]
    public async Task A_shard_has_at_most_31_dimensions()
    {
        using TemporaryFolder folder = new();
        PyTree tree = PyTree.Dict(("w", new ArrayValue(DataType.Parse("uint8"), OfRank(32), new byte[1])));
        await CheckpointWriter.SaveAsync(folder.Combine("v2"), tree);
        Assert.That(
            () => CheckpointWriter.SaveAsync(folder.Combine("v3"), tree, new SaveOptions { UseZarr3 = true }),
            Throws.ArgumentException.With.Message.Contains("at most 31"));
    }

    [TestCase("a/", "a/.zarray")]
    [TestCase("a/b/", "a/b/.zarray")]
    [TestCase("/", ".zarray")]
    [TestCase("//", "//.zarray")]
    [TestCase("", ".zarray")]
    [TestCase("a\\b", "a\\b/.zarray")]
    [TestCase("nu\0l", "nu\0l/.zarray")]
    public async Task A_slash_follows_a_name_that_does_not_end_in_one(string name, string file)
    {
        using TemporaryFolder folder = new();
        await CheckpointWriter.SaveAsync(folder.Combine("x"), PyTree.Dict((name, 7)));
        OcdbtStore database = await OcdbtStore.OpenAsync(new FileKvStore(folder.Combine("x")));
        Assert.That((await database.ReadAsync(file)).HasValue);
        CheckpointItem item = await (await OrbaxCheckpoint.OpenAsync(folder.Combine("x"))).OpenItemAsync();
        using RestoredTree restored = await item.RestoreAsync();
        Assert.That(restored[name].AsSpan<long>()[0], Is.EqualTo(7));
    }

    [TestCase("", "layer")]
    [TestCase("a", "a/b")]
    public async Task Arrays_may_lie_below_each_other(string outer, string inner)
    {
        CheckpointItem item = await SaveAsync(PyTree.Dict((outer, 1), (inner, 2)));
        using RestoredTree restored = await item.RestoreAsync();
        Assert.That(restored[outer].AsSpan<long>()[0], Is.EqualTo(1));
        Assert.That(restored[inner].AsSpan<long>()[0], Is.EqualTo(2));
    }

    [TestCase("/a", "leads out")]
    [TestCase("/", "leads out")]
    [TestCase("a\\b", "backslash")]
    [TestCase("nu\0l", "NUL")]
    [TestCase("a//b", "two in a row")]
    [TestCase("a/..", "'..'")]
    [TestCase("x.__lock", "lock")]
    [TestCase("_METADATA", "file of the checkpoint")]
    [TestCase("_sharding/x", "file of the checkpoint")]
    public void A_name_that_is_no_path_has_no_folder(string name, string message)
    {
        using TemporaryFolder folder = new();
        Assert.That(
            () => CheckpointWriter.SaveAsync(folder.Combine("x"), PyTree.Dict((name, 7)), new SaveOptions { UseOcdbt = false }),
            Throws.ArgumentException.With.Message.Contains(message));
        Assert.That(Directory.GetFileSystemEntries(folder.Path), Is.Empty);
    }

    [Test]
    public void A_name_that_is_too_long_has_no_folder() => Assert.That(
        () => CheckpointWriter.SaveAsync("x", PyTree.Dict((new string('k', 300), 7)), new SaveOptions { UseOcdbt = false }),
        Throws.ArgumentException.With.Message.Contains("255 bytes"));

    [Test]
    public async Task A_folder_may_be_named_with_a_slash_at_its_end()
    {
        using TemporaryFolder folder = new();
        await CheckpointWriter.SaveAsync(folder.Combine("x"), PyTree.Dict(("a/", 7)), new SaveOptions { UseOcdbt = false });
        Assert.That(File.Exists(folder.Combine("x", "a", ".zarray")));
        CheckpointItem item = await (await OrbaxCheckpoint.OpenAsync(folder.Combine("x"))).OpenItemAsync();
        using RestoredTree restored = await item.RestoreAsync();
        Assert.That(restored["a/"].AsSpan<long>()[0], Is.EqualTo(7));
    }

    [Test]
    public void StandardSave_takes_trees_of_numbers()
    {
        Assert.That(() => ItemToSave.Standard(PyTree.Dict(("a", "text"))), Throws.ArgumentException);
        Assert.That(() => ItemToSave.Standard(PyTree.FromInt64(1)), Throws.ArgumentException);
    }

    [Test]
    public async Task Scales_of_eight_bits_are_saved([Values] bool useZarr3)
    {
        byte[] bits = [.. Enumerable.Range(0, 256).Select(pattern => (byte)pattern)];
        CheckpointItem item = await SaveAsync(
            PyTree.Dict(("scales", new ArrayValue(DataType.Parse("float8_e8m0fnu"), [16, 16], bits))), new SaveOptions { UseZarr3 = useZarr3 });
        using RestoredLeaf value = await item.Leaves[0].RestoreAsync();
        Assert.That(value.AsSpan<Float8E8M0Fnu>().ToArray().Select(scale => scale.Bits), Is.EqualTo(bits));
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

    private static long[] OfRank(int rank) => [.. Enumerable.Repeat(1L, rank)];
}

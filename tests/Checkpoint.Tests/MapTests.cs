using OcdbtSharp.Testing;
using OcdbtSharp.Zarr3;

namespace OcdbtSharp.Checkpoint.Tests;

/// <summary>Leaves that are mapped where their elements lie in the files of a checkpoint.</summary>
public sealed class MapTests
{
    [TestCase("item-zarr2-folders-raw")]
    [TestCase("item-zarr2-ocdbt-raw")]
    [TestCase("item-zarr3-folders-raw")]
    [TestCase("item-zarr3-ocdbt-raw")]
    public async Task Leaves_that_Orbax_stored_as_they_are_are_mapped(string name)
    {
        GoldenCase golden = GoldenCase.Family("orbax").Select(test => (GoldenCase)test.Arguments[0]!).Single(candidate => candidate.Name == name);
        CheckpointItem item = await (await OrbaxCheckpoint.OpenAsync(golden.Data)).OpenItemAsync();
        Assert.That(await CheckAsync(item), Is.GreaterThan(0));
    }

    [Test]
    public async Task Leaves_that_were_saved_as_they_are_are_mapped([Values] bool useZarr3, [Values] bool useOcdbt)
    {
        using TemporaryFolder folder = new();
        string path = Path.Combine(folder.Path, "saved");
        PyTree tree = PyTree.Dict(
            ("a", ArrayValue.Create([.. Enumerable.Range(0, 6000).Select(value => (double)value)], shape: [60, 100])),
            ("b", ArrayValue.Create([.. Enumerable.Range(0, 5000)], shape: [5000])));
        await CheckpointWriter.SaveAsync(path, tree, new SaveOptions { UseCompression = false, UseZarr3 = useZarr3, UseOcdbt = useOcdbt });
        CheckpointItem item = await (await OrbaxCheckpoint.OpenAsync(path)).OpenItemAsync();
        Assert.That(await CheckAsync(item), Is.EqualTo(2));
        using MappedArray mapped = await item.Find("a")!.Array!.MapAsync(new ArrayRegion([7, 0], [1, 100]));
        Assert.That(mapped.AsSpan<double>().ToArray(), Is.EqualTo(Enumerable.Range(700, 100)));
    }

    [Test]
    public async Task Compressed_leaves_are_read_where_that_is_asked_for()
    {
        using TemporaryFolder folder = new();
        string path = Path.Combine(folder.Path, "saved");
        await CheckpointWriter.SaveAsync(path, PyTree.Dict(("a", ArrayValue.Create(new int[5000], shape: [5000]))));
        CheckpointItem item = await (await OrbaxCheckpoint.OpenAsync(path)).OpenItemAsync();
        NotSupportedException? refusal = await Assert.ThrowsAsync<NotSupportedException>(async () => await item.Find("a")!.Array!.MapAsync());
        Assert.That(refusal!.Message, Does.Contain("zstd"));
        Assert.That(await CheckAsync(item), Is.Zero);
    }

    /// <summary>Compares what is mapped, or read where it cannot be, with what is restored.</summary>
    /// <returns>How many leaves were mapped.</returns>
    private static async Task<int> CheckAsync(CheckpointItem item)
    {
        int count = 0;
        foreach (CheckpointLeaf leaf in item.Leaves.Where(leaf => leaf.Array is not null))
        {
            using RestoredLeaf restored = await leaf.RestoreAsync();
            using MappedArray mapped = await leaf.Array!.MapOrReadAsync();
            Assert.That(mapped.AsSpan<byte>().SequenceEqual(restored.AsMemory(0, (int)restored.ByteLength).Span), leaf.Name);
            count += mapped.IsMapped ? 1 : 0;
        }

        return count;
    }
}

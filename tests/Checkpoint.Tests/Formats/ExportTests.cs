using FsCheck;
using FsCheck.Fluent;
using OcdbtSharp.Checkpoint.Formats;
using OcdbtSharp.KvStore;
using OcdbtSharp.Testing;

namespace OcdbtSharp.Checkpoint.Tests.Formats;

/// <summary>An export that does not come to its end leaves nothing behind, and what was there before.</summary>
public sealed class ExportTests
{
    private delegate Task<ExportResult> Export(CheckpointItem item, string path, ExportOptions? options, CancellationToken cancellationToken);

    private static readonly Dictionary<string, Export> _exports = new()
    {
        ["x.safetensors"] = CheckpointExport.ToSafetensorsAsync,
        ["x.npz"] = CheckpointExport.ToNpzAsync,
        ["x"] = CheckpointExport.ToNpyFolderAsync,
    };

    private static IEnumerable<string> Names => _exports.Keys;

    [TestCaseSource(nameof(Names))]
    public async Task Progress_grows_up_to_the_whole(string name)
    {
        using TemporaryFolder folder = new();
        CheckpointItem item = await OpenAsync("item-zarr2-folders-raw");
        List<RestoreProgress> reports = [];
        ExportOptions options = new() { Convert = true, Progress = new Reporter(reports.Add) };
        ExportResult result = await _exports[name](item, folder.Combine("new", name), options, default);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(reports[^1], Is.EqualTo(new RestoreProgress(result.Arrays, result.Arrays, result.Bytes, result.Bytes)));
            Assert.That(reports.Select(report => report.Bytes), Is.Ordered);
            Assert.That(result.LeftOut, Is.EqualTo(name == "x.safetensors" ? [] : new[] { "name" }));
        }
    }

    [TestCaseSource(nameof(Names))]
    public async Task What_is_given_up_leaves_nothing_behind(string name)
    {
        using TemporaryFolder folder = new();
        CheckpointItem item = await OpenAsync("item-zarr2-folders-raw");
        using CancellationTokenSource cancellation = new();
        ExportOptions options = new() { Convert = true, Progress = new Reporter(_ => cancellation.Cancel()) };
        Assert.That(() => _exports[name](item, folder.Combine(name), options, cancellation.Token), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(Directory.EnumerateFileSystemEntries(folder.Path), Is.Empty);
    }

    [TestCaseSource(nameof(Names))]
    public async Task Damage_leaves_what_was_there_before(string name)
    {
        using TemporaryFolder folder = new();
        MemoryKvStore store = new();
        ItemFiles files = new(store);
        await files.AddAsync(["first"], [1, 2, 3]);
        await files.AddAsync(["second"], [4, 5]);
        CheckpointItem item = await files.OpenAsync();
        string path = folder.Combine(name);
        await _exports[name](item, path, null, default);
        byte[] before = Content(path);
        await store.WriteAsync("second/0", "short");
        Assert.That(() => _exports[name](item, path, new ExportOptions { Overwrite = true }, default), Throws.TypeOf<CorruptDataException>().With.Message.Contains("second"));
        Assert.That(Content(path), Is.EqualTo(before));
        Assert.That(Directory.EnumerateFileSystemEntries(folder.Path).Count(), Is.EqualTo(1));
    }

    [TestCaseSource(nameof(Names))]
    public async Task Two_leaves_of_one_name_are_an_error(string name)
    {
        using TemporaryFolder folder = new();
        ItemFiles files = new(new MemoryKvStore());
        await files.AddAsync(["a", "b"], [1]);
        await files.AddAsync(["a.b"], [1]);
        CheckpointItem item = await files.OpenAsync();
        Assert.That(() => _exports[name](item, folder.Combine(name), null, default), Throws.TypeOf<UnsupportedFormatException>().With.Message.Contains("'a.b'"));
    }

    [Test]
    public async Task The_name_of_the_metadata_of_safetensors_is_taken()
    {
        using TemporaryFolder folder = new();
        ItemFiles files = new(new MemoryKvStore());
        await files.AddAsync(["__metadata__"], [1]);
        CheckpointItem item = await files.OpenAsync();
        Assert.That(() => CheckpointExport.ToSafetensorsAsync(item, folder.Combine("x")), Throws.TypeOf<UnsupportedFormatException>());
        Assert.That(Directory.EnumerateFileSystemEntries(folder.Path), Is.Empty);
    }

    [Test]
    public void Pieces_follow_one_another_and_cover_a_region_once() => Prop.ForAll(
        (from rank in Gen.Choose(0, 4)
         from extents in Gen.Choose(0, 6).ArrayOf(rank)
         from origin in Gen.Choose(0, 5).ArrayOf(rank)
         from chunks in Gen.Choose(1, 4).ArrayOf(rank)
         from size in Gen.Elements(1, 4, 8)
         from most in Gen.Choose(1, 300)
         select (extents, origin, chunks, size, most)).ToArbitrary(),
        test =>
        {
            long[] shape = [.. test.extents.Select(extent => (long)extent)];
            long[] origin = [.. test.origin.Select(first => (long)first)];
            List<string> covered = [];
            foreach ((long[] partOrigin, long[] partShape) in LeafSlabs.Plan(origin, shape, [.. test.chunks.Select(chunk => (long)chunk)], test.size, test.most))
            {
                long bytes = partShape.Aggregate((long)test.size, (product, extent) => product * extent);
                if (bytes == 0 || bytes > Math.Max(test.most, test.size))
                {
                    return false;
                }

                covered.AddRange(Indices(partOrigin, partShape));
            }

            return covered.SequenceEqual(Indices(origin, shape));
        }).QuickCheckThrowOnFailure();

    private static IEnumerable<string> Indices(long[] origin, long[] shape)
    {
        IEnumerable<string> indices = [""];
        for (int axis = 0; axis < shape.Length; axis++)
        {
            (long first, long extent) = (origin[axis], shape[axis]);
            indices = indices.SelectMany(prefix => Enumerable.Range(0, (int)extent).Select(index => $"{prefix} {first + index}"));
        }

        return [.. indices];
    }

    private static async Task<CheckpointItem> OpenAsync(string name) =>
        await (await OrbaxCheckpoint.OpenAsync(Path.Combine(GoldenCase.Root, "orbax", name, "data"))).OpenItemAsync();

    private static byte[] Content(string path) =>
        File.Exists(path) ? File.ReadAllBytes(path) : [.. Directory.EnumerateFiles(path).Order(StringComparer.Ordinal).SelectMany(File.ReadAllBytes)];

    private sealed class Reporter(Action<RestoreProgress> report) : IProgress<RestoreProgress>
    {
        public void Report(RestoreProgress value) => report(value);
    }
}

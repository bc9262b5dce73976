using FsCheck.Fluent;
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

    private static async Task<CheckpointItem> OpenAsync(string name) =>
        await (await OrbaxCheckpoint.OpenAsync(Path.Combine(GoldenCase.Root, "orbax", name, "data"))).OpenItemAsync();

    private static byte[] Content(string path) =>
        File.Exists(path) ? File.ReadAllBytes(path) : [.. Directory.EnumerateFiles(path).Order(StringComparer.Ordinal).SelectMany(File.ReadAllBytes)];

    private sealed class Reporter(Action<RestoreProgress> report) : IProgress<RestoreProgress>
    {
        public void Report(RestoreProgress value) => report(value);
    }
}

using System.Diagnostics;
using OcdbtSharp.Checkpoint.Saver;
using OcdbtSharp.Testing;

namespace OcdbtSharp.Checkpoint.Tests.Save;

/// <summary>Several processes that save one checkpoint.</summary>
public sealed class ProcessTests
{
    private const int Processes = 4;
    private const string Saver = "OcdbtSharp.Checkpoint.Saver.dll";

    [Test]
    public async Task Four_processes_save_what_one_saves()
    {
        using TemporaryFolder folder = new();
        string together = folder.Combine("together");
        await Task.WhenAll(Enumerable.Range(0, Processes).Select(index =>
            ChildProcess.RunAsync(Saver, ["part", together, $"{index}", $"{Processes}", "60"], TimeSpan.FromMinutes(1))));
        string alone = folder.Combine("alone");
        await CheckpointWriter.SaveStepAsync(alone, [KeyValuePair.Create("state", ItemToSave.Tree(SavedTree.Sharded(Processes)))]);
        await FolderComparison.CompareLeavesAsync(await OrbaxCheckpoint.OpenAsync(alone), await OrbaxCheckpoint.OpenAsync(together));
        string item = Path.Combine(together, "state");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(File.ReadAllText(Path.Combine(item, "_METADATA")), Is.EqualTo(File.ReadAllText(Path.Combine(alone, "state", "_METADATA"))));
            Assert.That(Directory.GetDirectories(item, "ocdbt.process_*"), Has.Length.EqualTo(Processes));
            Assert.That(Directory.GetFiles(Path.Combine(item, "array_metadatas")), Has.Length.EqualTo(Processes));
            Assert.That(Directory.GetFileSystemEntries(folder.Path).Select(Path.GetFileName), Is.EquivalentTo(["together", "alone"]), "nothing is left beside them");
        }
    }

    [Test]
    public async Task A_process_that_is_killed_is_named_and_nothing_is_visible()
    {
        using TemporaryFolder folder = new();
        string path = folder.Combine("step");
        using Process killed = ChildProcess.Start(Saver, ["hang", path, "3", $"{Processes}", "60"]);
        await ExistsAsync(path + ".orbax-checkpoint-tmp.rendezvous/arrived.3");
        List<Process> others = [.. Enumerable.Range(0, 3).Select(index => ChildProcess.Start(Saver, ["part", path, $"{index}", $"{Processes}", "8"]))];
        Assert.That(await killed.StandardOutput.ReadLineAsync(), Is.EqualTo("hanging"));
        killed.Kill();
        string[] errors = await Task.WhenAll(others.Select(process => process.StandardError.ReadToEndAsync()));
        foreach (Process process in others)
        {
            await process.WaitForExitAsync();
            Assert.That(process.ExitCode, Is.Not.Zero);
            process.Dispose();
        }

        using (Assert.EnterMultipleScope())
        {
            Assert.That(errors[0], Does.Contain("Process 3 of 4 did not finish within 00:00:08"));
            Assert.That(errors[1], Does.Contain("Process 0 of 4"));
            Assert.That(Directory.Exists(path), Is.False);
        }

        // What the attempt left behind disturbs the next one in no way.
        await Task.WhenAll(Enumerable.Range(0, 2).Select(index =>
            ChildProcess.RunAsync(Saver, ["part", path, $"{index}", "2", "60"], TimeSpan.FromMinutes(1))));
        Assert.That((await OrbaxCheckpoint.OpenAsync(path)).ItemNames, Is.EqualTo(new[] { "state" }));
    }

    private static async Task ExistsAsync(string file)
    {
        using CancellationTokenSource limit = new(TimeSpan.FromMinutes(1));
        while (!File.Exists(file))
        {
            await Task.Delay(5, limit.Token);
        }
    }

    [Test]
    public void A_process_that_never_comes_is_named()
    {
        using TemporaryFolder folder = new();
        CheckpointWriterOptions options = new() { Processes = new ProcessGroup(0, 2) { Timeout = TimeSpan.FromMilliseconds(100), PollInterval = TimeSpan.FromMilliseconds(5) } };
        Assert.That(
            () => CheckpointWriter.SaveAsync(folder.Combine("x"), SavedTree.Sharded(2), writerOptions: options),
            Throws.TypeOf<KvStore.StorageException>().With.Message.Contains("Process 1 of 2 did not start within 00:00:00.1"));
        Assert.That(Directory.Exists(folder.Combine("x")), Is.False);
    }

    [Test]
    public async Task Regions_that_processes_hold_make_one_array()
    {
        using TemporaryFolder folder = new();
        float[] all = [.. Enumerable.Range(0, 24).Select(index => (float)index)];
        await Task.WhenAll(Enumerable.Range(0, 3).Select(index =>
        {
            byte[] rows = System.Runtime.InteropServices.MemoryMarshal.AsBytes(all.AsSpan(8 * index, 8)).ToArray();
            ArrayValue value = new(Zarr3.DataType.Parse("float32"), [6, 4], [new ArrayPart([2 * index, 0], [2, 4], rows)]);
            ProcessGroup processes = new(index, 3) { PollInterval = TimeSpan.FromMilliseconds(2), Timeout = TimeSpan.FromMinutes(1) };
            return CheckpointWriter.SaveAsync(folder.Combine("x"), PyTree.Dict(KeyValuePair.Create("w", (PyTree)value)), writerOptions: new() { Processes = processes });
        }));
        using RestoredTree restored = await (await (await OrbaxCheckpoint.OpenAsync(folder.Combine("x"))).OpenItemAsync()).RestoreAsync();
        Assert.That(restored["w"].AsSpan<float>().ToArray(), Is.EqualTo(all));
        Assert.That(restored["w"].Leaf.WriteShape, Is.EqualTo(new long[] { 2, 4 }));
    }

    [Test]
    public void Regions_that_cut_through_chunks_are_an_error()
    {
        using TemporaryFolder folder = new();
        ArrayValue value = new(Zarr3.DataType.Parse("uint8"), [6], [new ArrayPart([1], [4], new byte[4])]);
        Assert.That(
            () => CheckpointWriter.SaveAsync(folder.Combine("x"), PyTree.Dict(KeyValuePair.Create("w", (PyTree)value))),
            Throws.ArgumentException.With.Message.Contains("cuts through chunks"));
        Assert.That(Directory.GetFileSystemEntries(folder.Path), Is.Empty);
    }

    [Test]
    public async Task A_process_that_gives_up_is_named_at_once()
    {
        using TemporaryFolder folder = new();
        using CancellationTokenSource stop = new();
        Task[] saves = [.. Enumerable.Range(0, 2).Select(index => CheckpointWriter.SaveStepAsync(
            folder.Combine("x"),
            [KeyValuePair.Create<string, ItemToSave>("item", new StoppingItem(index == 1 ? stop : null))],
            new CheckpointWriterOptions { Processes = new ProcessGroup(index, 2) { PollInterval = TimeSpan.FromMilliseconds(2), Timeout = TimeSpan.FromMinutes(1) } },
            index == 1 ? stop.Token : CancellationToken.None))];
        Assert.That(() => saves[1], Throws.InstanceOf<OperationCanceledException>());
        Assert.That(() => saves[0], Throws.TypeOf<KvStore.StorageException>().With.Message.Contains("Process 1 of 2 failed"));
        await Task.WhenAll(saves).ContinueWith(_ => { }, TaskScheduler.Default);
        Assert.That(Directory.Exists(folder.Combine("x")), Is.False);
    }

    private sealed class StoppingItem(CancellationTokenSource? stop) : ItemToSave
    {
        protected internal override string? HandlerName(bool isV1) => null;

        protected internal override async Task WriteAsync(ItemSaveContext context, CancellationToken cancellationToken)
        {
            await (stop?.CancelAsync() ?? Task.CompletedTask);
            cancellationToken.ThrowIfCancellationRequested();
        }
    }
}

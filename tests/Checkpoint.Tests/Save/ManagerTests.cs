using System.Text.Json;
using OcdbtSharp.Checkpoint.Saver;
using OcdbtSharp.KvStore;
using OcdbtSharp.Testing;

namespace OcdbtSharp.Checkpoint.Tests.Save;

/// <summary>The manager: what it saves, keeps, tells and restores.</summary>
public sealed class ManagerTests
{
    [Test]
    public async Task Keeps_the_steps_that_Orbax_keeps_by_number()
    {
        GoldenCase golden = Golden("manager-default-item");
        using TemporaryFolder folder = new();
        await using CheckpointManager manager = await CheckpointManager.OpenAsync(folder.Path, new CheckpointManagerOptions { MaxToKeep = 3, KeepPeriod = 4 });
        for (long step = 1; step <= 6; step++)
        {
            Assert.That(await manager.SaveAsync(step, SavedTree.OfStep(step)));
        }

        await manager.WaitUntilFinishedAsync();
        Assert.That(manager.AllSteps, Is.EqualTo(Steps(golden)));
        Assert.That(manager.LatestStep, Is.EqualTo(golden.Expect().GetProperty("latest").GetInt64()));
        Assert.That(Folders(folder), Is.EquivalentTo(Steps(golden).Select(step => $"{step}")));
    }

    [Test]
    public async Task Keeps_the_steps_that_Orbax_keeps_by_metric()
    {
        GoldenCase golden = Golden("manager-metrics");
        using TemporaryFolder folder = new();
        CheckpointManagerOptions options = new() { BestFunction = metrics => metrics.GetProperty("loss").GetDouble(), BestMode = BestMode.Min, MaxToKeep = 3 };
        await using CheckpointManager manager = await CheckpointManager.OpenAsync(folder.Path, options);
        double[] losses = [3.0, 1.0, 2.5, 0.5, 0.9, 4.0];
        for (int index = 0; index < losses.Length; index++)
        {
            await manager.SaveAsync(100 * index, SavedTree.OfStep(index), Json(FormattableString.Invariant($$"""{"loss": {{losses[index]}}}""")));
        }

        await manager.WaitUntilFinishedAsync();
        await manager.ReloadAsync();
        JsonElement? metrics = await manager.MetricsAsync(300);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(manager.AllSteps, Is.EqualTo(Steps(golden)));
            Assert.That(manager.BestStep, Is.EqualTo(golden.Expect().GetProperty("best_by_min_loss").GetInt64()));
            Assert.That(manager.LatestStep, Is.EqualTo(golden.Expect().GetProperty("latest").GetInt64()));
            Assert.That(await manager.ItemNamesAsync(300), Is.EqualTo(new[] { "default", "metrics" }));
            Assert.That(metrics!.Value.GetProperty("loss").GetDouble(), Is.EqualTo(0.5));
        }
    }

    [Test]
    public async Task Knows_the_steps_that_Orbax_saved()
    {
        await using CheckpointManager manager = await CheckpointManager.OpenAsync(
            Golden("manager-metrics").Data, new CheckpointManagerOptions { ReadOnly = true, BestFunction = metrics => metrics.GetProperty("loss").GetDouble(), BestMode = BestMode.Min });
        Assert.That(manager.AllSteps, Is.EqualTo(new long[] { 100, 300, 400 }));
        Assert.That(manager.BestStep, Is.EqualTo(300));
        Assert.That(manager.Checkpoints.Select(checkpoint => checkpoint.Time.Year), Is.All.GreaterThan(2020));
        Assert.That(await manager.SaveAsync(500, SavedTree.OfStep(1)), Is.False);
        using RestoredTree restored = await manager.RestoreAsync(300);
        Assert.That(restored.Leaves, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Saves_while_the_program_goes_on_and_changes_its_values()
    {
        using TemporaryFolder folder = new();
        byte[] values = [1, 2, 3, 4];
        ArrayValue array = new(Zarr3.DataType.Parse("uint8"), [4], (ReadOnlyMemory<byte>)values);
        await using CheckpointManager manager = await CheckpointManager.OpenAsync(folder.Path);
        await manager.SaveAsync(1, PyTree.Dict(KeyValuePair.Create("w", (PyTree)array)));
        Array.Clear(values);
        await manager.WaitUntilFinishedAsync();
        using RestoredTree restored = await manager.RestoreAsync();
        Assert.That(restored["w"].AsSpan<byte>().ToArray(), Is.EqualTo(new byte[] { 1, 2, 3, 4 }));
    }

    [Test]
    public async Task An_error_of_the_background_is_thrown_by_the_next_call_and_the_step_is_forgotten()
    {
        using TemporaryFolder folder = new();
        CheckpointManager manager = await CheckpointManager.OpenAsync(folder.Path);
        await manager.SaveAsync(1, SavedTree.OfStep(1));
        await manager.SaveAsync(2, [KeyValuePair.Create("default", ItemToSave.Tree(SavedTree.OfStep(2))), KeyValuePair.Create<string, ItemToSave>("bad", new FailingItem())]);
        Assert.That(() => manager.SaveAsync(3, SavedTree.OfStep(3)), Throws.TypeOf<StorageException>().With.Message.Contains("no more room"));
        Assert.That(manager.AllSteps, Is.EqualTo(new long[] { 1 }));
        await manager.SaveAsync(3, SavedTree.OfStep(3));
        await manager.DisposeAsync();
        Assert.That(Folders(folder), Is.EquivalentTo(["1", "3"]));

        await manager.SaveAsync(4, [KeyValuePair.Create<string, ItemToSave>("bad", new FailingItem())]);
        Assert.That(() => manager.DisposeAsync().AsTask(), Throws.TypeOf<StorageException>());
    }

    [Test]
    public async Task Metadata_of_the_root_is_written_once()
    {
        using TemporaryFolder folder = new();
        string root = folder.Combine("a", "b");
        await using (CheckpointManager first = await CheckpointManager.OpenAsync(root, metadata: Json("""{"n": 1}""")))
        {
            await first.SaveAsync(0, SavedTree.OfStep(0), customMetadata: Json("""{"epoch": 2}"""));
        }

        await using CheckpointManager second = await CheckpointManager.OpenAsync(root, metadata: Json("""{"n": 2}"""));
        Assert.That(second.RootMetadata!.Value.GetProperty("n").GetInt32(), Is.EqualTo(1));
        Assert.That((await second.OpenStepAsync()).Metadata!.CustomMetadata.GetProperty("epoch").GetInt32(), Is.EqualTo(2));
    }

    [Test]
    public async Task Deleted_steps_go_where_the_options_say()
    {
        using TemporaryFolder folder = new();
        CheckpointManagerOptions options = new() { MaxToKeep = 1, ToDeleteFolder = "trash", StepNameFormat = StepNameFormat.Standard("ckpt", 4), BackgroundDelete = true };
        await using (CheckpointManager manager = await CheckpointManager.OpenAsync(folder.Path, options))
        {
            for (long step = 1; step <= 3; step++)
            {
                await manager.SaveAsync(step, SavedTree.OfStep(step));
            }
        }

        Assert.That(Folders(folder), Is.EquivalentTo(["ckpt_0003", "trash"]));
        Assert.That(Directory.GetDirectories(folder.Combine("trash")).Select(Path.GetFileName), Is.EquivalentTo(["ckpt_0001", "ckpt_0002"]));
    }

    [Test]
    public async Task A_step_is_saved_twice_only_after_it_was_deleted()
    {
        using TemporaryFolder folder = new();
        await using CheckpointManager manager = await CheckpointManager.OpenAsync(folder.Path);
        await manager.SaveAsync(5, SavedTree.OfStep(5));
        Assert.That(await manager.SaveAsync(5, SavedTree.OfStep(5)), Is.False);
        Assert.That(() => manager.SaveAsync(5, SavedTree.OfStep(5), force: true), Throws.ArgumentException.With.Message.Contains("step 5"));
        await manager.DeleteAsync(5);
        Assert.That(() => manager.DeleteAsync(5), Throws.ArgumentException);
        Assert.That(await manager.SaveAsync(5, SavedTree.OfStep(5)));
    }

    [Test]
    public async Task Works_where_folders_cannot_be_moved()
    {
        WithoutRename store = new(new MemoryKvStore());
        CheckpointManagerOptions options = new() { MaxToKeep = 2, AsyncSave = false };
        await using CheckpointManager manager = await CheckpointManager.OpenAsync(store, options);
        for (long step = 1; step <= 3; step++)
        {
            await manager.SaveAsync(step, SavedTree.OfStep(step));
        }

        Assert.That(
            () => manager.SaveAsync(4, [KeyValuePair.Create("default", ItemToSave.Tree(SavedTree.OfStep(4))), KeyValuePair.Create<string, ItemToSave>("bad", new FailingItem())]),
            Throws.TypeOf<StorageException>());

        // An attempt that was killed leaves a folder under the final name, without its last file.
        await store.WriteAsync("9/default/d/x", "half");
        await manager.ReloadAsync();
        Assert.That(manager.AllSteps, Is.EqualTo(new long[] { 2, 3 }));
        using RestoredTree restored = await manager.RestoreAsync();
        Assert.That(restored["name"].Text, Is.EqualTo("step 3"));
        Assert.That(await manager.CleanupAsync(), Is.EqualTo(new[] { "9" }));
        await manager.SaveAsync(9, SavedTree.OfStep(9));
        Assert.That(manager.AllSteps, Is.EqualTo(new long[] { 3, 9 }));
    }

    [Test]
    public async Task Steps_of_the_v1_checkpointer_are_laid_out_as_Orbax_lays_them_out()
    {
        using TemporaryFolder folder = new();
        CheckpointManagerOptions options = new() { UseV1 = true, BestFunction = metrics => metrics.GetProperty("loss").GetDouble(), AsyncSave = false };
        GoldenCase golden = Golden("v1-training");
        await using CheckpointManager manager = await CheckpointManager.OpenAsync(folder.Path, options);
        OrbaxCheckpoint root = await OrbaxCheckpoint.OpenAsync(golden.Data);
        foreach (StepInfo info in root.Steps)
        {
            OrbaxCheckpoint step = await root.OpenStepAsync(info.Step);
            CheckpointItem item = await step.OpenItemAsync();
            await manager.SaveAsync(info.Step, PyTree.FromItem(item, await item.ReadShardingsAsync()), await step.ReadMetricsAsync());
        }

        string[] expected = [.. Directory.GetFiles(Path.Combine(golden.Data, "2"), "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(Path.Combine(golden.Data, "2"), path))];
        string[] found = [.. Directory.GetFiles(folder.Combine("2"), "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(folder.Combine("2"), path))];
        Assert.That(found.Where(IsNamed), Is.EquivalentTo(expected.Where(IsNamed)));
        Assert.That((await manager.OpenStepAsync(2)).Metadata!.ItemHandlers["state"], Does.Contain(".v1."));

        static bool IsNamed(string path) => Path.GetFileName(Path.GetDirectoryName(path)) != "d";
    }

    private static GoldenCase Golden(string name) => (GoldenCase)GoldenCase.Family("orbax").Single(test => ((GoldenCase)test.Arguments[0]!).Name == name).Arguments[0]!;

    private static long[] Steps(GoldenCase golden) => [.. golden.Expect().GetProperty("steps").EnumerateArray().Select(step => step.GetInt64())];

    private static IEnumerable<string?> Folders(TemporaryFolder folder) => Directory.GetDirectories(folder.Path).Select(Path.GetFileName);

    private static JsonElement Json(string text) => JsonDocument.Parse(text).RootElement;

    private sealed class FailingItem : ItemToSave
    {
        protected internal override string? HandlerName(bool isV1) => null;

        protected internal override Task WriteAsync(ItemSaveContext context, CancellationToken cancellationToken) => throw new StorageException("no more room", "disk");
    }
}

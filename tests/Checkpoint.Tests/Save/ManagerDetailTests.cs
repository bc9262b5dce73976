using System.Text;
using System.Text.Json;
using OcdbtSharp.Checkpoint.Saver;
using OcdbtSharp.KvStore;
using OcdbtSharp.Testing;

namespace OcdbtSharp.Checkpoint.Tests.Save;

/// <summary>What random histories beside Orbax's manager found, and what its options of release 0.12 do.</summary>
public sealed class ManagerDetailTests
{
    [Test]
    public async Task A_metric_that_is_no_number_is_written_as_Python_writes_it_and_read_again()
    {
        using TemporaryFolder folder = new();
        CheckpointManagerOptions options = new() { BestFunction = MetricValue.Named("loss"), AsyncSave = false };
        await using CheckpointManager manager = await CheckpointManager.OpenAsync(folder.Path, options);
        await manager.SaveAsync(1, SavedTree.OfStep(1), Json("""{"loss": "NaN", "high": ["Infinity", "-Infinity"], "n": 1.50}"""));
        Assert.That(await File.ReadAllTextAsync(folder.Combine("1", "metrics", "metrics")), Is.EqualTo("""{"loss": NaN, "high": [Infinity, -Infinity], "n": 1.50}"""));
        await manager.ReloadAsync();
        Assert.That(manager.BestStep, Is.EqualTo(1));
        Assert.That(MetricValue.Named("loss")(manager.Checkpoints[0].Metrics!.Value), Is.NaN);
    }

    [Test]
    public async Task Metrics_that_are_null_are_none()
    {
        using TemporaryFolder folder = new();
        CheckpointManagerOptions options = new() { BestFunction = MetricValue.Named("loss"), AsyncSave = false };
        await using CheckpointManager manager = await CheckpointManager.OpenAsync(folder.Path, options);
        await manager.SaveAsync(1, SavedTree.OfStep(1), Json("null"));
        Assert.That(manager.BestStep, Is.Null);
        Assert.That(await manager.ItemNamesAsync(1), Is.EqualTo(new[] { "default" }));
    }

    [Test]
    public async Task A_step_that_another_program_took_away_has_no_metrics()
    {
        using TemporaryFolder folder = new();
        await using CheckpointManager manager = await CheckpointManager.OpenAsync(folder.Path, new CheckpointManagerOptions { AsyncSave = false });
        await manager.SaveAsync(3, SavedTree.OfStep(3), Json("""{"loss": 1}"""));
        Directory.Delete(folder.Combine("3"), recursive: true);
        Assert.That(await manager.MetricsAsync(3), Is.Null);
        await Assert.ThatAsync(() => manager.MetricsAsync(4), Throws.ArgumentException);
    }

    [Test]
    public async Task A_best_function_that_fails_leaves_everything_as_it_was()
    {
        using TemporaryFolder folder = new();
        CheckpointManagerOptions options = new() { BestFunction = MetricValue.Named("loss"), MaxToKeep = 1 };
        await using CheckpointManager manager = await CheckpointManager.OpenAsync(folder.Path, options);
        await manager.SaveAsync(1, SavedTree.OfStep(1), Json("""{"loss": 1}"""));
        Assert.That(() => manager.SaveAsync(2, SavedTree.OfStep(2), Json("""{"other": 1}""")), Throws.TypeOf<KeyNotFoundException>());
        Assert.That(manager.AllSteps, Is.EqualTo(new long[] { 1 }));
        Assert.That(await manager.SaveAsync(2, SavedTree.OfStep(2), Json("""{"loss": 2}""")));
    }

    [Test]
    public async Task A_step_without_a_recorded_time_is_as_old_as_its_files()
    {
        using TemporaryFolder folder = new();
        await using CheckpointManager manager = await CheckpointManager.OpenAsync(folder.Path, new CheckpointManagerOptions { AsyncSave = false });
        await manager.SaveAsync(1, SavedTree.OfStep(1));
        File.Delete(folder.Combine("1", "_CHECKPOINT_METADATA"));
        DateTime time = new(2024, 5, 6, 7, 8, 9, DateTimeKind.Utc);
        foreach (string file in Directory.GetFiles(folder.Combine("1"), "*", SearchOption.AllDirectories))
        {
            File.SetLastWriteTimeUtc(file, time);
        }

        await manager.ReloadAsync();
        Assert.That(manager.Checkpoints[0].Time.UtcDateTime, Is.EqualTo(time));
    }

    [Test]
    public async Task A_folder_that_the_manager_did_not_know_of_is_replaced()
    {
        using TemporaryFolder folder = new();
        await using CheckpointManager manager = await CheckpointManager.OpenAsync(folder.Path, new CheckpointManagerOptions { AsyncSave = false });
        Directory.CreateDirectory(folder.Combine("3"));
        await File.WriteAllTextAsync(folder.Combine("3", "foreign"), "x");
        Assert.That(await manager.SaveAsync(3, SavedTree.OfStep(3)));
        Assert.That(File.Exists(folder.Combine("3", "foreign")), Is.False);
    }

    [Test]
    public async Task A_folder_that_does_not_exist_has_no_steps()
    {
        using TemporaryFolder folder = new();
        await using CheckpointManager manager = await CheckpointManager.OpenAsync(folder.Combine("none"), new CheckpointManagerOptions { ReadOnly = true });
        Assert.That(manager.LatestStep, Is.Null);
        Assert.That(Directory.Exists(folder.Combine("none")), Is.False);
    }

    [Test]
    public async Task Of_two_folders_with_one_number_the_first_format_says_which_is_meant()
    {
        using TemporaryFolder folder = new();
        StepNameFormat plain = StepNameFormat.Standard();
        StepNameFormat prefixed = StepNameFormat.Standard("step", 3);
        await SaveAsync(plain, 7);
        await SaveAsync(prefixed, 8);
        Directory.Move(folder.Combine("step_008"), folder.Combine("step_007"));
        CheckpointManagerOptions options = new() { StepNameFormat = StepNameFormat.Composite(prefixed, plain, prefixed), AsyncSave = false, ToDeleteFolder = "trash" };
        await using CheckpointManager manager = await CheckpointManager.OpenAsync(folder.Path, options);
        Assert.That(manager.AllSteps, Is.EqualTo(new long[] { 7, 7 }));
        using (RestoredTree restored = await manager.RestoreAsync(7))
        {
            Assert.That(restored["name"].Text, Is.EqualTo("step 7"));
        }

        await manager.DeleteAsync(7);
        await manager.ReloadAsync();
        Assert.That(manager.AllSteps, Is.EqualTo(new long[] { 7 }));
        Assert.That(Directory.Exists(folder.Combine("trash", "step_007")));
        using RestoredTree other = await manager.RestoreAsync(7);
        Assert.That(other["name"].Text, Is.EqualTo("step 8"));

        async Task SaveAsync(StepNameFormat format, long step)
        {
            await using CheckpointManager saving = await CheckpointManager.OpenAsync(folder.Path, new CheckpointManagerOptions { StepNameFormat = format });
            await saving.SaveAsync(step, SavedTree.OfStep(step));
        }
    }

    [Test]
    public async Task With_commit_files_only_finished_folders_are_steps_unless_older_ones_are_allowed()
    {
        using TemporaryFolder folder = new();
        CheckpointManagerOptions options = new() { Atomicity = AtomicityMode.CommitFile, AsyncSave = false };
        await using CheckpointManager manager = await CheckpointManager.OpenAsync(folder.Path, options);
        await manager.SaveAsync(1, SavedTree.OfStep(1));
        await manager.SaveAsync(2, SavedTree.OfStep(2));
        File.Delete(folder.Combine("2", "commit_success.txt"));
        await manager.ReloadAsync();
        Assert.That(manager.AllSteps, Is.EqualTo(new long[] { 1 }));
        options = new CheckpointManagerOptions { Atomicity = AtomicityMode.CommitFile, AllowLegacyAtomicRename = true };
        await using CheckpointManager lenient = await CheckpointManager.OpenAsync(folder.Path, options);
        Assert.That(lenient.AllSteps, Is.EqualTo(new long[] { 1, 2 }));
    }

    [Test]
    public async Task A_store_that_cannot_rename_refuses_the_mode_that_does()
    {
        WithoutRename store = new(new MemoryKvStore());
        CheckpointManagerOptions options = new() { Atomicity = AtomicityMode.AtomicRename, AsyncSave = false };
        await using CheckpointManager manager = await CheckpointManager.OpenAsync(store, options);
        Assert.That(() => manager.SaveAsync(1, SavedTree.OfStep(1)), Throws.ArgumentException.With.Message.Contains("CommitFile"));
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task Deleted_steps_go_to_a_path_of_the_bucket(bool canRename)
    {
        IKvStore bucket = canRename ? new MemoryKvStore() : new WithoutRename(new MemoryKvStore());
        CheckpointManagerOptions options = new() { MaxToKeep = 1, AsyncSave = false, ToDeleteFullPath = "trash/old", TimeProvider = new StoppedClock() };
        await using (CheckpointManager manager = await CheckpointManager.OpenAsync(bucket.WithPrefix("runs/1/"), options))
        {
            await manager.SaveAsync(1, SavedTree.OfStep(1));
            await manager.SaveAsync(2, SavedTree.OfStep(2));
        }

        List<string> folders = [];
        await foreach (ListEntry entry in bucket.ListAsync())
        {
            string key = Encoding.UTF8.GetString(entry.Key.Bytes.Span);
            folders.Add(string.Join('/', key.Split('/').Take(3)));
        }

        Assert.That(folders.Distinct(), Is.EqualTo(new[] { "runs/1/2", "trash/old/1-20260102-030405-600000" }));
    }

    [TestCase(true, false, true)]
    [TestCase(true, true, true)]
    [TestCase(false, true, true)]
    [TestCase(false, false, false)]
    public async Task Metadata_of_the_root_that_is_not_saved_is_not_there(bool saves, bool readOnly, bool isThere)
    {
        using TemporaryFolder folder = new();
        CheckpointManagerOptions options = new() { SaveRootMetadata = saves, ReadOnly = readOnly };
        await using CheckpointManager manager = await CheckpointManager.OpenAsync(folder.Path, options, Json("""{"n": 1}"""));
        Assert.That(manager.RootMetadata is not null, Is.EqualTo(isThere));
    }

    [Test]
    public void A_path_of_a_bucket_is_refused_for_a_folder()
    {
        using TemporaryFolder folder = new();
        Assert.That(() => CheckpointManager.OpenAsync(folder.Path, new CheckpointManagerOptions { ToDeleteFullPath = "trash" }), Throws.ArgumentException);
    }

    [Test]
    public async Task The_v1_checkpointer_sorts_its_steps_stores_metrics_unasked_and_saves_no_step_twice()
    {
        using TemporaryFolder folder = new();
        CheckpointManagerOptions options = new() { UseV1 = true, AsyncSave = false };
        await using CheckpointManager manager = await CheckpointManager.OpenAsync(folder.Path, options);
        await manager.SaveAsync(5, SavedTree.OfStep(5), Json("""{"loss": 1}"""));
        await manager.SaveAsync(3, SavedTree.OfStep(3), Json("{}"), force: true);
        Assert.That(manager.AllSteps, Is.EqualTo(new long[] { 3, 5 }));
        Assert.That(manager.LatestStep, Is.EqualTo(5));
        Assert.That(await manager.ItemNamesAsync(5), Is.EqualTo(new[] { "metrics", "state" }));
        Assert.That(await manager.ItemNamesAsync(3), Is.EqualTo(new[] { "state" }));
        Assert.That((await manager.OpenStepAsync(5)).Metadata!.ItemHandlers.Keys, Is.EqualTo(new[] { "metrics", "state" }));
        Assert.That(() => manager.SaveAsync(5, SavedTree.OfStep(5)), Throws.ArgumentException);

        // The step that was saved last decides, not the greatest.
        Assert.That(manager.ShouldSave(4));
    }

    private static JsonElement Json(string text) => JsonDocument.Parse(text).RootElement;

    private sealed class StoppedClock : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => new(2026, 1, 2, 3, 4, 5, 600, TimeSpan.Zero);
    }
}

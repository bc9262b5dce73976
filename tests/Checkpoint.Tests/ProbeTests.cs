using OcdbtSharp.KvStore;
using OcdbtSharp.Testing;

namespace OcdbtSharp.Checkpoint.Tests;

/// <summary>What a folder is, from the files in it.</summary>
public sealed class ProbeTests
{
    private const string TreeMetadata = """{"tree_metadata": {}}""";

    [TestCase(CheckpointKind.Item, "_METADATA")]
    [TestCase(CheckpointKind.Item, "checkpoint")]
    [TestCase(CheckpointKind.Ocdbt, "manifest.ocdbt", "d/1234")]
    [TestCase(CheckpointKind.Array, ".zarray", "0.0")]
    [TestCase(CheckpointKind.Group, ".zgroup", "a/.zarray")]
    [TestCase(CheckpointKind.Item, "metadata")]
    [TestCase(CheckpointKind.Item, "params.dense.kernel/.zarray", "params.dense.kernel/0.0")]
    [TestCase(CheckpointKind.Item, "layer_0/.zarray", "layer_1/.zarray")]
    [TestCase(CheckpointKind.Item, "layer_0/c/0", "layer_0/zarr.json")]
    [TestCase(CheckpointKind.Step, "orbax.checkpoint", "state/_METADATA")]
    [TestCase(CheckpointKind.Step, "state/_METADATA", "meta/metadata")]
    [TestCase(CheckpointKind.Step, "meta/metadata")]
    [TestCase(CheckpointKind.Root, "1/state/_METADATA", "2/state/_METADATA")]
    [TestCase(CheckpointKind.Root, "checkpoint_1/_METADATA", "checkpoint_1/d/x")]
    [TestCase(CheckpointKind.Root, "metadata/_ROOT_METADATA")]
    [TestCase(CheckpointKind.Root, "7.orbax-checkpoint-tmp-123/x")]
    [TestCase(CheckpointKind.Root, "checkpoint_10", "checkpoint_20")]
    [TestCase(CheckpointKind.Msgpack, "flax_model.msgpack", "config.json")]
    public async Task Is_told_by_its_files(CheckpointKind expected, params string[] files) =>
        Assert.That((await OrbaxCheckpoint.OpenAsync(await StoreAsync(files))).Kind, Is.EqualTo(expected));

    [Test]
    public async Task Step_metadata_tells_a_step_from_an_item()
    {
        MemoryKvStore step = await StoreAsync("a_1/metadata");
        await step.WriteAsync("_CHECKPOINT_METADATA", """{"item_handlers": {"a_1": "x.JsonCheckpointHandler"}}""");
        MemoryKvStore item = await StoreAsync("my.json");
        await item.WriteAsync("_CHECKPOINT_METADATA", """{"item_handlers": "x.JsonCheckpointHandler"}""");
        MemoryKvStore old = await StoreAsync("a_1/metadata");
        await old.WriteAsync("_CHECKPOINT_METADATA", """{"init_timestamp_nsecs": 1}""");
        using (Assert.EnterMultipleScope())
        {
            Assert.That((await OrbaxCheckpoint.OpenAsync(step)).Kind, Is.EqualTo(CheckpointKind.Step));
            Assert.That((await OrbaxCheckpoint.OpenAsync(item)).Kind, Is.EqualTo(CheckpointKind.Item));
            Assert.That((await (await OrbaxCheckpoint.OpenAsync(item)).OpenItemAsync()).Json.ValueKind, Is.EqualTo(System.Text.Json.JsonValueKind.Object));
            Assert.That((await OrbaxCheckpoint.OpenAsync(old)).Kind, Is.EqualTo(CheckpointKind.Step));
        }
    }

    [Test]
    public async Task Nothing_and_anything_are_errors()
    {
        using TemporaryFolder folder = new();
        MemoryKvStore notes = await StoreAsync("notes.txt", "images/a.png");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(() => OrbaxCheckpoint.OpenAsync(new MemoryKvStore()), Throws.TypeOf<StorageException>());
            Assert.That(() => OrbaxCheckpoint.OpenAsync(notes), Throws.TypeOf<UnsupportedFormatException>());
            Assert.That(() => OrbaxCheckpoint.OpenAsync(folder.Combine("missing")), Throws.TypeOf<StorageException>().With.Message.Contains("missing"));
        }
    }

    [Test]
    public async Task Unfinished_steps_are_left_out_and_reported()
    {
        MemoryKvStore store = await StoreAsync(
            "1/default/_METADATA", "2/default/_METADATA", "2/commit_success.txt", "10/default/_METADATA", "10/commit_success.txt",
            "3.orbax-checkpoint-tmp/default/x", "step_4.orbax-checkpoint-tmp-17/x", "other/x", "notes.txt");
        OrbaxCheckpoint renamed = await OrbaxCheckpoint.OpenAsync(store);
        OrbaxCheckpoint marked = await OrbaxCheckpoint.OpenAsync(store, new OpenOptions { RequireCommitFile = true });
        using (Assert.EnterMultipleScope())
        {
            Assert.That(renamed.Steps.Select(step => step.Step), Is.EqualTo(new long[] { 1, 2, 10 }));
            Assert.That(renamed.Unfinished, Is.EqualTo(new[] { "3.orbax-checkpoint-tmp", "step_4.orbax-checkpoint-tmp-17" }));
            Assert.That(marked.Steps.Select(step => step.Step), Is.EqualTo(new long[] { 2, 10 }));
            Assert.That(marked.Unfinished, Is.EquivalentTo(new[] { "1", "3.orbax-checkpoint-tmp", "step_4.orbax-checkpoint-tmp-17" }));
            Assert.That(marked.LatestStep, Is.EqualTo(new StepInfo(10, "10")));
            Assert.That(() => marked.OpenStepAsync(1), Throws.ArgumentException);
        }
    }

    [Test]
    public async Task Steps_are_found_by_the_format_that_is_given()
    {
        MemoryKvStore store = await StoreAsync("1/a/_METADATA", "ckpt_2/a/_METADATA", "ckpt_0003/a/_METADATA");
        OrbaxCheckpoint root = await OrbaxCheckpoint.OpenAsync(store, new OpenOptions { StepNameFormat = StepNameFormat.Standard("ckpt") });
        Assert.That(root.Steps, Is.EqualTo(new[] { new StepInfo(2, "ckpt_2") }));
    }

    [Test]
    public async Task A_folder_with_many_keys_is_passed_by()
    {
        MemoryKvStore store = new();
        for (int step = 0; step < 3; step++)
        {
            for (int file = 0; file < 200; file++)
            {
                await store.WriteAsync($"{step}/a/{file}", "x");
            }

            await store.WriteAsync($"{step}.txt", "x");
        }

        OrbaxCheckpoint root = await OrbaxCheckpoint.OpenAsync(store);
        Assert.That(root.Steps.Select(step => step.Step), Is.EqualTo(new long[] { 0, 1, 2 }));
    }

    [Test]
    public async Task The_item_that_is_meant_is_found_or_asked_for()
    {
        OrbaxCheckpoint two = await OrbaxCheckpoint.OpenAsync(await StoreAsync("a/_METADATA", "b/_METADATA", "orbax.checkpoint"));
        OrbaxCheckpoint withState = await OrbaxCheckpoint.OpenAsync(await StoreAsync("a/_METADATA", "state/_METADATA", "orbax.checkpoint"));
        OrbaxCheckpoint withMetrics = await OrbaxCheckpoint.OpenAsync(await StoreAsync("a/_METADATA", "metrics/metrics", "orbax.checkpoint"));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(() => two.OpenItemAsync(), Throws.ArgumentException.With.Message.Contains("a, b"));
            Assert.That(() => two.OpenItemAsync("c"), Throws.ArgumentException.With.Message.Contains("a, b"));
            Assert.That((await two.OpenItemAsync("b")).Name, Is.EqualTo("b"));
            Assert.That((await withState.OpenItemAsync()).Name, Is.EqualTo("state"));
            Assert.That((await withMetrics.OpenItemAsync()).Name, Is.EqualTo("a"));
        }
    }

    private static async Task<MemoryKvStore> StoreAsync(params string[] files)
    {
        MemoryKvStore store = new();
        foreach (string file in files)
        {
            string text = file.EndsWith("_METADATA", StringComparison.Ordinal) && !file.EndsWith("_ROOT_METADATA", StringComparison.Ordinal) ? TreeMetadata
                : file.EndsWith("zarr.json", StringComparison.Ordinal) ? """{"zarr_format": 3, "node_type": "array"}"""
                : "{}";
            await store.WriteAsync(file, text);
        }

        return store;
    }
}

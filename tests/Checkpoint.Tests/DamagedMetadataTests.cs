using System.Text;
using System.Text.Json;
using OcdbtSharp.KvStore;
using OcdbtSharp.Testing;

namespace OcdbtSharp.Checkpoint.Tests;

/// <summary>Metadata of a step or a root that are damaged, which Orbax reads as if they were not there.</summary>
public sealed class DamagedMetadataTests
{
    private readonly MemoryKvStore _store = new();

    [SetUp]
    public async Task SaveAsync() => await _store.DeleteRangeAsync(KeyRange.All);

    [TestCase("{\"item_handlers\": {\"default\"")]
    [TestCase("[]")]
    [TestCase("{\"item_handlers\": {}, \"custom_metadata\": {\"a\": \"\u00FF\"}}")]
    public async Task A_step_is_read_without_its_metadata(string damaged)
    {
        await AddAsync("7/default/");
        await _store.WriteAsync("7/_CHECKPOINT_METADATA", Encoding.Latin1.GetBytes(damaged));
        OrbaxCheckpoint root = await OrbaxCheckpoint.OpenAsync(_store);
        OrbaxCheckpoint step = await root.OpenStepAsync(7);
        Assert.That(step.Metadata, Is.Null);
        await CheckAsync(await step.OpenItemAsync());
        Assert.That((await CheckpointVerification.RunAsync(root)).Faults.Select(fault => fault.Location), Is.EqualTo(new[] { "memory://7/_CHECKPOINT_METADATA" }));
    }

    [Test]
    public async Task A_scalar_whose_array_has_a_shape_is_damaged()
    {
        using TemporaryFolder folder = new();
        string path = folder.Combine("step");
        PyTree tree = PyTree.Dict(("a", ArrayValue.Create(new float[6], 2, 3)), ("b", 1L));
        await CheckpointWriter.SaveAsync(path, tree, new SaveOptions { UseOcdbt = false });
        File.Copy(Path.Combine(path, "a", ".zarray"), Path.Combine(path, "b", ".zarray"), overwrite: true);
        CorruptDataException? error = await Assert.ThrowsAsync<CorruptDataException>(async () => await (await OrbaxCheckpoint.OpenAsync(path)).OpenItemAsync());
        Assert.That(error!.Message, Does.Contain("'b' is a scalar").And.Contain("(2, 3)"));
    }

    [Test]
    public async Task An_item_is_read_without_its_metadata()
    {
        await AddAsync("");
        await _store.WriteAsync("_CHECKPOINT_METADATA", "{");
        OrbaxCheckpoint checkpoint = await OrbaxCheckpoint.OpenAsync(_store);
        await CheckAsync(await checkpoint.OpenItemAsync());
        Assert.That((await CheckpointVerification.RunAsync(checkpoint)).Faults, Has.Count.EqualTo(1));
    }

    [TestCase("_ROOT_METADATA")]
    [TestCase("metadata")]
    public async Task A_root_is_read_without_its_metadata(string file)
    {
        await AddAsync("7/default/");
        await _store.WriteAsync($"metadata/{file}", "{\"custom");
        OrbaxCheckpoint root = await OrbaxCheckpoint.OpenAsync(_store);
        Assert.That(root.RootMetadata, Is.Null);
        await CheckAsync(await root.OpenItemAsync());
        Assert.That((await CheckpointVerification.RunAsync(root)).Faults, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task A_manager_goes_on_and_leaves_damaged_metadata_alone()
    {
        CheckpointManagerOptions options = new() { SaveRootMetadata = true };
        await using (CheckpointManager manager = await CheckpointManager.OpenAsync(_store, options))
        {
            await manager.SaveAsync(1, PyTree.Dict(("w", 1)));
        }

        await _store.WriteAsync("1/_CHECKPOINT_METADATA", "{");
        await _store.WriteAsync("metadata/_ROOT_METADATA", "{");
        using JsonDocument given = JsonDocument.Parse("{}");
        await using (CheckpointManager manager = await CheckpointManager.OpenAsync(_store, options, given.RootElement))
        {
            await manager.SaveAsync(2, PyTree.Dict(("w", 1)));
            Assert.That(manager.AllSteps, Is.EqualTo(new long[] { 1, 2 }));
        }

        Assert.That((await _store.ReadAsync("metadata/_ROOT_METADATA")).Value.ToArray(), Is.EqualTo("{"u8.ToArray()));
    }

    [Test]
    public async Task Json_that_is_not_UTF_8_is_an_error()
    {
        await _store.WriteAsync("metadata", (byte[])[.. "{\"a\": \""u8, 0xFF, .. "\"}"u8]);
        await _store.WriteAsync("_CHECKPOINT_METADATA", """{"item_handlers": "x.JsonCheckpointHandler"}""");
        OrbaxCheckpoint checkpoint = await OrbaxCheckpoint.OpenAsync(_store);
        Assert.That(async () => await checkpoint.OpenItemAsync(), Throws.TypeOf<CorruptDataException>().With.Message.Contains("UTF-8"));
    }

    private async Task AddAsync(string folder)
    {
        ItemFiles files = new(_store, folder);
        await files.AddAsync(["w"], [1]);
        await files.OpenAsync();
    }

    private static async Task CheckAsync(CheckpointItem item)
    {
        using RestoredTree tree = await item.RestoreAsync();
        Assert.That(tree.Leaves, Has.Count.EqualTo(1));
    }
}

using OcdbtSharp.Checkpoint.Save;

namespace OcdbtSharp.Checkpoint.Tests.Save;

/// <summary>Saves a checkpoint again, with the options that it was saved with.</summary>
internal static class Resave
{
    public static async Task RunAsync(OrbaxCheckpoint checkpoint, string path, string caseName, int processes)
    {
        if (checkpoint.Kind == CheckpointKind.Root)
        {
            await RootAsync(checkpoint, path, caseName, processes);
            return;
        }

        CheckpointWriterOptions options = new() { UseV1 = checkpoint.IsV1, CustomMetadata = checkpoint.Metadata!.CustomMetadata };
        if (checkpoint.Kind == CheckpointKind.Item)
        {
            CheckpointItem item = await checkpoint.OpenItemAsync();
            await CheckpointWriter.SaveItemAsync(path, await ItemAsync(item, checkpoint.Metadata!.ItemHandler!, caseName), options);
            return;
        }

        await CheckpointWriter.SaveStepAsync(path, await ItemsAsync(checkpoint, caseName), options);
    }

    /// <summary>An item to save that is equal to one that was read.</summary>
    public static async Task<ItemToSave> ItemAsync(CheckpointItem item, string handler, string caseName)
    {
        SaveOptions options = new()
        {
            UseOcdbt = item.UsesOcdbt,
            UseZarr3 = item.UsesZarr3,
            UseCompression = !caseName.EndsWith("-raw", StringComparison.Ordinal),
            ChunkByteSize = caseName.StartsWith("subchunked", StringComparison.Ordinal) ? 64 : null,
            SupportRichTypes = item.RichTree is not null,
            CustomMetadata = item.CustomMetadata,
        };
        IReadOnlyDictionary<string, ArraySharding> shardings = await item.ReadShardingsAsync();
        switch (item.Kind)
        {
            case ItemKind.PyTree:
                PyTree tree = WithoutWriteShapes(PyTree.FromItem(item, shardings));
                return handler.Contains("Standard", StringComparison.Ordinal) ? ItemToSave.Standard(tree, options) : ItemToSave.Tree(tree, options);
            case ItemKind.Json:
                return ItemToSave.Json(item.Json);
            case ItemKind.Metrics:
                return new JsonItem(item.Json, isMetrics: true);
            case ItemKind.Array:
                return ItemToSave.Array(ArrayValue.FromLeaf(item.Leaves[0], shardings.GetValueOrDefault("checkpoint")));
            case ItemKind.JaxRandomKey:
                return ItemToSave.JaxRandomKey(ArrayValue.FromLeaf(item.Leaves[0]));
            case ItemKind.NumpyRandomKey:
                return ItemToSave.NumPyRandomKey(PyTree.FromItem(item));
            default:
                throw new InvalidOperationException($"{item.Kind} is not saved here.");
        }
    }

    // The shapes of shards are to be found from the shardings, not taken from what was recorded.
    private static PyTree WithoutWriteShapes(PyTree tree) => tree.Map(value => new ArrayValue(value.DataType, value.Shape, value.Source!)
    {
        IsNumPy = value.IsNumPy,
        KeyImplementation = value.KeyImplementation,
        Sharding = value.Sharding,
    });

    private static async Task RootAsync(OrbaxCheckpoint root, string path, string caseName, int processes)
    {
        if (root.RootMetadata is not null)
        {
            await using CheckpointManager manager = await CheckpointManager.OpenAsync(path, metadata: root.RootMetadata);
        }

        foreach (StepInfo info in root.Steps)
        {
            OrbaxCheckpoint step = await root.OpenStepAsync(info.Step);
            bool isV1 = step.Metadata!.ItemHandlers.Values.Any(handler => handler.Contains(".v1.", StringComparison.Ordinal));
            await Task.WhenAll(Enumerable.Range(0, processes).Select(async process => await CheckpointWriter.SaveStepAsync(
                Path.Combine(path, info.Name),
                await ItemsAsync(step, caseName),
                new CheckpointWriterOptions
                {
                    UseV1 = isV1,
                    IsManaged = true,
                    CustomMetadata = step.Metadata!.CustomMetadata,
                    Processes = new ProcessGroup(process, processes) { PollInterval = TimeSpan.FromMilliseconds(2), Timeout = TimeSpan.FromMinutes(1) },
                })));
        }
    }

    private static async Task<List<KeyValuePair<string, ItemToSave>>> ItemsAsync(OrbaxCheckpoint step, string caseName)
    {
        List<KeyValuePair<string, ItemToSave>> items = [];
        foreach ((string name, string handler) in step.Metadata!.ItemHandlers)
        {
            items.Add(KeyValuePair.Create(name, await ItemAsync(await step.OpenItemAsync(name), handler, caseName)));
        }

        return items;
    }
}

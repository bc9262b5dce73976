using System.Text.Json;
using OcdbtSharp.Checkpoint.Save;

namespace OcdbtSharp.Checkpoint.Conversion;

/// <summary>Makes an item to save of one that was read.</summary>
internal static class ItemConversion
{
    /// <param name="item">The item.</param>
    /// <param name="handler">The class of Orbax that saved it; null where it is not known.</param>
    /// <param name="save">How its arrays are stored.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="KvStore.UnsupportedFormatException">A handler of the user's own saved it.</exception>
    public static async Task<ItemToSave> CreateAsync(CheckpointItem item, string? handler, SaveOptions save, CancellationToken cancellationToken)
    {
        switch (item.Kind)
        {
            case ItemKind.Json:
                return ItemToSave.Json(item.Json);
            case ItemKind.Metrics:
                return new JsonItem(item.Json, isMetrics: true);
            case ItemKind.Other:
                throw new KvStore.UnsupportedFormatException("An item that a handler of its own saved cannot be converted: leave it out by naming another", item.Location);
            case ItemKind.NumpyRandomKey:
                return ItemToSave.NumPyRandomKey(PyTree.FromItem(item));
        }

        IReadOnlyDictionary<string, ArraySharding> shardings = await item.ReadShardingsAsync(cancellationToken).ConfigureAwait(false);
        if (item.Kind is ItemKind.Array or ItemKind.JaxRandomKey)
        {
            ArrayValue value = ArrayValue.FromLeaf(item.Leaves[0], shardings.GetValueOrDefault(item.Leaves[0].Name));
            return item.Kind == ItemKind.Array ? ItemToSave.Array(value) : ItemToSave.JaxRandomKey(value, IsTyped(item));
        }

        SaveOptions options = save with { CustomMetadata = save.CustomMetadata ?? item.CustomMetadata, SupportRichTypes = save.SupportRichTypes || item.RichTree is not null };
        PyTree tree = PyTree.FromItem(item, shardings);
        return handler?.Contains("StandardCheckpointHandler", StringComparison.Ordinal) == true ? ItemToSave.StandardOrTree(tree, options) : ItemToSave.Tree(tree, options);
    }

    private static bool IsTyped(CheckpointItem item) =>
        item.Json.ValueKind == JsonValueKind.Object && item.Json.TryGetProperty("typed", out JsonElement typed) && typed.ValueKind == JsonValueKind.True;
}

using System.Text.Json;
using OcdbtSharp.Checkpoint.Format;
using OcdbtSharp.KvStore;

namespace OcdbtSharp.Checkpoint.Reading;

/// <summary>Reads what there is to know of an item of any kind.</summary>
internal static class ItemReader
{
    /// <summary>Reads an item of Orbax.</summary>
    /// <param name="store">Its folder.</param>
    /// <param name="listing">The files and folders in it.</param>
    /// <param name="name">Its name in the step; null where it was saved on its own.</param>
    /// <param name="handler">The class of Orbax that saved it; null where that was not recorded.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async ValueTask<CheckpointItem> ReadAsync(
        IKvStore store, FolderListing listing, string? name, string? handler, CancellationToken cancellationToken)
    {
        ItemKind kind = CheckpointProbe.ItemKind(listing, handler);
        switch (kind)
        {
            case ItemKind.PyTree or ItemKind.Array:
                return await PyTreeItemReader.ReadAsync(store, listing, kind, name, cancellationToken).ConfigureAwait(false);
            case ItemKind.Json or ItemKind.Metrics:
                string file = kind == ItemKind.Metrics ? CheckpointLayout.MetricsName : CheckpointProbe.JsonFile(listing, handler)!;
                return new CheckpointItem(store, kind, name, []) { Json = await ReadJsonAsync(store, file, cancellationToken).ConfigureAwait(false) };
            case ItemKind.JaxRandomKey or ItemKind.NumpyRandomKey:
                return await ReadRandomKeyAsync(store, CheckpointProbe.RandomKeyFolder(listing)!, kind, name, cancellationToken).ConfigureAwait(false);
            default:
                return new CheckpointItem(store, kind, name, []);
        }
    }

    /// <summary>Reads a MessagePack file of Flax.</summary>
    public static async ValueTask<CheckpointItem> ReadMsgpackAsync(IKvStore store, string file, CancellationToken cancellationToken)
    {
        MessagePackFile tree = await MessagePackFile.ReadAsync(store, file, cancellationToken).ConfigureAwait(false);
        List<CheckpointLeaf> leaves = [];
        foreach ((TreeKey[] path, MessagePackNode node) in tree.Leaves())
        {
            leaves.Add(tree.ToLeaf(path, LeafNames.Join(path), node, null)!);
        }

        return new CheckpointItem(store, ItemKind.PyTree, null, leaves);
    }

    /// <summary>Reads a zarr array, or all arrays of a group.</summary>
    public static async ValueTask<CheckpointItem> ReadZarrAsync(IKvStore store, CancellationToken cancellationToken)
    {
        ArrayCatalog arrays = await ArrayCatalog.OpenAsync(store, false, cancellationToken).ConfigureAwait(false);
        List<CheckpointLeaf> leaves = [];
        foreach (string name in arrays.Names())
        {
            TreeKey[] path = name.Length == 0 ? [] : [.. name.Split('/').Select(TreeKey.Dict)];
            if (await arrays.TryToLeafAsync(path, name, LeafKind.Array, "zarr", default, cancellationToken).ConfigureAwait(false) is { } leaf)
            {
                leaves.Add(leaf);
            }
        }

        return new CheckpointItem(store, ItemKind.PyTree, null, leaves)
        {
            UsesZarr3 = leaves.Exists(leaf => leaf.Source is ZarrLeafSource { IsZarr3: true }),
        };
    }

    private static async ValueTask<CheckpointItem> ReadRandomKeyAsync(
        IKvStore store, string folder, ItemKind kind, string? name, CancellationToken cancellationToken)
    {
        IKvStore key = store.Folder(folder);
        FolderListing listing = await FolderListing.ReadAsync(key, cancellationToken).ConfigureAwait(false);
        CheckpointItem item = await PyTreeItemReader.ReadAsync(key, listing, kind, name, cancellationToken).ConfigureAwait(false);
        JsonElement json = await ReadJsonAsync(
            store, folder + CheckpointLayout.RandomKeyMetadataSuffix + "/" + CheckpointLayout.JsonFile, cancellationToken).ConfigureAwait(false);
        bool isTyped = kind == ItemKind.JaxRandomKey
            && json.ValueKind == JsonValueKind.Object && json.TryGetProperty(CheckpointLayout.JaxRandomKeyMember, out JsonElement typed) && typed.ValueKind == JsonValueKind.True;
        IReadOnlyList<CheckpointLeaf> leaves = isTyped ? [.. item.Leaves.Select(leaf => leaf.AsPrngKey())] : item.Leaves;
        return new CheckpointItem(key, kind, name, leaves)
        {
            Json = json,
            CustomMetadata = item.CustomMetadata,
            UsesOcdbt = item.UsesOcdbt,
            UsesZarr3 = item.UsesZarr3,
            RichTree = item.RichTree,
        };
    }

    private static async ValueTask<JsonElement> ReadJsonAsync(IKvStore store, Key file, CancellationToken cancellationToken)
    {
        ReadOnlyMemory<byte> utf8 = await store.ReadRequiredAsync(file, "it holds the value of the item", cancellationToken).ConfigureAwait(false);
        return PythonJson.Parse(utf8, store.Describe(file));
    }
}

using OcdbtSharp.Checkpoint.Format;
using OcdbtSharp.KvStore;

namespace OcdbtSharp.Checkpoint.Reading;

/// <summary>Reads what there is to know of a tree without its arrays' values, whichever release wrote it.</summary>
internal sealed class PyTreeItemReader
{
    private const string UnknownType = "Unknown";

    private readonly IKvStore _store;
    private readonly Dictionary<string, ArrayMetadataEntry> _arrays = new(StringComparer.Ordinal);
    private StringsFile? _strings;

    private PyTreeItemReader(IKvStore store) => _store = store;

    /// <summary>Reads an item.</summary>
    /// <param name="store">Its folder.</param>
    /// <param name="listing">The files in it.</param>
    /// <param name="kind">What the item is.</param>
    /// <param name="name">The name of the item in its step.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async ValueTask<CheckpointItem> ReadAsync(
        IKvStore store, FolderListing listing, ItemKind kind, string? name, CancellationToken cancellationToken)
    {
        PyTreeItemReader reader = new(store);

        // The database is opened while the files beside it are read: both take their time where there are many leaves.
        bool hasManifest = listing.Has(CheckpointLayout.OcdbtManifestFile);
        Task<ArrayCatalog>? opening = hasManifest ? Task.Run(() => ArrayCatalog.OpenAsync(store, true, cancellationToken).AsTask(), cancellationToken) : null;
        Task<TreeMetadata?> reading = reader.ReadMetadataAsync(listing, cancellationToken).AsTask();
        await Task.WhenAll(reading, opening ?? Task.CompletedTask).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        TreeMetadata? metadata = await reading.ConfigureAwait(false);
        MessagePackFile? aggregate = listing.Has(CheckpointLayout.AggregateFile)
            ? await MessagePackFile.ReadAsync(store, CheckpointLayout.AggregateFile, cancellationToken).ConfigureAwait(false)
            : null;

        // A tree without arrays has no database, whatever it says.
        if (metadata?.UseOcdbt == true && !hasManifest && metadata.Entries.Any(entry => !entry.SkipDeserialize && entry.ValueType != LeafTypes.String))
        {
            throw new StorageException(
                "This file is missing: the tree says that its arrays lie in an OCDBT database. The databases of the processes may not have been merged.",
                store.Describe(CheckpointLayout.OcdbtManifestFile));
        }

        bool usesOcdbt = metadata?.UseOcdbt ?? hasManifest;
        ArrayCatalog arrays = await (usesOcdbt && opening is not null ? opening : ArrayCatalog.OpenAsync(store, false, cancellationToken).AsTask()).ConfigureAwait(false);
        arrays.MissingChunkIsError = metadata?.StoresFillValue ?? false;
        List<CheckpointLeaf> leaves = metadata is not null ? await reader.FromMetadataAsync(metadata, aggregate, arrays, cancellationToken).ConfigureAwait(false)
            : aggregate is not null ? await FromAggregateAsync(aggregate, arrays, cancellationToken).ConfigureAwait(false)
            : await FromStoredNamesAsync(arrays, cancellationToken).ConfigureAwait(false);
        return new CheckpointItem(store, kind, name, leaves)
        {
            CustomMetadata = metadata?.CustomMetadata,
            UsesOcdbt = usesOcdbt,
            UsesZarr3 = metadata?.UseZarr3 ?? leaves.Exists(leaf => leaf.Source is ZarrLeafSource { IsZarr3: true }),
            RichTree = metadata?.RichTree,
        };
    }

    private async ValueTask<TreeMetadata?> ReadMetadataAsync(FolderListing listing, CancellationToken cancellationToken)
    {
        if (!listing.Has(CheckpointLayout.TreeMetadataFile))
        {
            return null;
        }

        ReadOnlyMemory<byte> utf8 = await _store.ReadRequiredAsync(CheckpointLayout.TreeMetadataFile, "it was there a moment ago", cancellationToken).ConfigureAwait(false);
        TreeMetadata metadata = TreeMetadata.Decode(utf8, _store.Describe(CheckpointLayout.TreeMetadataFile));
        await ReadArrayMetadatasAsync(metadata, cancellationToken).ConfigureAwait(false);
        if (metadata.Entries.Any(entry => entry is { ValueType: LeafTypes.String, SkipDeserialize: false })
            && await _store.ReadFileAsync(CheckpointLayout.StringsFile, cancellationToken).ConfigureAwait(false) is { } strings)
        {
            _strings = StringsFile.Decode(strings, _store.Describe(CheckpointLayout.StringsFile));
        }

        return metadata;
    }

    // Every process records all arrays it took part in, usually all there are: further files are read only while one is missing.
    private async ValueTask ReadArrayMetadatasAsync(TreeMetadata metadata, CancellationToken cancellationToken)
    {
        int expected = metadata.Entries.Count(entry => entry is { ValueType: LeafTypes.JaxArray, SkipDeserialize: false });
        Key prefix = CheckpointLayout.ArrayMetadatasFolder + CheckpointLayout.ProcessFilePrefix;
        List<Key> files = [];
        if (_store.Capabilities.HasFlag(KvStoreCapabilities.List))
        {
            await foreach (ListEntry entry in _store.ListAsync(KeyRange.Prefix(prefix), cancellationToken).ConfigureAwait(false))
            {
                files.Add(entry.Key);
            }
        }
        else
        {
            files.Add(prefix.Append("0"));
        }

        for (int file = 0; file < files.Count && _arrays.Count < expected; file++)
        {
            if (await _store.ReadFileAsync(files[file], cancellationToken).ConfigureAwait(false) is { } utf8)
            {
                ArrayMetadatas.Decode(utf8, _store.Describe(files[file]), _arrays);
            }
        }
    }

    private async ValueTask<List<CheckpointLeaf>> FromMetadataAsync(
        TreeMetadata metadata, MessagePackFile? aggregate, ArrayCatalog arrays, CancellationToken cancellationToken)
    {
        List<CheckpointLeaf> leaves = new(metadata.Entries.Count);
        foreach (TreeMetadataEntry entry in metadata.Entries)
        {
            string name = LeafNames.Join(entry.Path);
            CheckpointLeaf? aggregated = aggregate?.Find(entry.Path) is { } node && !MessagePackFile.IsPlaceholder(node, out _)
                ? aggregate.ToLeaf(entry.Path, name, node, entry.ValueType)
                : null;
            CheckpointLeaf leaf = aggregated ?? await FromEntryAsync(entry, name, arrays, cancellationToken).ConfigureAwait(false);
            leaves.Add(leaf is { Kind: LeafKind.Scalar, Shape.Count: > 0 }
                ? throw new CorruptDataException($"'{name}' is a scalar, but its array has the shape ({string.Join(", ", leaf.Shape)}).", _store.Describe(name))
                : leaf);
        }

        return leaves;
    }

    private ValueTask<CheckpointLeaf> FromEntryAsync(TreeMetadataEntry entry, string name, ArrayCatalog arrays, CancellationToken cancellationToken)
    {
        switch (entry.ValueType)
        {
            case LeafTypes.None:
                return ValueTask.FromResult(new CheckpointLeaf(entry.Path, name, LeafKind.None, entry.ValueType));
            case LeafTypes.Dict or LeafTypes.List or LeafTypes.Tuple or LeafTypes.NamedTuple:
                return ValueTask.FromResult(new CheckpointLeaf(entry.Path, name, LeafKind.Empty, entry.ValueType));
            case LeafTypes.String:
                return ValueTask.FromResult(new CheckpointLeaf(entry.Path, name, LeafKind.String, entry.ValueType) { Text = Strings().Get(name) });
            default:
                _arrays.TryGetValue(name, out ArrayMetadataEntry recorded);
                LeafKind kind = recorded.KeyImplementation is not null ? LeafKind.PrngKey : entry.ValueType == LeafTypes.Scalar ? LeafKind.Scalar : LeafKind.Array;
                return arrays.ToLeafAsync(entry.Path, name, kind, entry.ValueType, recorded with { WriteShape = entry.WriteShape ?? recorded.WriteShape }, cancellationToken);
        }
    }

    private static async ValueTask<List<CheckpointLeaf>> FromAggregateAsync(
        MessagePackFile aggregate, ArrayCatalog arrays, CancellationToken cancellationToken)
    {
        List<CheckpointLeaf> leaves = [];
        foreach ((TreeKey[] path, MessagePackNode node) in aggregate.Leaves())
        {
            string name = LeafNames.Join(path);
            leaves.Add(MessagePackFile.IsPlaceholder(node, out string? stored)
                ? await arrays.ToLeafAsync(path, stored, LeafKind.Array, UnknownType, default, cancellationToken).ConfigureAwait(false)
                : aggregate.ToLeaf(path, name, node, null)!);
        }

        return leaves;
    }

    private static async ValueTask<List<CheckpointLeaf>> FromStoredNamesAsync(ArrayCatalog arrays, CancellationToken cancellationToken)
    {
        List<CheckpointLeaf> leaves = [];
        foreach (string name in arrays.Names())
        {
            if (await arrays.TryToLeafAsync(LeafNames.Split(name), name, LeafKind.Array, UnknownType, default, cancellationToken).ConfigureAwait(false) is { } leaf)
            {
                leaves.Add(leaf);
            }
        }

        return leaves;
    }

    private StringsFile Strings() =>
        _strings ?? throw new StorageException("This file is missing: the tree has strings in it.", _store.Describe(CheckpointLayout.StringsFile));
}

using System.Text;
using System.Text.Json;
using OcdbtSharp.Checkpoint.Format;
using OcdbtSharp.KvStore;
using OcdbtSharp.Ocdbt;
using OcdbtSharp.Zarr3;

namespace OcdbtSharp.Checkpoint.Reading;

/// <summary>The zarr arrays of an item, found in one walk through the keys that it stores.</summary>
internal sealed class ArrayCatalog
{
    private static readonly byte[] _zarr2File = Encoding.UTF8.GetBytes(CheckpointLayout.Zarr2ArrayFile);
    private static readonly byte[] _zarr3File = Encoding.UTF8.GetBytes(CheckpointLayout.Zarr3File);

    private readonly IKvStore _store;
    private readonly StoredKeys? _keys;
    private readonly bool _missingChunkIsError;
    private readonly Dictionary<string, (int Index, ZarrFormat Format)> _byName = new(StringComparer.Ordinal);

    // Metadata files by the index of their key.
    private readonly Dictionary<int, ReadOnlyMemory<byte>?> _files = [];

    // Arrays of one shape and type have the same metadata, byte for byte: a transformer's layers share theirs.
    // Null stands for a zarr v3 group, whose file has the name of an array's.
    private readonly Dictionary<Key, ArrayMetadata?> _parsed = [];

    private ArrayCatalog(IKvStore store, StoredKeys? keys, bool missingChunkIsError)
    {
        _store = store;
        _keys = keys;
        _missingChunkIsError = missingChunkIsError;
    }

    /// <summary>Finds the arrays.</summary>
    /// <param name="store">The folder of the item.</param>
    /// <param name="usesOcdbt">Whether the arrays lie in the OCDBT database of the folder.</param>
    /// <param name="missingChunkIsError">Whether every chunk was stored.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async ValueTask<ArrayCatalog> OpenAsync(IKvStore store, bool usesOcdbt, bool missingChunkIsError, CancellationToken cancellationToken)
    {
        if (usesOcdbt)
        {
            store = await OcdbtStore.OpenAsync(store, new OcdbtOptions { MaxStaleness = Timeout.InfiniteTimeSpan }, cancellationToken).ConfigureAwait(false);
        }

        if (!store.Capabilities.HasFlag(KvStoreCapabilities.List))
        {
            return new ArrayCatalog(store, null, missingChunkIsError);
        }

        StoredKeys keys = await StoredKeys.ReadAsync(store, cancellationToken).ConfigureAwait(false);
        ArrayCatalog catalog = new(store, keys, missingChunkIsError);
        catalog.FindArrays(keys);
        int[] files = [.. catalog._byName.Values.Select(found => found.Index)];
        ReadOnlyMemory<byte>?[] contents = await keys.ReadManyAsync(files, cancellationToken).ConfigureAwait(false);
        for (int i = 0; i < files.Length; i++)
        {
            catalog._files.Add(files[i], contents[i]);
        }

        return catalog;
    }

    /// <summary>The names of all arrays and zarr v3 groups, in the order of their bytes.</summary>
    public IEnumerable<string> Names() => _byName.OrderBy(pair => pair.Value.Index).Select(pair => pair.Key);

    /// <summary>The leaf that an array is.</summary>
    /// <exception cref="StorageException">There is no array of this name.</exception>
    public async ValueTask<CheckpointLeaf> ToLeafAsync(
        TreeKey[] path, string name, LeafKind kind, string typeName, ArrayMetadataEntry recorded, CancellationToken cancellationToken) =>
        await TryToLeafAsync(path, name, kind, typeName, recorded, cancellationToken).ConfigureAwait(false)
        ?? throw new StorageException($"The array of the leaf '{name}' is missing: what is stored under this name is a group.", _store.Describe(name));

    /// <summary>The leaf that an array is; null for a zarr v3 group.</summary>
    /// <exception cref="StorageException">There is no array of this name.</exception>
    public async ValueTask<CheckpointLeaf?> TryToLeafAsync(
        TreeKey[] path, string name, LeafKind kind, string typeName, ArrayMetadataEntry recorded, CancellationToken cancellationToken)
    {
        if (_keys is null)
        {
            ZarrArray array = await ZarrArray.OpenAsync(_store.Folder(name), cancellationToken).ConfigureAwait(false);
            return ToLeaf(path, name, kind, typeName, recorded, array, 0);
        }

        if (!_byName.TryGetValue(name, out (int Index, ZarrFormat Format) found))
        {
            throw new StorageException($"The array of the leaf '{name}' is missing: the tree names it, but it is not stored.", _store.Describe(Key.Empty));
        }

        Key key = _keys.KeyAt(found.Index);
        Key prefix = new(key.Bytes[..(key.Length - (found.Format == ZarrFormat.V2 ? _zarr2File : _zarr3File).Length)]);
        if (_files[found.Index] is not { } file)
        {
            throw new StorageException("This file was deleted while the checkpoint was read.", _keys.Describe(key));
        }

        if (!_parsed.TryGetValue(new Key(file), out ArrayMetadata? metadata))
        {
            // What is kept is a copy: the file lies in memory that many share.
            file = file.ToArray();
            string location = _keys.Describe(key);
            metadata = found.Format == ZarrFormat.V3 && IsGroup(file, location) ? null : ArrayMetadata.Parse(file, found.Format, location);
            _parsed.Add(new Key(file), metadata);
        }

        if (metadata is null)
        {
            return null;
        }

        (int first, int end) = _keys.Around(found.Index, prefix.Span);
        ZarrArray opened = new(new StoredArrayKvStore(_keys, prefix, first, end), metadata);
        return ToLeaf(path, name, kind, typeName, recorded, opened, _keys.Bytes(first, end));
    }

    private CheckpointLeaf ToLeaf(
        TreeKey[] path, string name, LeafKind kind, string typeName, ArrayMetadataEntry recorded, ZarrArray array, long storedBytes) =>
        new(path, name, kind, typeName)
        {
            DataType = array.DataType,
            Shape = array.Shape,
            ChunkShape = array.ReadChunkShape,
            WriteShape = recorded.WriteShape,
            KeyImplementation = recorded.KeyImplementation,
            StoredBytes = storedBytes,
            LogicalBytes = array.ByteCount,
            Source = new ZarrLeafSource(array, _missingChunkIsError),
        };

    private void FindArrays(StoredKeys keys)
    {
        for (int index = 0; index < keys.Count; index++)
        {
            ReadOnlySpan<byte> key = keys.KeyAt(index).Span;
            ZarrFormat? format = IsFile(key, _zarr2File) ? ZarrFormat.V2 : IsFile(key, _zarr3File) ? ZarrFormat.V3 : null;
            if (format is { } known)
            {
                int length = key.Length - (known == ZarrFormat.V2 ? _zarr2File : _zarr3File).Length;
                _byName.TryAdd(Encoding.UTF8.GetString(key[..Math.Max(0, length - 1)]), (index, known));
            }
        }
    }

    private static bool IsGroup(ReadOnlyMemory<byte> utf8, string location) =>
        PythonJson.ParseObject(utf8, location).TryGetProperty("node_type", out JsonElement type) && type.ValueKind == JsonValueKind.String && type.ValueEquals("group");

    private static bool IsFile(ReadOnlySpan<byte> key, ReadOnlySpan<byte> file) =>
        key.EndsWith(file) && (key.Length == file.Length || key[^(file.Length + 1)] == (byte)'/');
}

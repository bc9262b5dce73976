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
    private readonly SnapshotKvStore? _keys;

    // Metadata files in the order of their keys: the indices of these, and what they hold.
    private readonly List<int> _files = [];
    private ReadOnlyMemory<byte>?[] _contents = [];

    // Arrays of one shape and type have the same metadata, byte for byte: a transformer's layers share theirs.
    // Null stands for a zarr v3 group, whose file has the name of an array's.
    private readonly Dictionary<Key, ArrayMetadata?> _parsed = [];

    // Whether there are files of both formats, so that an array may have two, of which the first counts.
    private bool _isMixed;

    // The file that was found last: leaves mostly come in the order of their keys.
    private int _last = -1;

    private ArrayCatalog(IKvStore store, SnapshotKvStore? keys)
    {
        _store = store;
        _keys = keys;
    }

    /// <summary>Whether every chunk was stored, so that a missing one is an error and not the fill value.</summary>
    public bool MissingChunkIsError { get; set; }

    /// <summary>Finds the arrays.</summary>
    /// <param name="store">The folder of the item.</param>
    /// <param name="usesOcdbt">Whether the arrays lie in the OCDBT database of the folder.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async ValueTask<ArrayCatalog> OpenAsync(IKvStore store, bool usesOcdbt, CancellationToken cancellationToken)
    {
        if (usesOcdbt)
        {
            store = await OcdbtStore.OpenAsync(store, new OcdbtOptions { MaxStaleness = Timeout.InfiniteTimeSpan }, cancellationToken).ConfigureAwait(false);
        }

        if (!store.Capabilities.HasFlag(KvStoreCapabilities.List))
        {
            return new ArrayCatalog(store, null);
        }

        SnapshotKvStore keys = await SnapshotKvStore.TakeAsync(store, cancellationToken).ConfigureAwait(false);
        ArrayCatalog catalog = new(store, keys);
        ZarrFormat? first = null;
        for (int index = 0; index < keys.Count; index++)
        {
            if (FormatOf(keys.KeyAt(index).Span) is { } format)
            {
                first ??= format;
                catalog._isMixed |= format != first;
                catalog._files.Add(index);
            }
        }

        catalog._contents = await keys.ReadManyAsync(catalog._files, cancellationToken).ConfigureAwait(false);
        return catalog;
    }

    /// <summary>The names of all arrays and zarr v3 groups, in the order of their bytes.</summary>
    public IEnumerable<string> Names() =>
        Enumerable.Range(0, _files.Count).Select(file => Encoding.UTF8.GetString(NameOf(_keys!, file))).Distinct(StringComparer.Ordinal);

    /// <summary>The leaf that an array is.</summary>
    /// <exception cref="StorageException">There is no array of this name.</exception>
    public async ValueTask<CheckpointLeaf> ToLeafAsync(
        TreeKey[] path, string name, LeafKind kind, string typeName, ArrayMetadataEntry recorded, CancellationToken cancellationToken) =>
        await TryToLeafAsync(path, name, kind, typeName, recorded, cancellationToken).ConfigureAwait(false)
        ?? throw new StorageException($"The array of the leaf '{name}' is missing: what is stored under this name is a group.", _store.Describe(name));

    /// <summary>The leaf that an array is; null for a zarr v3 group.</summary>
    /// <exception cref="StorageException">There is no array of this name.</exception>
    public ValueTask<CheckpointLeaf?> TryToLeafAsync(
        TreeKey[] path, string name, LeafKind kind, string typeName, ArrayMetadataEntry recorded, CancellationToken cancellationToken)
    {
        if (_keys is null)
        {
            return OpenAsync(path, name, kind, typeName, recorded, cancellationToken);
        }

        int file = Find(_keys, name);
        Key key = _keys.KeyAt(_files[file]);
        if (Parse(_keys, key, _contents[file]) is not { } metadata)
        {
            return ValueTask.FromResult<CheckpointLeaf?>(null);
        }

        Key prefix = new(key.Bytes[..^FileOf(metadata.Format).Length]);
        (int first, int end) = _keys.Around(_files[file], prefix.Span);
        StoredArrayKvStore stored = new(_keys, prefix, first, end);
        return ValueTask.FromResult<CheckpointLeaf?>(ToLeaf(path, name, kind, typeName, recorded, stored, metadata, _keys.Bytes(first, end)));
    }

    /// <summary>The leaf of an array whose keys were not listed.</summary>
    private async ValueTask<CheckpointLeaf?> OpenAsync(
        TreeKey[] path, string name, LeafKind kind, string typeName, ArrayMetadataEntry recorded, CancellationToken cancellationToken)
    {
        ZarrArray array = await ZarrArray.OpenAsync(_store.WithPrefix(ArrayFolder.Of(name)), cancellationToken).ConfigureAwait(false);
        return ToLeaf(path, name, kind, typeName, recorded, array.Store, array.Metadata, 0);
    }

    private CheckpointLeaf ToLeaf(
        TreeKey[] path, string name, LeafKind kind, string typeName, ArrayMetadataEntry recorded, IKvStore store, ArrayMetadata metadata, long storedBytes) =>
        new(path, name, kind, typeName)
        {
            DataType = metadata.DataType,
            Shape = metadata.Shape,
            ChunkShape = metadata.InnerChunkShape ?? metadata.ChunkShape,
            WriteShape = recorded.WriteShape,
            KeyImplementation = recorded.KeyImplementation,
            StoredBytes = storedBytes,
            LogicalBytes = metadata.ByteCount,
            Source = new ZarrLeafSource(store, metadata, MissingChunkIsError),
        };

    /// <summary>The metadata of an array; null for a zarr v3 group.</summary>
    private ArrayMetadata? Parse(SnapshotKvStore keys, Key key, ReadOnlyMemory<byte>? content)
    {
        if (content is not { } file)
        {
            throw new StorageException("This file was deleted while the checkpoint was read.", keys.Describe(key));
        }

        if (!_parsed.TryGetValue(new Key(file), out ArrayMetadata? metadata))
        {
            // What is kept is a copy: the file lies in memory that many share.
            file = file.ToArray();
            string location = keys.Describe(key);
            ZarrFormat format = FormatOf(key.Span)!.Value;
            metadata = format == ZarrFormat.V3 && IsGroup(file, location) ? null : ArrayMetadata.Parse(file, format, location);
            _parsed.Add(new Key(file), metadata);
        }

        return metadata;
    }

    /// <summary>The metadata file of an array.</summary>
    /// <exception cref="StorageException">There is none.</exception>
    private int Find(SnapshotKvStore keys, string name)
    {
        int next = _last + 1 < _files.Count ? _last + 1 : 0;
        if (!_isMixed && _files.Count > 0 && Ascii.Equals(NameOf(keys, next), name))
        {
            return _last = next;
        }

        string folder = ArrayFolder.Of(name);
        int found = Search(keys, folder + CheckpointLayout.Zarr2ArrayFile);
        found = found >= 0 ? found : Search(keys, folder + CheckpointLayout.Zarr3File);
        found = found >= 0 ? found : FindDecoded(keys, name);
        return found >= 0 ? _last = found
            : throw new StorageException($"The array of the leaf '{name}' is missing: the tree names it, but it is not stored.", _store.Describe(Key.Empty));
    }

    /// <summary>Looks for a name through all files: where a key is not UTF-8, its name has other bytes.</summary>
    private int FindDecoded(SnapshotKvStore keys, string name) =>
        Enumerable.Range(0, _files.Count).FirstOrDefault(file => Encoding.UTF8.GetString(NameOf(keys, file)) == name, -1);

    private int Search(SnapshotKvStore keys, Key key)
    {
        int low = 0;
        int high = _files.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (keys.KeyAt(_files[middle]) < key)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low < _files.Count && keys.KeyAt(_files[low]) == key ? low : -1;
    }

    /// <summary>The name of the array that a metadata file is of.</summary>
    private ReadOnlySpan<byte> NameOf(SnapshotKvStore keys, int file)
    {
        ReadOnlySpan<byte> key = keys.KeyAt(_files[file]).Span;
        return key[..Math.Max(0, key.Length - FileOf(FormatOf(key)!.Value).Length - 1)];
    }

    private static ReadOnlySpan<byte> FileOf(ZarrFormat format) => format == ZarrFormat.V2 ? _zarr2File : _zarr3File;

    /// <summary>The format of the array that a key is the metadata file of; null for every other key.</summary>
    private static ZarrFormat? FormatOf(ReadOnlySpan<byte> key) => IsFile(key, _zarr2File) ? ZarrFormat.V2 : IsFile(key, _zarr3File) ? ZarrFormat.V3 : null;

    private static bool IsGroup(ReadOnlyMemory<byte> utf8, string location) =>
        PythonJson.ParseObject(utf8, location).TryGetProperty("node_type", out JsonElement type) && type.ValueKind == JsonValueKind.String && type.ValueEquals("group");

    private static bool IsFile(ReadOnlySpan<byte> key, ReadOnlySpan<byte> file) =>
        key.EndsWith(file) && (key.Length == file.Length || key[^(file.Length + 1)] == (byte)'/');
}

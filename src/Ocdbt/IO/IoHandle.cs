using System.Buffers;
using OcdbtSharp.KvStore;
using OcdbtSharp.KvStore.Buffers;
using OcdbtSharp.Ocdbt.Format;
using OcdbtSharp.Ocdbt.Operations;

namespace OcdbtSharp.Ocdbt.IO;

/// <summary>The one place where operations touch the base store: manifests, nodes and values by reference.</summary>
internal sealed class IoHandle
{
    private readonly IKvStore _store;
    private readonly NodeCache _cache;
    private volatile bool _nodesAreCompressed = true;
    private readonly DataFileWriter _values;
    private readonly DataFileWriter _btreeNodes;
    private readonly DataFileWriter _versionTreeNodes;

    public IoHandle(IKvStore store, OcdbtOptions options)
    {
        _store = store;
        _cache = new NodeCache(options.CacheBytes);
        Manifests = new ManifestStore(store);

        // Data of different kinds shares files where the prefixes are the same.
        DataFilePrefixes prefixes = options.DataFilePrefixes;
        ValuePrefix = prefixes.Value;
        _values = new DataFileWriter(store, prefixes.Value, options.TargetDataFileSize);
        _btreeNodes = prefixes.BtreeNode == prefixes.Value
            ? _values
            : new DataFileWriter(store, prefixes.BtreeNode, options.TargetDataFileSize);
        _versionTreeNodes = prefixes.VersionTreeNode == prefixes.Value ? _values
            : prefixes.VersionTreeNode == prefixes.BtreeNode ? _btreeNodes
            : new DataFileWriter(store, prefixes.VersionTreeNode, options.TargetDataFileSize);
    }

    public IoHandle(IKvStore store, long cacheBytes)
        : this(store, new OcdbtOptions { CacheBytes = cacheBytes })
    {
    }

    public IKvStore Store => _store;

    public ManifestStore Manifests { get; }

    /// <summary>About how many bytes of memory the nodes take that are kept.</summary>
    public long CachedBytes => _cache.Bytes;

    /// <summary>What the names of data files with values begin with.</summary>
    public string ValuePrefix { get; }

    /// <summary>Where a node or value lies, for people.</summary>
    public string Describe(IndirectDataReference location) =>
        $"{_store.Describe(location.File.Path)} [{location.Offset}, {location.Offset + location.Length})";

    /// <summary>The latest manifest of whichever database there is.</summary>
    /// <exception cref="StorageException">There is none.</exception>
    public async ValueTask<Manifest> GetManifestAsync(CancellationToken cancellationToken) =>
        (await Manifests.GetAsync(TimeSpan.Zero, cancellationToken).ConfigureAwait(false))?.Manifest
            ?? throw new StorageException("There is no OCDBT database: its manifest is missing.", _store.Describe(Manifest.FileName));

    /// <summary>The latest manifest of the database that was opened.</summary>
    /// <param name="config">The configuration of the database when it was opened.</param>
    /// <param name="maxAge">How long ago it may have been read; negative for any time.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="StorageException">The database is gone, or another is in its place.</exception>
    public async ValueTask<ManifestState> GetManifestAsync(Config config, TimeSpan maxAge, CancellationToken cancellationToken) =>
        await Manifests.GetAsync(maxAge, cancellationToken).ConfigureAwait(false) is { } state
            ? Check(state, config)
            : throw new StorageException("The OCDBT database is gone: its manifest is missing.", _store.Describe(Manifest.FileName));

    /// <summary>Checks that a manifest belongs to the database that was opened.</summary>
    public ManifestState Check(ManifestState state, Config config) =>
        ReferenceEquals(state.Manifest.Config, config) || state.Manifest.Config == config
            ? state
            : throw new StorageException(
                "Another OCDBT database has taken the place of the one that was opened: "
                + (state.Manifest.Config.Mismatch(config.ToPublic()) ?? "its configuration differs") + ".",
                _store.Describe(Manifest.FileName));

    /// <summary>Appends a value to a data file.</summary>
    public ValueTask<IndirectDataReference> WriteValueAsync(ReadOnlySequence<byte> value, DataFileSet files, CancellationToken cancellationToken) =>
        _values.WriteAsync(value, files, cancellationToken);

    /// <summary>Appends a node of the B-tree to a data file.</summary>
    public ValueTask<IndirectDataReference> WriteBtreeNodeAsync(ReadOnlySequence<byte> node, DataFileSet files, CancellationToken cancellationToken) =>
        _btreeNodes.WriteAsync(node, files, cancellationToken);

    /// <summary>Appends a node of the version tree to a data file.</summary>
    public ValueTask<IndirectDataReference> WriteVersionTreeNodeAsync(byte[] node, DataFileSet files, CancellationToken cancellationToken) =>
        _versionTreeNodes.WriteAsync(new ReadOnlySequence<byte>(node), files, cancellationToken);

    /// <summary>Puts a manifest in the place of another.</summary>
    /// <returns>Whether <paramref name="old"/> was still the latest, so that <paramref name="next"/> is now part of the database's history.</returns>
    public async ValueTask<bool> TryUpdateManifestAsync(ManifestState old, Manifest next, CancellationToken cancellationToken)
    {
        if (!await Manifests.TryUpdateAsync(old, next, cancellationToken).ConfigureAwait(false))
        {
            return false;
        }

        if (next.Config.ManifestKind == OcdbtManifestKind.Single)
        {
            return true;
        }

        return await Manifests.GetAsync(TimeSpan.Zero, cancellationToken).ConfigureAwait(false) is { } latest
            && await ReadVersionOperation.FindAsync(
                this, latest.Manifest, VersionSpec.OfGeneration(next.Latest.GenerationNumber), cancellationToken).ConfigureAwait(false) == next.Latest;
    }

    /// <summary>A node that is in memory; otherwise null.</summary>
    public BtreeNode? FindBtreeNode(IndirectDataReference location) => _cache.Find(location) as BtreeNode;

    public async ValueTask<BtreeNode> GetBtreeNodeAsync(IndirectDataReference location, CancellationToken cancellationToken)
    {
        if (_cache.Find(location) is BtreeNode { IsInflated: true } cached)
        {
            return cached;
        }

        BtreeNode node = await ReadBtreeNodeAsync(location, static node => node.InflateValues(), cancellationToken).ConfigureAwait(false);
        _cache.Add(location, node);
        return node;
    }

    /// <summary>Reads a node for one look at it. Of values within it no more is inflated than is looked at; that much of it is kept.</summary>
    /// <param name="location">Where the node lies.</param>
    /// <param name="look">Looks at the node.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async ValueTask LookAtBtreeNodeAsync(IndirectDataReference location, Action<BtreeNode> look, CancellationToken cancellationToken)
    {
        BtreeNode node = await ReadBtreeNodeAsync(
            location,
            read =>
            {
                look(read);
                read.Cut();
            },
            cancellationToken).ConfigureAwait(false);
        _cache.Add(location, node);
    }

    /// <summary>A node of which only keys and places are wanted. It is not kept, and the values that lie within it cannot be asked for.</summary>
    public ValueTask<BtreeNode> GetKeysAsync(IndirectDataReference location, CancellationToken cancellationToken) =>
        _cache.Find(location) is BtreeNode cached ? ValueTask.FromResult(cached) : ReadBtreeNodeAsync(location, static node => node.DropValues(), cancellationToken);

    public async ValueTask<VersionTreeNode> GetVersionTreeNodeAsync(IndirectDataReference location, CancellationToken cancellationToken)
    {
        if (_cache.Find(location) is VersionTreeNode cached)
        {
            return cached;
        }

        ReadOnlyMemory<byte> bytes = await ReadNodeAsync(location, cancellationToken).ConfigureAwait(false);
        try
        {
            VersionTreeNode node = VersionTreeNode.Decode(bytes, location.File.BasePath);
            _cache.Add(location, node);
            return node;
        }
        catch (OcdbtSharpException exception)
        {
            throw exception.At(Describe(location));
        }
    }

    /// <summary>Reads a part of a value that lies in a data file.</summary>
    public async ValueTask<ReadOnlyMemory<byte>> ReadValueAsync(
        IndirectDataReference location, long offset, long length, Memory<byte>? destination, CancellationToken cancellationToken)
    {
        ReadOptions options = new() { Range = ByteRange.FromOffset(location.Offset + offset, length), Destination = destination };
        try
        {
            ReadResult result = await _store.ReadAsync(location.File.Path, options, cancellationToken).ConfigureAwait(false);
            return result.HasValue ? result.Value : throw MissingFile(location);
        }
        catch (ArgumentException exception) when (exception is not ArgumentOutOfRangeException || exception.ParamName != "destination")
        {
            throw Impossible(location, exception);
        }
    }

    /// <summary>Finds a value that lies in a data file in the file system; null where the base store has no files.</summary>
    /// <exception cref="CorruptDataException">The data file is missing or shorter than the database says.</exception>
    public async ValueTask<FileExtent?> FindInFileAsync(IndirectDataReference location, CancellationToken cancellationToken)
    {
        if (_store is not IFileBackedKvStore files)
        {
            return null;
        }

        try
        {
            if (await files.FindInFileAsync(location.File.Path, cancellationToken).ConfigureAwait(false) is { } file)
            {
                return file.Slice(location.Offset, location.Length);
            }

            ReadResult found = await _store.StatAsync(location.File.Path, cancellationToken).ConfigureAwait(false);
            return found.HasValue ? null : throw MissingFile(location);
        }
        catch (ArgumentException exception)
        {
            throw Impossible(location, exception);
        }
    }

    private async ValueTask<BtreeNode> ReadBtreeNodeAsync(IndirectDataReference location, Action<BtreeNode> use, CancellationToken cancellationToken)
    {
        if (location.Length > FormatLimits.MaxNodeBytes)
        {
            throw TooLong(location);
        }

        // A leaf that is not compressed keeps what was read; otherwise the memory serves the next node.
        using PooledBuffer? buffer = _nodesAreCompressed ? new PooledBuffer((int)location.Length) : null;
        try
        {
            ReadOnlyMemory<byte> bytes = await ReadValueAsync(location, 0, location.Length, buffer?.Memory, cancellationToken).ConfigureAwait(false);
            bool isCompressed = Envelope.IsCompressed(bytes.Span);
            _nodesAreCompressed = isCompressed;
            BtreeNode node = BtreeNode.Decode(isCompressed || buffer is null ? bytes : bytes.ToArray(), location.File.BasePath, () => Describe(location));
            use(node);
            return node;
        }
        catch (OcdbtSharpException exception) when (exception.Location is null)
        {
            throw exception.At(Describe(location));
        }
    }

    private async ValueTask<ReadOnlyMemory<byte>> ReadNodeAsync(IndirectDataReference location, CancellationToken cancellationToken) =>
        location.Length <= FormatLimits.MaxNodeBytes
            ? await ReadValueAsync(location, 0, location.Length, null, cancellationToken).ConfigureAwait(false)
            : throw TooLong(location);

    private CorruptDataException MissingFile(IndirectDataReference location) =>
        new("This data file is missing, but the database refers to it.", _store.Describe(location.File.Path));

    private CorruptDataException Impossible(IndirectDataReference location, ArgumentException exception) => new(
        $"the database refers to {location}, which this store cannot hold: {exception.Message}", _store.Describe(Manifest.FileName), innerException: exception);

    private CorruptDataException TooLong(IndirectDataReference location) => new(
        $"a node of {location.Length} bytes is more than the limit of {FormatLimits.MaxNodeBytes}", _store.Describe(location.File.Path));
}

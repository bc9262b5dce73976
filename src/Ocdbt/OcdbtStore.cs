using System.Buffers;
using System.Runtime.CompilerServices;
using OcdbtSharp.KvStore;
using OcdbtSharp.Ocdbt.Format;
using OcdbtSharp.Ocdbt.IO;
using OcdbtSharp.Ocdbt.Operations;

namespace OcdbtSharp.Ocdbt;

/// <summary>
/// An OCDBT database as a store: the latest version, to read and to write, or an older one, to read. Each write or delete is a commit of its own;
/// those that are asked for at the same time share one. Use <see cref="BeginTransaction"/> for several at once. Safe to use from many threads and,
/// where the base store's conditional writes are atomic, from many processes.
/// </summary>
/// <remarks>
/// The generation of a key is that of its value: it changes only when that key is written. Data that a commit left behind when it failed or lost
/// against another stays in data files that nothing refers to.
/// </remarks>
public sealed partial class OcdbtStore : IKvStore, IFileBackedKvStore, ISnapshotSource
{
    private const ulong MinTakenOverBytes = 1 << 20;

    private readonly OcdbtOptions _options;
    private readonly BtreeGenerationReference? _fixed;
    private readonly CommitQueue _queue;

    private OcdbtStore(IoHandle io, OcdbtOptions options, Config config, BtreeGenerationReference? version)
    {
        Io = io;
        _options = options;
        StoredConfig = config;
        _fixed = version;
        _queue = new CommitQueue(io, config);
    }

    /// <inheritdoc/>
    public KvStoreCapabilities Capabilities => IsReadOnly
        ? KvStoreCapabilities.List
        : KvStoreCapabilities.List | KvStoreCapabilities.Write | KvStoreCapabilities.ConditionalWrite | KvStoreCapabilities.RenamePrefix;

    /// <inheritdoc/>
    public ReadCoalescing Coalescing => Io.Store.Coalescing;

    /// <summary>The version that reads see, as far as it is known without asking the base store; null where the database has none yet.</summary>
    public OcdbtVersion? Version => (_fixed ?? KnownLatest) is { } version ? ToPublic(version) : null;

    /// <summary>The configuration of the database, without nulls.</summary>
    public OcdbtConfig Config => StoredConfig.ToPublic();

    internal IoHandle Io { get; }

    internal Config StoredConfig { get; }

    private BtreeGenerationReference? KnownLatest =>
        Io.Manifests.Known is { Manifest.IsConfigOnly: false } state ? state.Manifest.Latest : null;

    private bool IsReadOnly => _options.Version is not null || !Io.Store.Capabilities.HasFlag(KvStoreCapabilities.Write);

    /// <summary>Opens a database, or creates one.</summary>
    /// <param name="baseStore">The store whose root holds <c>manifest.ocdbt</c>.</param>
    /// <param name="options">Version, configuration and cache; null for the latest version of a database that exists.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="StorageException">
    /// There is no database, or there is one that should not be, or it has no such version, or its configuration is another, or the storage failed.
    /// </exception>
    /// <exception cref="CorruptDataException">The manifest is damaged.</exception>
    public static async ValueTask<OcdbtStore> OpenAsync(
        IKvStore baseStore, OcdbtOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(baseStore);
        options ??= new OcdbtOptions();
        if (options.Version is not null && options.Mode != OcdbtOpenMode.Open)
        {
            throw new ArgumentException("A version can only be asked for of a database that exists.", nameof(options));
        }

        IoHandle io = new(baseStore, options);
        string place = baseStore.Describe(Manifest.FileName);
        ManifestState? found = await io.Manifests.GetAsync(TimeSpan.Zero, cancellationToken).ConfigureAwait(false);
        ManifestState state = (found, options.Mode) switch
        {
            (not null, OcdbtOpenMode.CreateNew) => throw new StorageException("There is an OCDBT database already.", place),
            (not null, _) => found,
            (null, OcdbtOpenMode.Open) => throw new StorageException("There is no OCDBT database: its manifest is missing.", place),
            _ => await CreateAsync(io, options, cancellationToken).ConfigureAwait(false),
        };
        Config config = state.Manifest.Config;
        if (config.Mismatch(options.Config) is { } mismatch)
        {
            throw new StorageException($"The OCDBT database has another configuration: {mismatch}.", place);
        }

        BtreeGenerationReference? version = options.Version is null
            ? null
            : await ReadVersionOperation.FindAsync(io, state.Manifest, options.Version, cancellationToken).ConfigureAwait(false);
        return version is not null || options.Version is null
            ? new OcdbtStore(io, options, config, version)
            : throw new StorageException("The database has no such version.", place);
    }

    /// <inheritdoc/>
    public string Describe(Key key) => $"{Io.Store.Describe(Key.Empty)}|ocdbt:{key}";

    /// <summary>Every version of the database, oldest first.</summary>
    public async IAsyncEnumerable<OcdbtVersion> ListVersionsAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ManifestState state = await Io.GetManifestAsync(StoredConfig, _options.MaxStaleness, cancellationToken).ConfigureAwait(false);
        await foreach (BtreeGenerationReference version in ReadVersionOperation.ListAsync(Io, state.Manifest, cancellationToken).ConfigureAwait(false))
        {
            yield return ToPublic(version);
        }
    }

    /// <inheritdoc/>
    public ValueTask<ReadResult> ReadAsync(Key key, ReadOptions options = default, CancellationToken cancellationToken = default)
    {
        // With the nodes in memory, nothing is waited for and nothing is allocated on the way down.
        if (!TryFind(key, out LeafValue? value))
        {
            return ReadSlowlyAsync(key, options, cancellationToken);
        }

        return value is not { } found ? ValueTask.FromResult(ReadResult.Missing)
            : found.IsInline ? ValueTask.FromResult(ReadValueOperation.Inline(found, options))
            : ReadValueOperation.RunAsync(Io, found, options, cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<ReadResult> StatAsync(Key key, CancellationToken cancellationToken = default) =>
        await FindAsync(key, cancellationToken).ConfigureAwait(false) is { } value
            ? new ReadResult(ReadState.Value, default, LeafGeneration.Of(value), value.Length)
            : ReadResult.Missing;

    /// <inheritdoc/>
    public async IAsyncEnumerable<ListEntry> ListAsync(KeyRange range = default, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        if (await CurrentAsync(cancellationToken).ConfigureAwait(false) is { } version)
        {
            await foreach (ListEntry entry in ListOperation.KeysAsync(Io, version, range, cancellationToken).ConfigureAwait(false))
            {
                yield return entry;
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask<StorageGeneration> WriteAsync(
        Key key, ReadOnlySequence<byte> value, WriteOptions options = default, CancellationToken cancellationToken = default)
    {
        CheckWritable();
        CheckKey(key);
        cancellationToken.ThrowIfCancellationRequested();
        DataFileSet? files = value.Length > StoredConfig.MaxInlineValueBytes ? new DataFileSet() : null;
        LeafValue stored;
        try
        {
            stored = await StoreAsync(value, files, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            files?.Dispose();
            throw;
        }

        return await CommitAsync(new Mutation(MutationKind.Put, key, null, stored), options, files, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask<bool> DeleteAsync(Key key, WriteOptions options = default, CancellationToken cancellationToken = default)
    {
        CheckWritable();
        Mutation mutation = new(MutationKind.Delete, key, null, default);
        return !(await CommitAsync(mutation, options, null, cancellationToken).ConfigureAwait(false)).IsUnknown;
    }

    /// <inheritdoc/>
    public async ValueTask DeleteRangeAsync(KeyRange range, CancellationToken cancellationToken = default)
    {
        CheckWritable();
        Mutation mutation = new(MutationKind.DeleteRange, range.InclusiveMin, range.ExclusiveMax, default);
        await CommitAsync(mutation, default, null, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask RenamePrefixAsync(Key source, Key destination, CancellationToken cancellationToken = default)
    {
        await ConditionalUpdate.RunAsync(
            async token =>
            {
                OcdbtTransaction transaction = BeginTransaction();
                await using (transaction.ConfigureAwait(false))
                {
                    await transaction.RenamePrefixAsync(source, destination, token).ConfigureAwait(false);
                    return await transaction.CommitAsync(token).ConfigureAwait(false);
                }
            },
            () => Describe(destination),
            cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    async ValueTask<FileExtent?> IFileBackedKvStore.FindInFileAsync(Key key, CancellationToken cancellationToken) =>
        await FindAsync(key, cancellationToken).ConfigureAwait(false) is { IsInline: false } value
            ? await Io.FindInFileAsync(value.Location, cancellationToken).ConfigureAwait(false)
            : null;

    /// <summary>
    /// The version that reads see now, as a store of its own that stays as it is: all keys are read at once, and reads then ask for nothing but values.
    /// </summary>
    /// <exception cref="CorruptDataException">A node is damaged.</exception>
    /// <exception cref="StorageException">The storage failed.</exception>
    public async ValueTask<IKvStore> TakeSnapshotAsync(CancellationToken cancellationToken = default) =>
        await ((ISnapshotSource)this).TakeSnapshotAsync(cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    async ValueTask<SnapshotKvStore> ISnapshotSource.TakeSnapshotAsync(CancellationToken cancellationToken) =>
        await OcdbtSnapshot.ReadAsync(this, await CurrentAsync(cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);

    /// <summary>Begins a transaction: several reads, writes and deletes of which all or none take effect, at one moment.</summary>
    /// <exception cref="NotSupportedException">The store only reads.</exception>
    public OcdbtTransaction BeginTransaction()
    {
        CheckWritable();
        return new OcdbtTransaction(this);
    }

    /// <summary>Puts the keys of another database into this one without copying their values, in one commit.</summary>
    /// <inheritdoc cref="OcdbtTransaction.CopyRangeAsync"/>
    public async ValueTask CopyRangeAsync(
        OcdbtStore source, KeyRange range = default, Key sourcePrefix = default, Key targetPrefix = default, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        bool isWhole = range == KeyRange.All && sourcePrefix.Length + targetPrefix.Length == 0;
        if (isWhole && await TryTakeOverAsync(source, cancellationToken).ConfigureAwait(false))
        {
            return;
        }

        OcdbtTransaction transaction = BeginTransaction();
        await using (transaction.ConfigureAwait(false))
        {
            await transaction.CopyRangeAsync(source, range, sourcePrefix, targetPrefix, cancellationToken).ConfigureAwait(false);
            await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Makes the root of another database that of this one, where this one has no keys: no node is read or written then. Small trees are not worth it:
    /// put into a node of this database, they cost its readers no look into the other's files.
    /// </summary>
    private async ValueTask<bool> TryTakeOverAsync(OcdbtStore source, CancellationToken cancellationToken)
    {
        CheckWritable();
        ReadOnlyMemory<byte> dataPath = CopyRangeOperation.DataPath(Io.Store, source.Io.Store);
        if (source.StoredConfig.MaxInlineValueBytes > StoredConfig.MaxInlineValueBytes
            || await source.CurrentAsync(cancellationToken).ConfigureAwait(false) is not { Root.Statistics.NumTreeBytes: >= MinTakenOverBytes } version)
        {
            return false;
        }

        using DataFileSet files = new();
        return await CommitOperation.RunAsync(
            Io,
            StoredConfig,
            files,
            (_, latest, _) => ValueTask.FromResult<BtreeGenerationReference?>(latest is null or { Root.Location.IsMissing: true } ? CopyRangeOperation.Seen(version, dataPath) : null),
            cancellationToken).ConfigureAwait(false) is not null;
    }

    /// <summary>The version that reads see at the moment.</summary>
    internal ValueTask<BtreeGenerationReference?> CurrentAsync(CancellationToken cancellationToken) =>
        _fixed is not null ? ValueTask.FromResult(_fixed) : LatestAsync(_options.MaxStaleness, cancellationToken);

    /// <summary>The latest version.</summary>
    internal async ValueTask<BtreeGenerationReference?> LatestAsync(TimeSpan maxAge, CancellationToken cancellationToken)
    {
        ManifestState state = await Io.GetManifestAsync(StoredConfig, maxAge, cancellationToken).ConfigureAwait(false);
        return state.Manifest.IsConfigOnly ? null : state.Manifest.Latest;
    }

    /// <summary>Puts a value where it belongs: in memory until its node is written, or in a data file.</summary>
    internal async ValueTask<LeafValue> StoreAsync(ReadOnlySequence<byte> value, DataFileSet? files, CancellationToken cancellationToken) =>
        files is null || value.Length <= StoredConfig.MaxInlineValueBytes
            ? new LeafValue(value.ToArray())
            : new LeafValue(await Io.WriteValueAsync(value, files, cancellationToken).ConfigureAwait(false));

    internal static void CheckKey(Key key)
    {
        if (key.Length > FormatLimits.MaxKeyLength)
        {
            throw new ArgumentException($"The key has {key.Length} bytes; the format allows {FormatLimits.MaxKeyLength}.", nameof(key));
        }
    }

    private static OcdbtVersion ToPublic(BtreeGenerationReference version) =>
        new(version.GenerationNumber, version.CommitTime, version.Root.Statistics.NumKeys, version.RootHeight);

    private static async ValueTask<ManifestState> CreateAsync(IoHandle io, OcdbtOptions options, CancellationToken cancellationToken)
    {
        if (options.IsCreatedByCommit)
        {
            return io.Manifests.Announce(Format.Config.Create(options.Config));
        }

        bool isFirst = await io.Manifests.TryCreateAsync(
            ManifestBuilder.First(Format.Config.Create(options.Config)), cancellationToken).ConfigureAwait(false);
        return isFirst || options.Mode == OcdbtOpenMode.OpenOrCreate
            ? await io.Manifests.GetAsync(TimeSpan.Zero, cancellationToken).ConfigureAwait(false)
                ?? throw new StorageException("The manifest was deleted right after it was written.", io.Store.Describe(Manifest.FileName))
            : throw new StorageException("There is an OCDBT database already.", io.Store.Describe(Manifest.FileName));
    }

    private async ValueTask<ReadResult> ReadSlowlyAsync(Key key, ReadOptions options, CancellationToken cancellationToken) =>
        await FindAsync(key, cancellationToken).ConfigureAwait(false) is { } value
            ? await ReadValueOperation.RunAsync(Io, value, options, cancellationToken).ConfigureAwait(false)
            : ReadResult.Missing;

    private async ValueTask<LeafValue?> FindAsync(Key key, CancellationToken cancellationToken) =>
        await CurrentAsync(cancellationToken).ConfigureAwait(false) is { } version
            ? await ReadOperation.FindAsync(Io, version, key, cancellationToken).ConfigureAwait(false)
            : null;

    /// <summary>The value of a key, where manifest and nodes are in memory and known to be current; otherwise false.</summary>
    private bool TryFind(Key key, out LeafValue? value)
    {
        value = null;
        BtreeGenerationReference version;
        if (_fixed is { } chosen)
        {
            version = chosen;
        }
        else if (Io.Manifests.TryGetCurrent(_options.MaxStaleness) is { Manifest.IsConfigOnly: false } state)
        {
            version = Io.Check(state, StoredConfig).Manifest.Latest;
        }
        else
        {
            return false;
        }

        return ReadOperation.TryFind(Io, version, key, out value);
    }

    private async ValueTask<StorageGeneration> CommitAsync(
        Mutation mutation, WriteOptions options, DataFileSet? files, CancellationToken cancellationToken)
    {
        return await _queue.AddAsync(new WriteRequest(mutation, options.IfEqual, files)).WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    private void CheckWritable()
    {
        if (IsReadOnly)
        {
            throw new NotSupportedException(
                _options.Version is null ? "The base store only reads." : "An old version of an OCDBT database is only read, not written to.");
        }
    }
}

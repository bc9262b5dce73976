using System.Buffers;
using System.Globalization;
using System.Runtime.CompilerServices;
using OcdbtSharp.KvStore;
using OcdbtSharp.Ocdbt.Format;
using OcdbtSharp.Ocdbt.IO;
using OcdbtSharp.Ocdbt.Operations;

namespace OcdbtSharp.Ocdbt;

/// <summary>One version of an OCDBT database, seen as a store that only reads. Safe to use from many threads at once.</summary>
public sealed class OcdbtStore : IKvStore
{
    private readonly IoHandle _io;
    private readonly Manifest _manifest;
    private readonly BtreeGenerationReference? _version;
    private readonly StorageGeneration _generation;

    private OcdbtStore(IoHandle io, Manifest manifest, BtreeGenerationReference? version)
    {
        _io = io;
        _manifest = manifest;
        _version = version;
        _generation = new StorageGeneration((version?.GenerationNumber ?? 0).ToString(CultureInfo.InvariantCulture));
    }

    /// <inheritdoc/>
    public KvStoreCapabilities Capabilities => KvStoreCapabilities.List;

    /// <summary>The version that is open; null where the database has none yet.</summary>
    public OcdbtVersion? Version => _version is { } version ? ToPublic(version) : null;

    /// <summary>Opens a database.</summary>
    /// <param name="baseStore">The store whose root holds <c>manifest.ocdbt</c>.</param>
    /// <param name="options">Version and cache; null for the latest.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="StorageException">There is no database, no such version, or the storage failed.</exception>
    /// <exception cref="CorruptDataException">The manifest is damaged.</exception>
    public static async ValueTask<OcdbtStore> OpenAsync(
        IKvStore baseStore, OcdbtOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(baseStore);
        options ??= new OcdbtOptions();
        IoHandle io = new(baseStore, options.CacheBytes);
        Manifest manifest = await io.GetManifestAsync(cancellationToken).ConfigureAwait(false);
        BtreeGenerationReference? version =
            await ReadVersionOperation.FindAsync(io, manifest, options.Version, cancellationToken).ConfigureAwait(false);
        return version is not null || options.Version is null
            ? new OcdbtStore(io, manifest, version)
            : throw new StorageException("The database has no such version.", baseStore.Describe(Manifest.FileName));
    }

    /// <inheritdoc/>
    public string Describe(Key key) => $"{_io.Store.Describe(Key.Empty)}|ocdbt:{key}";

    /// <summary>Every version of the database, oldest first.</summary>
    public async IAsyncEnumerable<OcdbtVersion> ListVersionsAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (BtreeGenerationReference version in ReadVersionOperation.ListAsync(_io, _manifest, cancellationToken).ConfigureAwait(false))
        {
            yield return ToPublic(version);
        }
    }

    /// <inheritdoc/>
    public async ValueTask<ReadResult> ReadAsync(Key key, ReadOptions options = default, CancellationToken cancellationToken = default)
    {
        if (await FindAsync(key, cancellationToken).ConfigureAwait(false) is not { } value)
        {
            return ReadResult.Missing;
        }

        if (!options.IfNotEqual.IsUnknown && options.IfNotEqual == _generation)
        {
            return new ReadResult(ReadState.Unchanged, default, _generation, value.Length);
        }

        (long offset, long length) = options.Range.Resolve(value.Length);
        if (options.Destination is { } room && room.Length < length)
        {
            throw new ArgumentException($"The destination has {room.Length} bytes; {length} were asked for.", nameof(options));
        }

        if (!value.IsInline)
        {
            if (length > Array.MaxLength)
            {
                throw new StorageException($"The value has {length} bytes, too many for one read: read it in ranges.", Describe(key));
            }

            ReadOnlyMemory<byte> read = length == 0
                ? default
                : await _io.ReadValueAsync(value.Location, offset, length, options.Destination, cancellationToken).ConfigureAwait(false);
            return new ReadResult(ReadState.Value, read, _generation, value.Length);
        }

        ReadOnlyMemory<byte> part = value.Inline.Slice((int)offset, (int)length);
        if (options.Destination is { } destination)
        {
            part.CopyTo(destination);
            part = destination[..part.Length];
        }

        return new ReadResult(ReadState.Value, part, _generation, value.Length);
    }

    /// <inheritdoc/>
    public async ValueTask<ReadResult> StatAsync(Key key, CancellationToken cancellationToken = default) =>
        await FindAsync(key, cancellationToken).ConfigureAwait(false) is { } value
            ? new ReadResult(ReadState.Value, default, _generation, value.Length)
            : ReadResult.Missing;

    /// <inheritdoc/>
    public async IAsyncEnumerable<ListEntry> ListAsync(KeyRange range = default, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        if (_version is { } version)
        {
            await foreach ((Key key, LeafValue value) in ListOperation.RunAsync(_io, version, range, cancellationToken).ConfigureAwait(false))
            {
                yield return new ListEntry(key, value.Length);
            }
        }
    }

    /// <inheritdoc/>
    public ValueTask<StorageGeneration> WriteAsync(
        Key key, ReadOnlySequence<byte> value, WriteOptions options = default, CancellationToken cancellationToken = default) => throw ReadOnly();

    /// <inheritdoc/>
    public ValueTask<bool> DeleteAsync(Key key, WriteOptions options = default, CancellationToken cancellationToken = default) => throw ReadOnly();

    /// <inheritdoc/>
    public ValueTask DeleteRangeAsync(KeyRange range, CancellationToken cancellationToken = default) => throw ReadOnly();

    /// <inheritdoc/>
    public ValueTask RenamePrefixAsync(Key source, Key destination, CancellationToken cancellationToken = default) => throw ReadOnly();

    private static OcdbtVersion ToPublic(BtreeGenerationReference version) =>
        new(version.GenerationNumber, version.CommitTime, version.Root.Statistics.NumKeys, version.RootHeight);

    private async ValueTask<LeafValue?> FindAsync(Key key, CancellationToken cancellationToken) =>
        _version is { } version ? await ReadOperation.FindAsync(_io, version, key, cancellationToken).ConfigureAwait(false) : null;

    private static NotSupportedException ReadOnly() => new("An OCDBT database is only read, not written to.");
}

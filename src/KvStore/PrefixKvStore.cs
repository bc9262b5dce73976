using System.Buffers;
using System.Runtime.CompilerServices;

namespace OcdbtSharp.KvStore;

/// <summary>What a store holds below a prefix, seen as a store.</summary>
internal sealed class PrefixKvStore : IPiecewiseKvStore, IChangeDetector, IFileBackedKvStore, ILocatedKvStore
{
    private PrefixKvStore(IKvStore store, Key prefix)
    {
        Store = store;
        Prefix = prefix;
    }

    /// <summary>The store that is seen through the prefix; never itself a <see cref="PrefixKvStore"/>.</summary>
    public IKvStore Store { get; }

    /// <summary>What every key of this store begins with in <see cref="Store"/>.</summary>
    public Key Prefix { get; }

    /// <inheritdoc/>
    public KvStoreCapabilities Capabilities => Store.Capabilities;

    /// <inheritdoc/>
    public ReadCoalescing Coalescing => Store.Coalescing;

    /// <inheritdoc/>
    public KvStoreLocation Location => KvStoreLocation.Of(Store).Below(Prefix);

    public static IKvStore Create(IKvStore store, Key prefix)
    {
        ArgumentNullException.ThrowIfNull(store);
        return prefix.Length == 0 ? store
            : store is PrefixKvStore inner ? new PrefixKvStore(inner.Store, inner.Prefix.Append(prefix))
            : new PrefixKvStore(store, prefix);
    }

    /// <inheritdoc/>
    public string Describe(Key key) => Store.Describe(Prefix.Append(key));

    /// <inheritdoc/>
    public ValueTask<ReadResult> ReadAsync(Key key, ReadOptions options = default, CancellationToken cancellationToken = default) =>
        Store.ReadAsync(Prefix.Append(key), options, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<ReadResult> StatAsync(Key key, CancellationToken cancellationToken = default) =>
        Store.StatAsync(Prefix.Append(key), cancellationToken);

    /// <inheritdoc/>
    public async IAsyncEnumerable<ListEntry> ListAsync(KeyRange range = default, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (ListEntry entry in Store.ListAsync(Outer(range), cancellationToken).ConfigureAwait(false))
        {
            yield return entry with { Key = new Key(entry.Key.Bytes[Prefix.Length..]) };
        }
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<ListEntry> ListFolderAsync(Key prefix = default, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (ListEntry entry in Store.ListFolderAsync(Prefix.Append(prefix), cancellationToken).ConfigureAwait(false))
        {
            yield return entry with { Key = new Key(entry.Key.Bytes[Prefix.Length..]) };
        }
    }

    /// <inheritdoc/>
    public ValueTask<StorageGeneration> WriteAsync(
        Key key, ReadOnlySequence<byte> value, WriteOptions options = default, CancellationToken cancellationToken = default) =>
        Store.WriteAsync(Prefix.Append(key), value, options, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<ValueWriter> BeginWriteAsync(Key key, CancellationToken cancellationToken = default) =>
        Store is IPiecewiseKvStore store
            ? store.BeginWriteAsync(Prefix.Append(key), cancellationToken)
            : throw new NotSupportedException("This store takes values only as a whole.");

    /// <inheritdoc/>
    public ValueTask<bool> DeleteAsync(Key key, WriteOptions options = default, CancellationToken cancellationToken = default) =>
        Store.DeleteAsync(Prefix.Append(key), options, cancellationToken);

    /// <inheritdoc/>
    public ValueTask DeleteRangeAsync(KeyRange range, CancellationToken cancellationToken = default) =>
        Store.DeleteRangeAsync(Outer(range), cancellationToken);

    /// <inheritdoc/>
    public ValueTask RenamePrefixAsync(Key source, Key destination, CancellationToken cancellationToken = default) =>
        Store.RenamePrefixAsync(Prefix.Append(source), Prefix.Append(destination), cancellationToken);

    /// <inheritdoc/>
    public IChangeCheck? CreateCheck(Key key, StorageGeneration generation) =>
        (Store as IChangeDetector)?.CreateCheck(Prefix.Append(key), generation);

    /// <inheritdoc/>
    public ValueTask<FileExtent?> FindInFileAsync(Key key, CancellationToken cancellationToken) =>
        Store is IFileBackedKvStore store ? store.FindInFileAsync(Prefix.Append(key), cancellationToken) : ValueTask.FromResult<FileExtent?>(null);

    /// <inheritdoc/>
    public IEnumerable<(Key Key, FileInfo File)> ListUnfinished(Key prefix) => Store is not ILocatedKvStore store
        ? []
        : store.ListUnfinished(Prefix.Append(prefix)).Select(found => (new Key(found.Key.Bytes[Prefix.Length..]), found.File));

    private KeyRange Outer(KeyRange range) =>
        new(Prefix.Append(range.InclusiveMin), range.ExclusiveMax is { } max ? Prefix.Append(max) : Prefix.PrefixSuccessor());
}

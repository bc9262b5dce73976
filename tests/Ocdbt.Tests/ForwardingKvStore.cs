using System.Buffers;
using OcdbtSharp.KvStore;

namespace OcdbtSharp.Ocdbt.Tests;

/// <summary>A store that hands everything on, for stores that change one thing.</summary>
internal abstract class ForwardingKvStore(IKvStore store) : IKvStore
{
    public virtual KvStoreCapabilities Capabilities => store.Capabilities;

    public virtual string Describe(Key key) => store.Describe(key);

    public virtual ValueTask<ReadResult> ReadAsync(Key key, ReadOptions options = default, CancellationToken cancellationToken = default) =>
        store.ReadAsync(key, options, cancellationToken);

    public virtual ValueTask<ReadResult> StatAsync(Key key, CancellationToken cancellationToken = default) => store.StatAsync(key, cancellationToken);

    public virtual IAsyncEnumerable<ListEntry> ListAsync(KeyRange range = default, CancellationToken cancellationToken = default) =>
        store.ListAsync(range, cancellationToken);

    public virtual IAsyncEnumerable<ListEntry> ListFolderAsync(Key prefix = default, CancellationToken cancellationToken = default) =>
        store.ListFolderAsync(prefix, cancellationToken);

    public virtual ValueTask<StorageGeneration> WriteAsync(
        Key key, ReadOnlySequence<byte> value, WriteOptions options = default, CancellationToken cancellationToken = default) =>
        store.WriteAsync(key, value, options, cancellationToken);

    public virtual ValueTask<bool> DeleteAsync(Key key, WriteOptions options = default, CancellationToken cancellationToken = default) =>
        store.DeleteAsync(key, options, cancellationToken);

    public virtual ValueTask DeleteRangeAsync(KeyRange range, CancellationToken cancellationToken = default) =>
        store.DeleteRangeAsync(range, cancellationToken);

    public virtual ValueTask RenamePrefixAsync(Key source, Key destination, CancellationToken cancellationToken = default) =>
        store.RenamePrefixAsync(source, destination, cancellationToken);
}

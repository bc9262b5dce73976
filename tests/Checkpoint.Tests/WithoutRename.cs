using System.Buffers;
using OcdbtSharp.KvStore;

namespace OcdbtSharp.Checkpoint.Tests;

/// <summary>A store that cannot move folders, as object stores cannot.</summary>
internal sealed class WithoutRename(IKvStore store) : IKvStore
{
    public KvStoreCapabilities Capabilities => store.Capabilities & ~(KvStoreCapabilities.RenamePrefix | KvStoreCapabilities.PiecewiseWrite);

    public string Describe(Key key) => store.Describe(key);

    public ValueTask<ReadResult> ReadAsync(Key key, ReadOptions options = default, CancellationToken cancellationToken = default) =>
        store.ReadAsync(key, options, cancellationToken);

    public ValueTask<ReadResult> StatAsync(Key key, CancellationToken cancellationToken = default) => store.StatAsync(key, cancellationToken);

    public IAsyncEnumerable<ListEntry> ListAsync(KeyRange range = default, CancellationToken cancellationToken = default) => store.ListAsync(range, cancellationToken);

    public ValueTask<StorageGeneration> WriteAsync(Key key, ReadOnlySequence<byte> value, WriteOptions options = default, CancellationToken cancellationToken = default) =>
        store.WriteAsync(key, value, options, cancellationToken);

    public ValueTask<bool> DeleteAsync(Key key, WriteOptions options = default, CancellationToken cancellationToken = default) =>
        store.DeleteAsync(key, options, cancellationToken);

    public ValueTask DeleteRangeAsync(KeyRange range, CancellationToken cancellationToken = default) => store.DeleteRangeAsync(range, cancellationToken);

    public ValueTask RenamePrefixAsync(Key source, Key destination, CancellationToken cancellationToken = default) => throw new NotSupportedException();
}

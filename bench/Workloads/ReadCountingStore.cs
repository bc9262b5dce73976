using System.Buffers;
using OcdbtSharp.KvStore;

namespace OcdbtSharp.Workloads;

/// <summary>A store that counts the bytes that are read from another.</summary>
internal sealed class ReadCountingStore(IKvStore inner) : IKvStore
{
    private long _bytes;

    public long Bytes
    {
        get => Interlocked.Read(ref _bytes);
        set => Interlocked.Exchange(ref _bytes, value);
    }

    public KvStoreCapabilities Capabilities => inner.Capabilities & ~KvStoreCapabilities.PiecewiseWrite;

    public string Describe(Key key) => inner.Describe(key);

    public async ValueTask<ReadResult> ReadAsync(Key key, ReadOptions options = default, CancellationToken cancellationToken = default)
    {
        ReadResult result = await inner.ReadAsync(key, options, cancellationToken);
        Interlocked.Add(ref _bytes, result.Value.Length);
        return result;
    }

    public ValueTask<ReadResult> StatAsync(Key key, CancellationToken cancellationToken = default) => inner.StatAsync(key, cancellationToken);

    public IAsyncEnumerable<ListEntry> ListAsync(KeyRange range = default, CancellationToken cancellationToken = default) => inner.ListAsync(range, cancellationToken);

    public ValueTask<StorageGeneration> WriteAsync(
        Key key, ReadOnlySequence<byte> value, WriteOptions options = default, CancellationToken cancellationToken = default) =>
        inner.WriteAsync(key, value, options, cancellationToken);

    public ValueTask<bool> DeleteAsync(Key key, WriteOptions options = default, CancellationToken cancellationToken = default) =>
        inner.DeleteAsync(key, options, cancellationToken);

    public ValueTask DeleteRangeAsync(KeyRange range, CancellationToken cancellationToken = default) => inner.DeleteRangeAsync(range, cancellationToken);

    public ValueTask RenamePrefixAsync(Key source, Key destination, CancellationToken cancellationToken = default) =>
        inner.RenamePrefixAsync(source, destination, cancellationToken);
}

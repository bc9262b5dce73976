using System.Buffers;
using OcdbtSharp.KvStore;

namespace OcdbtSharp.Workloads;

/// <summary>A store that counts what is written and forgets it.</summary>
internal sealed class DiscardingStore : IPiecewiseKvStore
{
    private long _bytes;

    public long Bytes => Interlocked.Read(ref _bytes);

    public KvStoreCapabilities Capabilities => KvStoreCapabilities.Write | KvStoreCapabilities.PiecewiseWrite;

    public string Describe(Key key) => key.ToString();

    public ValueTask<ReadResult> ReadAsync(Key key, ReadOptions options = default, CancellationToken cancellationToken = default) => new(ReadResult.Missing);

    public ValueTask<ReadResult> StatAsync(Key key, CancellationToken cancellationToken = default) => new(ReadResult.Missing);

    public IAsyncEnumerable<ListEntry> ListAsync(KeyRange range = default, CancellationToken cancellationToken = default) => AsyncEnumerable.Empty<ListEntry>();

    public ValueTask<StorageGeneration> WriteAsync(
        Key key, ReadOnlySequence<byte> value, WriteOptions options = default, CancellationToken cancellationToken = default)
    {
        Interlocked.Add(ref _bytes, value.Length);
        return new(new StorageGeneration("1"));
    }

    public ValueTask<ValueWriter> BeginWriteAsync(Key key, CancellationToken cancellationToken = default) => new(new Writer(this));

    public ValueTask<bool> DeleteAsync(Key key, WriteOptions options = default, CancellationToken cancellationToken = default) => new(false);

    public ValueTask DeleteRangeAsync(KeyRange range, CancellationToken cancellationToken = default) => default;

    public ValueTask RenamePrefixAsync(Key source, Key destination, CancellationToken cancellationToken = default) => default;

    private sealed class Writer(DiscardingStore store) : ValueWriter
    {
        public override ValueTask WriteAsync(long offset, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken = default)
        {
            Interlocked.Add(ref store._bytes, bytes.Length);
            return default;
        }

        public override ValueTask<StorageGeneration> CompleteAsync(CancellationToken cancellationToken = default) => new(new StorageGeneration("1"));

        public override ValueTask DisposeAsync() => default;
    }
}

using System.Buffers;
using System.Runtime.CompilerServices;
using OcdbtSharp.KvStore;

namespace OcdbtSharp.Zarr3.Tests;

/// <summary>Counts what is asked of a store.</summary>
internal sealed class CountingKvStore(IKvStore store) : IKvStore
{
    private int _reads;
    private long _bytesRead;
    private int _listed;
    private int _writes;

    public int Reads => _reads;

    public long BytesRead => _bytesRead;

    /// <summary>Entries that lists have given.</summary>
    public int Listed => _listed;

    public int Writes => _writes;

    /// <summary>Whether every value that was written lay in the memory of this array.</summary>
    public bool WroteOnlyFrom(byte[] memory) => _segments.TrueForAll(segment =>
        System.Runtime.InteropServices.MemoryMarshal.TryGetArray(segment, out ArraySegment<byte> array) && ReferenceEquals(array.Array, memory));

    private readonly List<ReadOnlyMemory<byte>> _segments = [];

    public KvStoreCapabilities Capabilities => store.Capabilities;

    public string Describe(Key key) => store.Describe(key);

    public async ValueTask<ReadResult> ReadAsync(Key key, ReadOptions options = default, CancellationToken cancellationToken = default)
    {
        Interlocked.Increment(ref _reads);
        ReadResult result = await store.ReadAsync(key, options, cancellationToken);
        Interlocked.Add(ref _bytesRead, result.Value.Length);
        return result;
    }

    public ValueTask<ReadResult> StatAsync(Key key, CancellationToken cancellationToken = default)
    {
        Interlocked.Increment(ref _reads);
        return store.StatAsync(key, cancellationToken);
    }

    public async IAsyncEnumerable<ListEntry> ListAsync(KeyRange range = default, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (ListEntry entry in store.ListAsync(range, cancellationToken))
        {
            Interlocked.Increment(ref _listed);
            yield return entry;
        }
    }

    public ValueTask<StorageGeneration> WriteAsync(
        Key key, ReadOnlySequence<byte> value, WriteOptions options = default, CancellationToken cancellationToken = default)
    {
        lock (_segments)
        {
            _writes++;
            foreach (ReadOnlyMemory<byte> segment in value)
            {
                _segments.Add(segment);
            }
        }

        return store.WriteAsync(key, value, options, cancellationToken);
    }

    public ValueTask<bool> DeleteAsync(Key key, WriteOptions options = default, CancellationToken cancellationToken = default) =>
        store.DeleteAsync(key, options, cancellationToken);

    public ValueTask DeleteRangeAsync(KeyRange range, CancellationToken cancellationToken = default) => store.DeleteRangeAsync(range, cancellationToken);

    public ValueTask RenamePrefixAsync(Key source, Key destination, CancellationToken cancellationToken = default) =>
        store.RenamePrefixAsync(source, destination, cancellationToken);
}

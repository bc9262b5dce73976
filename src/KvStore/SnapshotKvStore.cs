using System.Buffers;
using System.Runtime.CompilerServices;

namespace OcdbtSharp.KvStore;

/// <summary>
/// A store as it was at one moment: all its keys in order with the lengths of their values, read once. Finding a key costs no request, neighbours are ranges
/// of indices, and many values are asked for together. It only reads.
/// </summary>
internal abstract class SnapshotKvStore : IKvStore, IFileBackedKvStore
{
    private readonly List<Key> _keys = [];

    // Bytes of all values before each key, so that the bytes of a range are one subtraction.
    private readonly List<long> _bytesBefore = [0];

    /// <inheritdoc/>
    public KvStoreCapabilities Capabilities => KvStoreCapabilities.List;

    /// <inheritdoc/>
    public abstract ReadCoalescing Coalescing { get; }

    /// <summary>Number of keys.</summary>
    public int Count => _keys.Count;

    /// <summary>Whether values that are read together cost fewer requests than one by one.</summary>
    public abstract bool ReadsTogether { get; }

    /// <summary>Takes a snapshot of a store: in one listing, unless the store has a better way.</summary>
    /// <param name="store">A store that lists its keys.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async ValueTask<SnapshotKvStore> TakeAsync(IKvStore store, CancellationToken cancellationToken) => store is ISnapshotSource source
        ? await source.TakeSnapshotAsync(cancellationToken).ConfigureAwait(false)
        : await ListedKvStore.ReadAsync(store, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public abstract string Describe(Key key);

    public Key KeyAt(int index) => _keys[index];

    /// <summary>Length of a value; 0 where the store did not tell.</summary>
    public long LengthAt(int index) => _bytesBefore[index + 1] - _bytesBefore[index];

    /// <summary>Bytes of the values of a range.</summary>
    public long Bytes(int first, int end) => _bytesBefore[end] - _bytesBefore[first];

    /// <summary>The keys around one that begin with a prefix which that one begins with.</summary>
    public (int First, int End) Around(int index, ReadOnlySpan<byte> prefix)
    {
        // An array has few keys, and they are neighbours: looking ahead in growing steps finds the end sooner than halving the whole.
        int first = index;
        for (int step = 1; first > 0 && _keys[first - 1].Span.StartsWith(prefix); step *= 2)
        {
            first = Math.Max(0, first - step);
            if (!_keys[first].Span.StartsWith(prefix))
            {
                first = Boundary(first, Math.Min(index, first + step), prefix, startsWith: false);
                break;
            }
        }

        int end = index + 1;
        for (int step = 1; end < _keys.Count && _keys[end].Span.StartsWith(prefix); step *= 2)
        {
            int next = Math.Min(_keys.Count - 1, end + step);
            if (!_keys[next].Span.StartsWith(prefix))
            {
                end = Boundary(end, next, prefix, startsWith: true);
                break;
            }

            end = next + 1;
        }

        return (first, end);
    }

    /// <summary>Where a key lies in a range; negative where it is not there.</summary>
    public int Find(int first, int end, ReadOnlySpan<byte> prefix, ReadOnlySpan<byte> rest)
    {
        while (first < end)
        {
            int middle = (int)(((uint)first + (uint)end) / 2);
            int order = _keys[middle].Span[prefix.Length..].SequenceCompareTo(rest);
            if (order == 0)
            {
                return middle;
            }

            if (order < 0)
            {
                first = middle + 1;
            }
            else
            {
                end = middle;
            }
        }

        return -1;
    }

    /// <summary>Reads a value or a part of it. The result need not tell the generation.</summary>
    public abstract ValueTask<ReadResult> ReadAsync(int index, ReadOptions options, CancellationToken cancellationToken);

    /// <summary>Reads small values, neighbours in one read.</summary>
    /// <param name="indices">Which values.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The values in the same order; null for one that was deleted meanwhile.</returns>
    public abstract ValueTask<ReadOnlyMemory<byte>?[]> ReadManyAsync(IReadOnlyList<int> indices, CancellationToken cancellationToken);

    /// <summary>Finds the file in which a value lies as it is; null where there is none.</summary>
    public abstract ValueTask<FileExtent?> FindInFileAsync(int index, CancellationToken cancellationToken);

    /// <inheritdoc/>
    public ValueTask<ReadResult> ReadAsync(Key key, ReadOptions options = default, CancellationToken cancellationToken = default)
    {
        int index = Find(key);
        return index < 0 ? ValueTask.FromResult(ReadResult.Missing) : ReadWithGenerationAsync(index, options, cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<ReadResult> StatAsync(Key key, CancellationToken cancellationToken = default)
    {
        int index = Find(key);
        return index < 0 ? ValueTask.FromResult(ReadResult.Missing) : StatAsync(index, cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<FileExtent?> FindInFileAsync(Key key, CancellationToken cancellationToken)
    {
        int index = Find(key);
        return index < 0 ? ValueTask.FromResult<FileExtent?>(null) : FindInFileAsync(index, cancellationToken);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<ListEntry> ListAsync(KeyRange range = default, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        for (int index = LowerBound(range.InclusiveMin); index < Count && range.Contains(_keys[index]); index++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return new ListEntry(_keys[index], LengthAt(index));
        }

        await ValueTask.CompletedTask.ConfigureAwait(false);
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

    /// <summary>Reads a value or a part of it, with its generation.</summary>
    protected abstract ValueTask<ReadResult> ReadWithGenerationAsync(int index, ReadOptions options, CancellationToken cancellationToken);

    /// <summary>Length and generation of a value.</summary>
    protected abstract ValueTask<ReadResult> StatAsync(int index, CancellationToken cancellationToken);

    /// <summary>Makes room for keys: of a snapshot that comes in one piece just enough, else lists that grow.</summary>
    protected void Reserve(int count)
    {
        if (_keys.Capacity < _keys.Count + count)
        {
            _keys.Capacity = Math.Max(_keys.Count + count, 2 * _keys.Count);
            _bytesBefore.Capacity = _keys.Capacity + 1;
        }
    }

    /// <summary>Adds the next key in order.</summary>
    protected void Add(Key key, long length)
    {
        _keys.Add(key);
        _bytesBefore.Add(_bytesBefore[^1] + Math.Max(0, length));
    }

    private int Find(Key key) => Find(0, Count, default, key.Span);

    /// <summary>The first key that is not less than another.</summary>
    private int LowerBound(Key key)
    {
        int index = _keys.BinarySearch(key);
        return index < 0 ? ~index : index;
    }

    /// <summary>The first key between two that does not (or does) begin with a prefix.</summary>
    private int Boundary(int low, int high, ReadOnlySpan<byte> prefix, bool startsWith)
    {
        while (low < high)
        {
            int middle = (int)(((uint)low + (uint)high) / 2);
            if (_keys[middle].Span.StartsWith(prefix) == startsWith)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }

    private static NotSupportedException ReadOnly() => new("A snapshot is only read, not written to.");
}

/// <summary>A store that takes snapshots of itself in a better way than by listing its keys.</summary>
internal interface ISnapshotSource
{
    /// <summary>What the store holds now.</summary>
    ValueTask<SnapshotKvStore> TakeSnapshotAsync(CancellationToken cancellationToken);
}

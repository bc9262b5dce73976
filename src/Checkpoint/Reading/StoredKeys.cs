using OcdbtSharp.KvStore;

namespace OcdbtSharp.Checkpoint.Reading;

/// <summary>
/// Every key of a store in order, with the length of its value: one listing of the store. Finding an array's chunks then costs no further request.
/// </summary>
internal sealed class StoredKeys
{
    private readonly IKvStore _store;
    private readonly List<Key> _keys = [];

    // Bytes of all values before each key, so that the bytes of a range are one subtraction.
    private readonly List<long> _bytesBefore = [0];

    private StoredKeys(IKvStore store) => _store = store;

    /// <summary>Number of keys.</summary>
    public int Count => _keys.Count;

    /// <summary>Lists a store.</summary>
    public static async ValueTask<StoredKeys> ReadAsync(IKvStore store, CancellationToken cancellationToken)
    {
        StoredKeys keys = new(store);
        await foreach (ListEntry entry in store.ListAsync(KeyRange.All, cancellationToken).ConfigureAwait(false))
        {
            keys.Add(entry.Key, entry.Length);
        }

        return keys;
    }

    public Key KeyAt(int index) => _keys[index];

    /// <summary>Length of a value; -1 where the store does not tell.</summary>
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

    public ValueTask<ReadResult> ReadAsync(int index, ReadOptions options, CancellationToken cancellationToken) =>
        _store.ReadAsync(_keys[index], options, cancellationToken);

    public string Describe(Key key) => _store.Describe(key);

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

    private void Add(Key key, long length)
    {
        _keys.Add(key);
        _bytesBefore.Add(_bytesBefore[^1] + Math.Max(0, length));
    }
}

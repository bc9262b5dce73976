using OcdbtSharp.KvStore;
using OcdbtSharp.Ocdbt;
using OcdbtSharp.Ocdbt.Format;
using OcdbtSharp.Ocdbt.Operations;

namespace OcdbtSharp.Checkpoint.Reading;

/// <summary>
/// Every key of a store in order, with the length of its value: one listing of the store. Finding an array's chunks then costs no further request.
/// Of a database it also holds where the values lie, so that no read descends the B-tree again.
/// </summary>
internal sealed class StoredKeys
{
    // Values that lie this close are read together: the gap costs less than another read.
    private const long MaxGap = 16 << 10;

    // Bytes that are read together, unless one value alone is larger.
    private const long MaxGroup = 4 << 20;

    private readonly IKvStore _store;
    private readonly List<Key> _keys = [];

    // Where the values of a database lie; empty for every other store.
    private readonly List<LeafValue> _values = [];

    // Bytes of all values before each key, so that the bytes of a range are one subtraction.
    private readonly List<long> _bytesBefore = [0];

    private StoredKeys(IKvStore store) => _store = store;

    /// <summary>Number of keys.</summary>
    public int Count => _keys.Count;

    /// <summary>Lists a store.</summary>
    public static async ValueTask<StoredKeys> ReadAsync(IKvStore store, CancellationToken cancellationToken)
    {
        StoredKeys keys = new(store);
        if (store is OcdbtStore database)
        {
            await foreach (LeafRun leaf in database.ListLeavesAsync(KeyRange.All, cancellationToken).ConfigureAwait(false))
            {
                keys.Add(leaf);
            }

            return keys;
        }

        await foreach (ListEntry entry in store.ListAsync(KeyRange.All, cancellationToken).ConfigureAwait(false))
        {
            keys.Add(entry.Key, entry.Length);
        }

        return keys;
    }

    /// <summary>Whether it is known where the values lie.</summary>
    public bool IsDatabase => _values.Count > 0;

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

    /// <summary>Reads a value or a part of it. What is read of a database has no generation.</summary>
    public ValueTask<ReadResult> ReadAsync(int index, ReadOptions options, CancellationToken cancellationToken)
    {
        if (!IsDatabase)
        {
            return _store.ReadAsync(_keys[index], options, cancellationToken);
        }

        LeafValue value = _values[index];
        if (!value.IsInline)
        {
            return ReadIndirectAsync((OcdbtStore)_store, value.Location, options, cancellationToken);
        }

        (long offset, long length) = options.Range.Resolve(value.Length);
        ReadOnlyMemory<byte> part = value.Inline.Slice((int)offset, (int)length);
        if (options.Destination is { } destination)
        {
            part.CopyTo(destination);
            part = destination[..part.Length];
        }

        return ValueTask.FromResult(new ReadResult(ReadState.Value, part, StorageGeneration.Unknown, value.Length));
    }

    /// <summary>Reads small values, neighbours in one read.</summary>
    /// <param name="indices">Which values.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The values in the same order; null for one that was deleted meanwhile.</returns>
    public async ValueTask<ReadOnlyMemory<byte>?[]> ReadManyAsync(IReadOnlyList<int> indices, CancellationToken cancellationToken)
    {
        ReadOnlyMemory<byte>?[] results = new ReadOnlyMemory<byte>?[indices.Count];
        List<(IndirectDataReference Location, int Position)> apart = [];
        for (int position = 0; position < results.Length; position++)
        {
            int index = indices[position];
            if (IsDatabase)
            {
                LeafValue value = _values[index];
                if (value.IsInline)
                {
                    results[position] = value.Inline;
                }
                else
                {
                    apart.Add((value.Location, position));
                }

                continue;
            }

            ReadResult result = await ReadAsync(index, default, cancellationToken).ConfigureAwait(false);
            results[position] = result.HasValue ? result.Value : default(ReadOnlyMemory<byte>?);
        }

        apart.Sort(static (left, right) =>
        {
            int order = ReferenceEquals(left.Location.File, right.Location.File) ? 0 : left.Location.File.Path.CompareTo(right.Location.File.Path);
            return order != 0 ? order : left.Location.Offset.CompareTo(right.Location.Offset);
        });
        for (int first = 0; first < apart.Count;)
        {
            int next = Group(apart, first, out IndirectDataReference location);
            ReadOnlyMemory<byte> bytes = await ((OcdbtStore)_store).Io.ReadValueAsync(location, 0, location.Length, null, cancellationToken).ConfigureAwait(false);
            for (; first < next; first++)
            {
                IndirectDataReference part = apart[first].Location;
                results[apart[first].Position] = bytes.Slice((int)(part.Offset - location.Offset), (int)part.Length);
            }
        }

        return results;
    }

    /// <summary>Finds the file in which a value lies as it is; null where there is none.</summary>
    public ValueTask<FileExtent?> FindInFileAsync(int index, CancellationToken cancellationToken) =>
        IsDatabase && !_values[index].IsInline ? ((OcdbtStore)_store).Io.FindInFileAsync(_values[index].Location, cancellationToken)
        : !IsDatabase && _store is IFileBackedKvStore files ? files.FindInFileAsync(_keys[index], cancellationToken)
        : ValueTask.FromResult<FileExtent?>(null);

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

    private static async ValueTask<ReadResult> ReadIndirectAsync(
        OcdbtStore database, IndirectDataReference location, ReadOptions options, CancellationToken cancellationToken)
    {
        (long offset, long length) = options.Range.Resolve(location.Length);
        if (length > (options.Destination?.Length ?? Array.MaxLength))
        {
            throw new StorageException($"A value of {length} bytes is too long for one read.", database.Io.Describe(location));
        }

        ReadOnlyMemory<byte> bytes = await database.Io.ReadValueAsync(location, offset, length, options.Destination, cancellationToken).ConfigureAwait(false);
        return new ReadResult(ReadState.Value, bytes, StorageGeneration.Unknown, location.Length);
    }

    /// <summary>Finds values that are read together.</summary>
    /// <returns>The first that is not one of them.</returns>
    private static int Group(List<(IndirectDataReference Location, int Position)> values, int first, out IndirectDataReference location)
    {
        IndirectDataReference start = values[first].Location;
        long end = start.Offset + start.Length;
        int next = first + 1;
        for (; next < values.Count; next++)
        {
            IndirectDataReference value = values[next].Location;
            if (value.File != start.File || value.Offset - end > MaxGap || value.Offset + value.Length - start.Offset > MaxGroup)
            {
                break;
            }

            end = Math.Max(end, value.Offset + value.Length);
        }

        location = new IndirectDataReference(start.File, start.Offset, end - start.Offset);
        return next;
    }

    private void Add(LeafRun leaf)
    {
        int count = _keys.Count + leaf.Count;
        if (_keys.Capacity < count)
        {
            // A database of one leaf is held in lists of its size, others in lists that grow.
            int capacity = Math.Max(count, 2 * _keys.Count);
            _keys.Capacity = capacity;
            _values.Capacity = capacity;
            _bytesBefore.Capacity = capacity + 1;
        }

        for (int i = 0; i < leaf.Count; i++)
        {
            _values.Add(leaf.Value(i));
            Add(leaf.Key(i), leaf.ValueLength(i));
        }
    }

    private void Add(Key key, long length)
    {
        _keys.Add(key);
        _bytesBefore.Add(_bytesBefore[^1] + Math.Max(0, length));
    }
}

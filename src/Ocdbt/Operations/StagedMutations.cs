using OcdbtSharp.KvStore;
using OcdbtSharp.Ocdbt.Format;

namespace OcdbtSharp.Ocdbt.Operations;

/// <summary>What is to become of a key or of a range of keys.</summary>
/// <param name="Kind">What happens.</param>
/// <param name="Min">The key, or the smallest of the range.</param>
/// <param name="Max">For a range: the first key behind it; null for no end.</param>
/// <param name="Value">The value that is put.</param>
internal readonly record struct Mutation(MutationKind Kind, Key Min, Key? Max, LeafValue Value)
{
    /// <summary>The leaf that is put.</summary>
    public Graft? Graft { get; init; }

    /// <summary>Whether the mutation also touches keys from <paramref name="key"/> on, which is greater than <see cref="Min"/>.</summary>
    public bool Reaches(Key key) => Kind == MutationKind.DeleteRange && (Max is not { } max || max > key);
}

/// <summary>What a <see cref="Mutation"/> does.</summary>
internal enum MutationKind
{
    /// <summary>Puts a value.</summary>
    Put,

    /// <summary>Deletes a key.</summary>
    Delete,

    /// <summary>Deletes a range.</summary>
    DeleteRange,

    /// <summary>Puts a leaf of another database where there are no keys.</summary>
    PutNode,
}

/// <summary>Writes and deletes laid over a version, of which only the last of each key counts. Not safe to use from several threads at once.</summary>
internal sealed class StagedMutations
{
    private readonly Dictionary<Key, LeafValue?> _points = [];

    // In order, without overlap.
    private readonly List<KeyRange> _ranges = [];

    public bool IsEmpty => _points.Count == 0 && _ranges.Count == 0;

    public void Put(Key key, LeafValue value) => _points[key] = value;

    public void Delete(Key key)
    {
        if (IsInRange(key))
        {
            _points.Remove(key);
        }
        else
        {
            _points[key] = null;
        }
    }

    public void DeleteRange(KeyRange range)
    {
        if (range.IsEmpty)
        {
            return;
        }

        foreach (Key key in _points.Keys.Where(range.Contains).ToArray())
        {
            _points.Remove(key);
        }

        // Everything that touches the new range is joined with it.
        int start = _ranges.FindIndex(present => present.ExclusiveMax is not { } end || end >= range.InclusiveMin);
        start = start < 0 ? _ranges.Count : start;
        int behind = start;
        KeyRange joined = range;
        for (; behind < _ranges.Count && (joined.ExclusiveMax is not { } end || _ranges[behind].InclusiveMin <= end); behind++)
        {
            joined = Join(joined, _ranges[behind]);
        }

        _ranges.RemoveRange(start, behind - start);
        _ranges.Insert(start, joined);
    }

    /// <summary>What is staged for a key; false where it is as the version below has it.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The value; null where the key is deleted.</param>
    public bool TryGet(Key key, out LeafValue? value)
    {
        if (_points.TryGetValue(key, out value))
        {
            return true;
        }

        value = null;
        return IsInRange(key);
    }

    /// <summary>All mutations of a range of keys in order, without overlap.</summary>
    public Mutation[] ToSorted(KeyRange within = default)
    {
        bool isAll = within == KeyRange.All;
        Key[] keys = isAll ? [.. _points.Keys] : [.. _points.Keys.Where(within.Contains)];
        if (!IsSorted(keys))
        {
            Array.Sort(keys);
        }

        List<Mutation> sorted = new(keys.Length + (2 * _ranges.Count));
        int next = 0;
        foreach (KeyRange whole in _ranges)
        {
            KeyRange range = isAll ? whole : whole.Intersect(within);
            if (range.IsEmpty)
            {
                continue;
            }

            for (; next < keys.Length && keys[next] < range.InclusiveMin; next++)
            {
                sorted.Add(Point(keys[next]));
            }

            Key min = range.InclusiveMin;
            for (; next < keys.Length && range.Contains(keys[next]); next++)
            {
                AddRange(sorted, min, keys[next]);
                sorted.Add(Point(keys[next]));
                min = keys[next].Append(new Key(new byte[] { 0 }));
            }

            AddRange(sorted, min, range.ExclusiveMax);
        }

        for (; next < keys.Length; next++)
        {
            sorted.Add(Point(keys[next]));
        }

        return [.. sorted];
    }

    /// <summary>Whether the keys are in order, as they mostly are when they were put one after the other.</summary>
    private static bool IsSorted(Key[] keys)
    {
        for (int i = 1; i < keys.Length; i++)
        {
            if (keys[i - 1] > keys[i])
            {
                return false;
            }
        }

        return true;
    }

    private static KeyRange Join(KeyRange left, KeyRange right) => new(
        left.InclusiveMin <= right.InclusiveMin ? left.InclusiveMin : right.InclusiveMin,
        left.ExclusiveMax is { } ours && right.ExclusiveMax is { } theirs ? (ours >= theirs ? ours : theirs) : (Key?)null);

    private static void AddRange(List<Mutation> sorted, Key min, Key? max)
    {
        if (!new KeyRange(min, max).IsEmpty)
        {
            sorted.Add(new Mutation(MutationKind.DeleteRange, min, max, default));
        }
    }

    private Mutation Point(Key key) =>
        _points[key] is { } value ? new Mutation(MutationKind.Put, key, null, value) : new Mutation(MutationKind.Delete, key, null, default);

    private bool IsInRange(Key key)
    {
        int low = 0;
        int high = _ranges.Count;
        while (low < high)
        {
            int middle = (int)((uint)(low + high) >> 1);
            if (_ranges[middle].InclusiveMin <= key)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low > 0 && _ranges[low - 1].Contains(key);
    }
}

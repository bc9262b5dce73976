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
    // Keys that came in order, as they mostly do, with their values; null where the key is deleted.
    private readonly List<(Key Key, LeafValue? Value)> _ordered = [];

    // The others. No key is in both.
    private readonly Dictionary<Key, LeafValue?> _points = [];

    // In order, without overlap.
    private readonly List<KeyRange> _ranges = [];

    public bool IsEmpty => _ordered.Count == 0 && _points.Count == 0 && _ranges.Count == 0;

    public void Put(Key key, LeafValue value) => Set(key, value);

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        _ordered.Clear();
        _ordered.TrimExcess();
        _points.Clear();
        _points.TrimExcess();
        _ranges.Clear();
    }

    public void Delete(Key key)
    {
        if (IsInRange(key))
        {
            // The range sees to it, once nothing is put here.
            _points.Remove(key);
            int index = LowerBound(key);
            if (index < _ordered.Count && _ordered[index].Key == key)
            {
                _ordered[index] = (key, null);
            }
        }
        else
        {
            Set(key, null);
        }
    }

    public void DeleteRange(KeyRange range)
    {
        if (range.IsEmpty)
        {
            return;
        }

        int first = LowerBound(range.InclusiveMin);
        int last = End(range);
        _ordered.RemoveRange(first, last - first);
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
        if (_points.Count > 0 && _points.TryGetValue(key, out value))
        {
            return true;
        }

        int index = LowerBound(key);
        bool isOrdered = index < _ordered.Count && _ordered[index].Key == key;
        value = isOrdered ? _ordered[index].Value : null;
        return isOrdered || IsInRange(key);
    }

    /// <summary>All mutations of a range of keys in order, without overlap.</summary>
    public Mutation[] ToSorted(KeyRange within = default)
    {
        List<(Key Key, LeafValue? Value)> points = Points(within);

        // Without ranges nothing is between the keys.
        if (_ranges.Count == 0)
        {
            Mutation[] single = new Mutation[points.Count];
            for (int i = 0; i < single.Length; i++)
            {
                single[i] = PointOf(points[i]);
            }

            return single;
        }

        List<Mutation> sorted = new(points.Count + (2 * _ranges.Count));
        int next = 0;
        foreach (KeyRange whole in _ranges)
        {
            KeyRange range = whole.Intersect(within);
            if (range.IsEmpty)
            {
                continue;
            }

            for (; next < points.Count && points[next].Key < range.InclusiveMin; next++)
            {
                sorted.Add(PointOf(points[next]));
            }

            Key min = range.InclusiveMin;
            for (; next < points.Count && range.Contains(points[next].Key); next++)
            {
                AddRange(sorted, min, points[next].Key);
                sorted.Add(PointOf(points[next]));
                min = points[next].Key.Append(new Key(new byte[] { 0 }));
            }

            AddRange(sorted, min, range.ExclusiveMax);
        }

        for (; next < points.Count; next++)
        {
            sorted.Add(PointOf(points[next]));
        }

        return [.. sorted];
    }

    /// <summary>The mutations of single keys in order.</summary>
    private List<(Key Key, LeafValue? Value)> Points(KeyRange within)
    {
        int first = LowerBound(within.InclusiveMin);
        int last = Math.Max(first, End(within));
        if (_points.Count == 0)
        {
            return first == 0 && last == _ordered.Count ? _ordered : _ordered.GetRange(first, last - first);
        }

        (Key Key, LeafValue? Value)[] others = [.. _points.Where(pair => within.Contains(pair.Key)).Select(pair => (pair.Key, pair.Value))];
        Array.Sort(others, (left, right) => left.Key.CompareTo(right.Key));
        List<(Key Key, LeafValue? Value)> merged = new(others.Length + last - first);
        foreach ((Key Key, LeafValue? Value) other in others)
        {
            for (; first < last && _ordered[first].Key < other.Key; first++)
            {
                merged.Add(_ordered[first]);
            }

            merged.Add(other);
        }

        for (; first < last; first++)
        {
            merged.Add(_ordered[first]);
        }

        return merged;
    }

    private void Set(Key key, LeafValue? value)
    {
        if (_ordered.Count == 0 || _ordered[^1].Key < key)
        {
            if (_points.Count > 0)
            {
                _points.Remove(key);
            }

            _ordered.Add((key, value));
            return;
        }

        int index = LowerBound(key);
        if (_ordered[index].Key == key)
        {
            _ordered[index] = (key, value);
        }
        else
        {
            _points[key] = value;
        }
    }

    /// <summary>Behind the last of the ordered keys that a range holds.</summary>
    private int End(KeyRange range) => range.ExclusiveMax is { } bound ? LowerBound(bound) : _ordered.Count;

    /// <summary>The first of the ordered keys that is not less than a key.</summary>
    private int LowerBound(Key key)
    {
        int low = 0;
        int high = _ordered.Count;
        while (low < high)
        {
            int middle = (int)((uint)(low + high) >> 1);
            if (_ordered[middle].Key < key)
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

    private static Mutation PointOf((Key Key, LeafValue? Value) point) =>
        new(point.Value is null ? MutationKind.Delete : MutationKind.Put, point.Key, null, point.Value.GetValueOrDefault());

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

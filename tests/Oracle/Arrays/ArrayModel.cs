namespace OcdbtSharp.Oracle.Tests;

/// <summary>
/// What an array must hold after each change. Elements that libraries may well disagree about are known by no one: those that came beyond the edge when
/// the array shrank, within chunks of which a part stayed; what comes back when it grows again is what the chunk happens to hold.
/// </summary>
internal sealed class ArrayModel
{
    private readonly long[] _chunk;
    private readonly long[] _capacity;
    private readonly int _size;
    private readonly byte[] _elements;
    private readonly bool[] _known;
    private readonly byte[]? _fill;

    /// <summary>An array that holds nothing but its fill value.</summary>
    /// <param name="shape">Its shape.</param>
    /// <param name="chunk">The extents of what is stored under a key.</param>
    /// <param name="capacity">The largest extents that it will have.</param>
    /// <param name="size">Bytes of an element.</param>
    /// <param name="fill">The fill value; null where it is not known.</param>
    public ArrayModel(long[] shape, long[] chunk, long[] capacity, int size, byte[]? fill)
    {
        Shape = shape;
        _chunk = chunk;
        _capacity = capacity;
        _size = size;
        _fill = fill;
        long count = capacity.Aggregate(1L, (product, extent) => product * extent);
        _elements = new byte[count * size];
        _known = new bool[count];
        for (long i = 0; i < count; i++)
        {
            Reset(i);
        }
    }

    /// <summary>The shape now.</summary>
    public long[] Shape { get; private set; }

    /// <summary>Puts elements into a region.</summary>
    public void Write(long[] origin, long[] shape, byte[] elements)
    {
        long from = 0;
        foreach (long[] index in Indices(shape))
        {
            long at = Offset(index, origin);
            elements.AsSpan(checked((int)(from++ * _size)), _size).CopyTo(_elements.AsSpan(checked((int)(at * _size))));
            _known[at] = true;
        }
    }

    /// <summary>Changes the extents.</summary>
    public void Resize(long[] shape)
    {
        foreach (long[] index in Indices(Shape))
        {
            bool isInside = true;
            bool isInKeptChunk = true;
            for (int axis = 0; axis < index.Length; axis++)
            {
                isInside &= index[axis] < shape[axis];
                isInKeptChunk &= index[axis] / _chunk[axis] * _chunk[axis] < shape[axis];
            }

            long at = Offset(index, null);
            if (!isInKeptChunk)
            {
                Reset(at);
            }
            else if (!isInside)
            {
                _known[at] = false;
            }
        }

        Shape = shape;
    }

    /// <summary>The first element of the array that is not as it must be; null where there is none.</summary>
    public string? Difference(byte[] found)
    {
        long at = 0;
        foreach (long[] index in Indices(Shape))
        {
            long expected = Offset(index, null);
            ReadOnlySpan<byte> wanted = _elements.AsSpan(checked((int)(expected * _size)), _size);
            ReadOnlySpan<byte> got = found.AsSpan(checked((int)(at++ * _size)), _size);
            if (_known[expected] && !wanted.SequenceEqual(got))
            {
                return $"element [{string.Join(", ", index)}] is {Convert.ToHexStringLower(got)} instead of {Convert.ToHexStringLower(wanted)}";
            }
        }

        return null;
    }

    /// <summary>A region of elements of the whole array.</summary>
    public static byte[] Part(byte[] whole, long[] shape, long[] origin, long[] extents, int size)
    {
        byte[] part = new byte[extents.Aggregate((long)size, (product, extent) => product * extent)];
        int to = 0;
        foreach (long[] index in Indices(extents))
        {
            long at = 0;
            for (int axis = 0; axis < index.Length; axis++)
            {
                at = (at * shape[axis]) + origin[axis] + index[axis];
            }

            whole.AsSpan(checked((int)(at * size)), size).CopyTo(part.AsSpan(to));
            to += size;
        }

        return part;
    }

    private void Reset(long at)
    {
        _known[at] = _fill is not null;
        _fill?.CopyTo(_elements.AsSpan(checked((int)(at * _size))));
    }

    private long Offset(long[] index, long[]? origin)
    {
        long at = 0;
        for (int axis = 0; axis < index.Length; axis++)
        {
            at = (at * _capacity[axis]) + index[axis] + (origin?[axis] ?? 0);
        }

        return at;
    }

    private static IEnumerable<long[]> Indices(long[] shape)
    {
        if (shape.Contains(0))
        {
            yield break;
        }

        long[] index = new long[shape.Length];
        while (true)
        {
            yield return index;
            int axis = shape.Length - 1;
            while (axis >= 0 && ++index[axis] == shape[axis])
            {
                index[axis--] = 0;
            }

            if (axis < 0)
            {
                yield break;
            }
        }
    }
}

namespace OcdbtSharp.Zarr3;

/// <summary>Arithmetic on shapes and indices.</summary>
internal static class Extents
{
    /// <summary>Number of elements of a shape.</summary>
    /// <exception cref="OverflowException">It is beyond 2^63-1.</exception>
    public static long Product(ReadOnlySpan<long> shape)
    {
        long product = 1;
        foreach (long extent in shape)
        {
            product = checked(product * extent);
        }

        return product;
    }

    /// <summary>Bytes of an array; null where it is beyond 2^63-1.</summary>
    public static long? TryByteCount(ReadOnlySpan<long> shape, int elementSize)
    {
        UInt128 product = (UInt128)elementSize;
        foreach (long extent in shape)
        {
            if (extent == 0)
            {
                return 0;
            }

            product *= (ulong)extent;
            if (product > long.MaxValue)
            {
                return null;
            }
        }

        return (long)product;
    }

    /// <summary>Bytes between neighbours along each axis, in C order.</summary>
    public static long[] RowMajorStrides(ReadOnlySpan<long> shape, long elementSize)
    {
        long[] strides = new long[shape.Length];
        for (int axis = shape.Length - 1; axis >= 0; axis--)
        {
            strides[axis] = elementSize;
            elementSize *= shape[axis];
        }

        return strides;
    }

    public static long[] Permute(ReadOnlySpan<long> values, ReadOnlySpan<int> order)
    {
        long[] permuted = new long[order.Length];
        for (int i = 0; i < order.Length; i++)
        {
            permuted[i] = values[order[i]];
        }

        return permuted;
    }

    /// <summary>Moves to the next index in C order; false behind the last, where the index is back at the first.</summary>
    public static bool Next(Span<long> index, ReadOnlySpan<long> first, ReadOnlySpan<long> end)
    {
        for (int axis = index.Length - 1; axis >= 0; axis--)
        {
            if (++index[axis] < end[axis])
            {
                return true;
            }

            index[axis] = first[axis];
        }

        return false;
    }

    public static string Format(ReadOnlySpan<long> shape) => $"[{string.Join(", ", shape.ToArray())}]";
}

namespace OcdbtSharp.Checkpoint.Save;

/// <summary>
/// Chooses the chunk shape of an array as Orbax does: the shape that one process writes at a time, cut into equal parts until a chunk is
/// within a byte size, along the axes that are asked for or already sharded before any other.
/// </summary>
internal static class ChunkShape
{
    /// <param name="globalShape">Shape of the whole array.</param>
    /// <param name="writeShape">Shape of one shard, of the same rank.</param>
    /// <param name="itemSize">Bytes of one element as Orbax counts them: one for types of less than a byte.</param>
    /// <param name="targetBytes">Most bytes of a chunk; null for no limit.</param>
    /// <param name="shardAxes">Axes to cut to length 1 before all others.</param>
    /// <returns>A shape whose extents divide those of <paramref name="writeShape"/>.</returns>
    /// <exception cref="ArgumentException">The ranks differ, an axis does not exist, or no element fits into a chunk.</exception>
    public static long[] Choose(
        ReadOnlySpan<long> globalShape, ReadOnlySpan<long> writeShape, int itemSize, long? targetBytes, params ReadOnlySpan<int> shardAxes)
    {
        int rank = writeShape.Length;
        if (globalShape.Length != rank)
        {
            throw new ArgumentException($"The shape of a shard has rank {rank}, that of the array {globalShape.Length}.", nameof(writeShape));
        }

        // zarr has no chunk of extent 0.
        long[] shape = new long[rank];
        for (int axis = 0; axis < rank; axis++)
        {
            shape[axis] = Math.Max(1, writeShape[axis]);
        }

        foreach (int axis in shardAxes)
        {
            if (axis < 0 || axis >= rank)
            {
                throw new ArgumentException($"Shard axis {axis} is not an axis of an array of rank {rank}.", nameof(shardAxes));
            }

            shape[axis] = 1;
        }

        if (targetBytes is not { } bytes)
        {
            return shape;
        }

        if (bytes < itemSize)
        {
            throw new ArgumentException($"A chunk of {bytes} bytes does not hold one element of {itemSize}.", nameof(targetBytes));
        }

        // Shard axes are down to 1, so what is left to cut are the axes that are sharded, then all, the longest first.
        bool[] sharded = new bool[rank];
        for (int axis = 0; axis < rank; axis++)
        {
            sharded[axis] = shape[axis] != globalShape[axis];
        }

        long elements = 1;
        foreach (long extent in shape)
        {
            elements = checked(elements * extent);
        }

        while (elements > bytes / itemSize)
        {
            int longest = -1;
            for (int axis = 0; axis < rank; axis++)
            {
                if (sharded[axis] && shape[axis] > (longest < 0 ? 1 : shape[longest]))
                {
                    longest = axis;
                }
            }

            if (longest < 0)
            {
                sharded.AsSpan().Fill(true);
                continue;
            }

            long smaller = NextDivisor(Math.Max(1, writeShape[longest]), shape[longest]);
            elements = elements / shape[longest] * smaller;
            shape[longest] = smaller;
        }

        return shape;
    }

    /// <summary>The largest divisor of <paramref name="extent"/> that is less than <paramref name="current"/>.</summary>
    private static long NextDivisor(long extent, long current)
    {
        for (long parts = extent / current + 1; parts <= extent / parts; parts++)
        {
            if (extent % parts == 0)
            {
                return extent / parts;
            }
        }

        // Fewer candidates remain below the square root than parts above it.
        for (long divisor = Math.Min(current - 1, (long)Math.Sqrt(extent) + 1); ; divisor--)
        {
            if (extent % divisor == 0)
            {
                return divisor;
            }
        }
    }
}

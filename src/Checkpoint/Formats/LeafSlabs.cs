using System.Runtime.CompilerServices;
using OcdbtSharp.Zarr3;

namespace OcdbtSharp.Checkpoint.Formats;

/// <summary>Reads a leaf of any size piece by piece, in the order of its elements, so that only a few pieces are in memory at a time.</summary>
internal static class LeafSlabs
{
    /// <summary>Bytes of a piece, unless chunks that are read whole call for more.</summary>
    private const long UsualBytes = 64L << 20;

    // The largest chunk that Orbax writes of one array.
    private const long MostBytes = 1L << 31;

    // Reading ahead takes the memory of a second piece, and spares less the larger they are.
    private const long MostBytesAhead = 4 * UsualBytes;

    /// <summary>Restores a region piece by piece; of small pieces one is read ahead. The caller disposes each piece.</summary>
    /// <param name="leaf">A leaf with elements.</param>
    /// <param name="origin">The first element along each dimension.</param>
    /// <param name="shape">The number of elements along each dimension.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async IAsyncEnumerable<RestoredLeaf> ReadAsync(
        CheckpointLeaf leaf,
        IReadOnlyList<long> origin,
        IReadOnlyList<long> shape,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        DataType type = leaf.DataType ?? throw new ArgumentException($"'{leaf.Name}' has no elements.", nameof(leaf));
        long mostBytes = PieceBytes(leaf, shape, type.Size);
        Task<RestoredLeaf>? next = null;
        try
        {
            foreach ((long[] partOrigin, long[] partShape) in Plan(origin, shape, leaf.ChunkShape, type.Size, mostBytes))
            {
                if (mostBytes > MostBytesAhead)
                {
                    yield return await leaf.RestoreAsync(partOrigin, partShape, cancellationToken).ConfigureAwait(false);
                    continue;
                }

                Task<RestoredLeaf>? ready = next;
                next = null;
                RestoredLeaf? piece = ready is null ? null : await ready.ConfigureAwait(false);
                next = leaf.RestoreAsync(partOrigin, partShape, cancellationToken);
                if (piece is not null)
                {
                    yield return piece;
                }
            }

            if (next is not null)
            {
                Task<RestoredLeaf> last = next;
                next = null;
                yield return await last.ConfigureAwait(false);
            }
        }
        finally
        {
            if (next is not null)
            {
                (await next.ConfigureAwait(false)).Dispose();
            }
        }
    }

    /// <summary>Bytes of a piece at most: enough for a row of chunks, where each of its pieces would have all its chunks decoded again.</summary>
    private static long PieceBytes(CheckpointLeaf leaf, IReadOnlyList<long> shape, int elementSize)
    {
        if (leaf.ChunkShape is not { Count: > 0 } chunks || !leaf.Source!.ReadsChunksWhole)
        {
            return UsualBytes;
        }

        Int128 row = elementSize * (Int128)Math.Min(chunks[0], shape[0]);
        foreach (long extent in shape.Skip(1))
        {
            row = Int128.Min(row * extent, MostBytes);
        }

        return Math.Max(UsualBytes, (long)row);
    }

    /// <summary>Cuts a region into parts that follow one another in C order.</summary>
    internal static IEnumerable<(long[] Origin, long[] Shape)> Plan(
        IReadOnlyList<long> origin, IReadOnlyList<long> shape, IReadOnlyList<long>? chunkShape, int elementSize, long mostBytes)
    {
        if (shape.Contains(0))
        {
            yield break;
        }

        // The dimensions before the axis are taken index by index, the axis in runs, those behind it whole.
        int axis = shape.Count;
        long inner = elementSize;
        while (axis > 0 && inner <= mostBytes / shape[axis - 1])
        {
            inner *= shape[--axis];
        }

        if (axis == 0)
        {
            yield return ([.. origin], [.. shape]);
            yield break;
        }

        axis--;
        long run = Math.Max(1, mostBytes / inner);
        long chunk = chunkShape is null ? 1 : Math.Max(1, chunkShape[axis]);
        run = run > chunk ? run - (run % chunk) : run;
        long[] at = [.. origin];
        long[] size = [.. shape];
        size.AsSpan(0, axis).Fill(1);
        while (true)
        {
            for (long start = origin[axis], end = origin[axis] + shape[axis]; start < end;)
            {
                // A run that ends where a chunk ends spares the next one reading it again.
                long stop = Math.Min(end, run >= chunk ? (start / chunk * chunk) + run : start + run);
                at[axis] = start;
                size[axis] = stop - start;
                yield return ([.. at], [.. size]);
                start = stop;
            }

            int dimension = axis - 1;
            while (dimension >= 0 && ++at[dimension] == origin[dimension] + shape[dimension])
            {
                at[dimension] = origin[dimension];
                dimension--;
            }

            if (dimension < 0)
            {
                yield break;
            }
        }
    }
}

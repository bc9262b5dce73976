namespace OcdbtSharp.Zarr3;

/// <summary>A part of a region that lies in one chunk.</summary>
/// <param name="Index">Position of the chunk in the grid.</param>
/// <param name="LinearIndex">The same in C order.</param>
/// <param name="Origin">First index of the part within the chunk.</param>
/// <param name="Position">First index of the part within the region.</param>
/// <param name="Shape">Extent of the part.</param>
internal readonly record struct ChunkPart(long[] Index, long LinearIndex, long[] Origin, long[] Position, long[] Shape);

/// <summary>The regular grid that cuts an array into chunks of one shape.</summary>
internal sealed class ChunkGrid
{
    private readonly long[] _gridShape;

    /// <param name="shape">Shape of the array.</param>
    /// <param name="chunkShape">Shape of a chunk; no extent is zero.</param>
    public ChunkGrid(long[] shape, long[] chunkShape)
    {
        ChunkShape = chunkShape;
        _gridShape = new long[shape.Length];
        for (int axis = 0; axis < shape.Length; axis++)
        {
            _gridShape[axis] = shape[axis] == 0 ? 0 : (shape[axis] - 1) / chunkShape[axis] + 1;
        }
    }

    public long[] ChunkShape { get; }

    /// <summary>Number of chunks along each axis.</summary>
    public ReadOnlySpan<long> GridShape => _gridShape;

    /// <summary>The chunks that a region touches, in C order.</summary>
    /// <param name="origin">First index of the region.</param>
    /// <param name="shape">Extent of the region.</param>
    public IEnumerable<ChunkPart> Parts(long[] origin, long[] shape)
    {
        int rank = shape.Length;
        long[] first = new long[rank];
        long[] end = new long[rank];
        for (int axis = 0; axis < rank; axis++)
        {
            if (shape[axis] == 0)
            {
                yield break;
            }

            first[axis] = origin[axis] / ChunkShape[axis];
            end[axis] = (origin[axis] + shape[axis] - 1) / ChunkShape[axis] + 1;
        }

        long[] index = [.. first];
        do
        {
            yield return Part(origin, shape, [.. index]);
        }
        while (Extents.Next(index, first, end));
    }

    private ChunkPart Part(long[] origin, long[] shape, long[] index)
    {
        int rank = index.Length;
        long[] within = new long[rank];
        long[] position = new long[rank];
        long[] extent = new long[rank];
        long linear = 0;
        for (int axis = 0; axis < rank; axis++)
        {
            long chunkStart = index[axis] * ChunkShape[axis];
            long start = Math.Max(chunkStart, origin[axis]);

            // The end of the last chunk may be beyond 2^63-1; the region's is not.
            long stop = Math.Min(origin[axis] + shape[axis] - start, ChunkShape[axis] - (start - chunkStart));
            within[axis] = start - chunkStart;
            position[axis] = start - origin[axis];
            extent[axis] = stop;
            linear = linear * _gridShape[axis] + index[axis];
        }

        return new ChunkPart(index, linear, within, position, extent);
    }
}

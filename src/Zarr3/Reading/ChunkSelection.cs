namespace OcdbtSharp.Zarr3.Reading;

/// <summary>A chunk and what is read of it.</summary>
/// <param name="Index">Position of the chunk in the grid.</param>
/// <param name="LinearIndex">The same in C order.</param>
/// <param name="Selection">What is read, counted from the first element of the chunk.</param>
internal readonly record struct SelectedChunk(long[] Index, long LinearIndex, ChunkSelection Selection);

/// <summary>
/// What is read of an array or a chunk: runs of indices along each axis, in the order of the array, and every element at which they cross. Where each
/// goes counts from the first element of what is read as a whole.
/// </summary>
/// <param name="axes">The runs along each axis.</param>
internal sealed class ChunkSelection(IndexRun[][] axes)
{
    /// <summary>Whether there is no more than one run along each axis.</summary>
    public bool IsBox => Array.TrueForAll(axes, static runs => runs.Length == 1);

    /// <summary>Number of elements.</summary>
    public long Count => Extents.Product([.. axes.Select(static runs => runs.Sum(static run => run.Count))]);

    /// <summary>A box of elements that are read in their order.</summary>
    public static ChunkSelection Box(ReadOnlySpan<long> origin, ReadOnlySpan<long> shape)
    {
        IndexRun[][] axes = new IndexRun[shape.Length][];
        for (int axis = 0; axis < axes.Length; axis++)
        {
            axes[axis] = IndexRun.Of(origin[axis], shape[axis]);
        }

        return new ChunkSelection(axes);
    }

    /// <summary>The same selection with axis <paramref name="order"/>[i] as axis i.</summary>
    public ChunkSelection Permute(ReadOnlySpan<int> order)
    {
        IndexRun[][] permuted = new IndexRun[order.Length][];
        for (int i = 0; i < order.Length; i++)
        {
            permuted[i] = axes[order[i]];
        }

        return new ChunkSelection(permuted);
    }

    /// <summary>The boxes of the selection: where each begins in the chunk, and where it goes.</summary>
    public IEnumerable<(long[] Origin, ArrayView Destination)> Boxes(ArrayView destination)
    {
        foreach (int[] choice in Choices(axes))
        {
            long[] origin = new long[axes.Length];
            long[] position = new long[axes.Length];
            long[] shape = new long[axes.Length];
            for (int axis = 0; axis < axes.Length; axis++)
            {
                (origin[axis], position[axis], shape[axis]) = axes[axis][choice[axis]];
            }

            yield return (origin, destination.Slice(position, shape));
        }
    }

    /// <summary>The chunks that the selection touches, each once, in C order.</summary>
    public IEnumerable<SelectedChunk> Split(ChunkGrid grid)
    {
        if (Array.Exists(axes, static runs => runs.Length == 0))
        {
            yield break;
        }

        (long Chunk, IndexRun[] Runs)[][] shares = new (long, IndexRun[])[axes.Length][];
        for (int axis = 0; axis < axes.Length; axis++)
        {
            shares[axis] = Split(axes[axis], grid.ChunkShape[axis]);
        }

        foreach (int[] choice in Choices(shares))
        {
            long[] index = new long[axes.Length];
            IndexRun[][] within = new IndexRun[axes.Length][];
            long linear = 0;
            for (int axis = 0; axis < axes.Length; axis++)
            {
                (index[axis], within[axis]) = shares[axis][choice[axis]];
                linear = linear * grid.GridShape[axis] + index[axis];
            }

            yield return new SelectedChunk(index, linear, new ChunkSelection(within));
        }
    }

    /// <summary>
    /// Cuts the selection where elements lie far apart: parts that are worth a read each, with the box around what is chosen in each of them.
    /// </summary>
    /// <param name="strides">Bytes between neighbours along each axis where they are stored.</param>
    /// <param name="maxGap">Most bytes between runs of one part.</param>
    /// <param name="maxLength">Most bytes from the first run of a part to its last.</param>
    public IEnumerable<(long[] Origin, long[] Shape, ChunkSelection Within)> Clusters(long[] strides, long maxGap, long maxLength)
    {
        IndexRun[][][] shares = [.. axes.Select((runs, axis) => Cluster(runs, maxGap / strides[axis], maxLength / strides[axis]))];
        foreach (int[] choice in Choices(shares))
        {
            long[] origin = new long[axes.Length];
            long[] shape = new long[axes.Length];
            IndexRun[][] within = new IndexRun[axes.Length][];
            for (int axis = 0; axis < axes.Length; axis++)
            {
                IndexRun[] runs = shares[axis][choice[axis]];
                long first = runs[0].First;
                origin[axis] = first;
                shape[axis] = runs.Max(static run => run.First + run.Count) - first;
                within[axis] = [.. runs.Select(run => run with { First = run.First - first })];
            }

            yield return (origin, shape, new ChunkSelection(within));
        }
    }

    private static (long Chunk, IndexRun[] Runs)[] Split(IndexRun[] runs, long extent)
    {
        SortedDictionary<long, List<IndexRun>> chunks = [];
        foreach (IndexRun run in runs)
        {
            for (long done = 0; done < run.Count;)
            {
                (long chunk, long first) = Math.DivRem(run.First + done, extent);
                IndexRun part = new(first, run.Position + done, Math.Min(run.Count - done, extent - first));
                if (!chunks.TryGetValue(chunk, out List<IndexRun>? parts))
                {
                    chunks.Add(chunk, parts = []);
                }

                parts.Add(part);
                done += part.Count;
            }
        }

        return [.. chunks.Select(static pair => (pair.Key, pair.Value.ToArray()))];
    }

    private static IndexRun[][] Cluster(IndexRun[] runs, long maxGap, long maxExtent)
    {
        List<IndexRun[]> clusters = [];
        for (int first = 0; first < runs.Length;)
        {
            long end = runs[first].First + runs[first].Count;
            int next = first + 1;
            for (; next < runs.Length && runs[next].First - end <= maxGap && runs[next].First + runs[next].Count - runs[first].First <= maxExtent; next++)
            {
                end = Math.Max(end, runs[next].First + runs[next].Count);
            }

            clusters.Add(runs[first..next]);
            first = next;
        }

        return [.. clusters];
    }

    /// <summary>Every way to choose one of the parts of each axis, the last axis fastest; the array is the same each time.</summary>
    private static IEnumerable<int[]> Choices<T>(T[][] parts)
    {
        if (Array.Exists(parts, static axis => axis.Length == 0))
        {
            yield break;
        }

        int[] choice = new int[parts.Length];
        int changed;
        do
        {
            yield return choice;
            for (changed = choice.Length - 1; changed >= 0 && ++choice[changed] == parts[changed].Length; changed--)
            {
                choice[changed] = 0;
            }
        }
        while (changed >= 0);
    }
}

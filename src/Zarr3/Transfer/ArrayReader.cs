using OcdbtSharp.KvStore.Buffers;
using OcdbtSharp.Zarr3.Codecs;
using OcdbtSharp.Zarr3.Reading;

namespace OcdbtSharp.Zarr3.Transfer;

/// <summary>Reads a region of a zarr array: chunks that lie within a slab straight into it, those that slabs cut by a cursor for each.</summary>
internal sealed class ArrayReader(ZarrArray array, long[] origin, long[] shape, bool missingIsError, Spill spill) : ElementReader
{
    private readonly Dictionary<long, ChunkCursor> _cursors = [];

    /// <summary>Bytes of memory that a reader holds at most, beside the slab that it reads.</summary>
    /// <param name="array">The array.</param>
    /// <param name="shape">Extents of the region.</param>
    /// <param name="slab">Extents of a slab.</param>
    /// <param name="spill">What is held in memory.</param>
    public static long MemoryBytes(ZarrArray array, long[] shape, long[] slab, Spill spill)
    {
        long[] chunk = array.Metadata.ChunkShape;
        long chunks = 1;
        long atOnce = 1;
        bool isCut = false;
        bool isBehind = true;
        for (int axis = 0; axis < chunk.Length; axis++)
        {
            long extent = Math.Min(shape[axis], chunk[axis]);
            isCut |= slab[axis] < shape[axis] && slab[axis] % chunk[axis] != 0;

            // The axes before the first that is longer than 1 in the region have one chunk at a time.
            long across = (shape[axis] - 1) / Math.Max(1, extent) + 1;
            chunks *= isBehind && shape[axis] > 1 ? 1 : across;
            isBehind &= shape[axis] <= 1;
            atOnce *= (Math.Min(slab[axis], shape[axis]) - 1) / Math.Max(1, extent) + 1;
        }

        if (isCut)
        {
            return chunks * ChunkCursor.Bytes(array.Metadata.Codecs, spill);
        }

        return Math.Min(atOnce, Environment.ProcessorCount) * ChunkReader.MemoryBytes(array.Metadata.Codecs);
    }

    /// <summary>Bytes that a reader puts into a temporary file.</summary>
    /// <param name="array">The array.</param>
    /// <param name="shape">Extents of the region.</param>
    /// <param name="slab">Extents of a slab.</param>
    /// <param name="spill">What is held in memory.</param>
    public static long SpillBytes(ZarrArray array, long[] shape, long[] slab, Spill spill)
    {
        bool isCut = slab.Index().Any(axis => axis.Item < shape[axis.Index] && axis.Item % array.Metadata.ChunkShape[axis.Index] != 0);
        CodecPipeline codecs = array.Metadata.Codecs;
        while (codecs is { IsPartial: true, Sharding: { } sharding })
        {
            codecs = sharding.Inner;
        }

        return isCut && ChunkCursor.IsSpilled(codecs, spill) ? Extents.Product(shape) * array.DataType.Size : 0;
    }

    /// <inheritdoc/>
    public override async ValueTask ReadAsync(
        long[] origin, long[] shape, LongMemory destination, int degreeOfParallelism, CancellationToken cancellationToken)
    {
        ArrayView view = ArrayView.RowMajor(destination, shape, array.DataType.Size);
        ChunkPart[] parts = [.. array.Metadata.Grid.Parts(origin, shape)];
        Func<CancellationToken, ValueTask>[] reads = new Func<CancellationToken, ValueTask>[parts.Length];
        int workers = parts.Length == 1 ? degreeOfParallelism : 1;
        List<long> ended = [];
        for (int i = 0; i < parts.Length; i++)
        {
            ChunkPart part = parts[i];
            ArrayView target = view.Slice(part.Position, part.Shape);
            (long[] first, long[] end) = Clip(part.Index);
            bool isEnd = EndsAt(part, end);
            if (_cursors.TryGetValue(part.LinearIndex, out ChunkCursor? cursor))
            {
                reads[i] = token => ReadAsync(cursor, part, target, token);
            }
            else if (isEnd && part.Origin.AsSpan().SequenceEqual(first))
            {
                ChunkTask task = new(array, part, target, missingIsError) { DegreeOfParallelism = workers };
                reads[i] = task.RunAsync;
                continue;
            }
            else
            {
                cursor = new ChunkCursor(array.Metadata.Codecs, Source(part.Index), first, end, spill);
                _cursors.Add(part.LinearIndex, cursor);
                reads[i] = token => ReadAsync(cursor, part, target, token);
            }

            if (isEnd)
            {
                ended.Add(part.LinearIndex);
            }
        }

        if (degreeOfParallelism == 1 || reads.Length == 1)
        {
            foreach (Func<CancellationToken, ValueTask> read in reads)
            {
                cancellationToken.ThrowIfCancellationRequested();
                await read(cancellationToken).ConfigureAwait(false);
            }
        }
        else
        {
            ParallelOptions parallel = new() { MaxDegreeOfParallelism = degreeOfParallelism, CancellationToken = cancellationToken };
            await Parallel.ForEachAsync(reads, parallel, static (read, token) => read(token)).ConfigureAwait(false);
        }

        foreach (long chunk in ended)
        {
            _cursors.Remove(chunk, out ChunkCursor? cursor);
            cursor!.Dispose();
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        foreach (ChunkCursor cursor in _cursors.Values)
        {
            cursor.Dispose();
        }

        _cursors.Clear();
        base.Dispose(disposing);
    }

    private ChunkSource Source(long[] index) => new(array.Store, array.Metadata.KeyEncoding.Encode(index), 0, null);

    private async ValueTask ReadAsync(ChunkCursor cursor, ChunkPart part, ArrayView target, CancellationToken cancellationToken)
    {
        if (await cursor.ReadAsync(part.Origin, target, cancellationToken).ConfigureAwait(false))
        {
            return;
        }

        if (missingIsError)
        {
            throw ChunkTask.Missing(Source(part.Index));
        }

        target.Fill(array.Metadata.FillValue);
    }

    /// <summary>What is read of a chunk in all.</summary>
    private (long[] First, long[] End) Clip(long[] index)
    {
        long[] chunk = array.Metadata.ChunkShape;
        long[] first = new long[chunk.Length];
        long[] end = new long[chunk.Length];
        for (int axis = 0; axis < chunk.Length; axis++)
        {
            long start = index[axis] * chunk[axis];
            first[axis] = Math.Max(0, origin[axis] - start);
            end[axis] = Math.Min(chunk[axis], origin[axis] + shape[axis] - start);
        }

        return (first, end);
    }

    private static bool EndsAt(in ChunkPart part, long[] end)
    {
        for (int axis = 0; axis < end.Length; axis++)
        {
            if (part.Origin[axis] + part.Shape[axis] != end[axis])
            {
                return false;
            }
        }

        return true;
    }
}

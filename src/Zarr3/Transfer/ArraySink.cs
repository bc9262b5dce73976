using OcdbtSharp.KvStore.Buffers;
using OcdbtSharp.Zarr3.Writing;

namespace OcdbtSharp.Zarr3.Transfer;

/// <summary>A zarr array whose chunks are encoded and written.</summary>
/// <param name="array">The array.</param>
/// <param name="storeFillValue">Whether chunks of nothing but the fill value are stored.</param>
internal sealed class ArraySink(ZarrArray array, bool storeFillValue) : ElementSink
{
    /// <inheritdoc/>
    public override IReadOnlyList<long> ChunkShape => array.Metadata.ChunkShape;

    /// <inheritdoc/>
    public override bool NeedsWholeChunks => true;

    /// <inheritdoc/>
    public override ElementSink? Streaming => storeFillValue && ChunkStreamWriter.Supports(array) ? new ChunkStreamSink(array) : null;

    /// <inheritdoc/>
    public override ElementWriter Open(long[] origin, long[] shape, Spill spill) => new Writer(array, storeFillValue);

    /// <inheritdoc/>
    public override long WriterBytes(long[] shape, long[] slab, int degreeOfParallelism, Spill spill)
    {
        long chunks = 1;
        for (int axis = 0; axis < slab.Length; axis++)
        {
            chunks *= (slab[axis] - 1) / array.Metadata.ChunkShape[axis] + 1;
        }

        // What is encoded, and the chunk itself where it lies with gaps in the slab or reaches beyond the array.
        long chunk = array.Metadata.Codecs.Spec.ByteCount;
        bool isStraight = slab.Skip(1).SequenceEqual(array.Metadata.ChunkShape.Skip(1));
        long encoded = array.Metadata.Codecs.IsRaw ? 0 : Math.Min(array.Metadata.Codecs.MaxEncodedLength, 2 * chunk);
        return Math.Min(chunks, degreeOfParallelism) * (encoded + (isStraight ? 0 : chunk));
    }

    private sealed class Writer(ZarrArray array, bool storeFillValue) : ElementWriter
    {
        public override async ValueTask WriteAsync(
            long[] origin, long[] shape, LongMemory elements, int degreeOfParallelism, CancellationToken cancellationToken)
        {
            ArrayView view = ArrayView.RowMajor(elements, shape, array.DataType.Size);
            ChunkPart[] parts = [.. array.Metadata.Grid.Parts(origin, shape)];
            ChunkUpdate update = new(storeFillValue, parts.Length == 1 ? degreeOfParallelism : 1);
            ParallelOptions parallel = new() { MaxDegreeOfParallelism = degreeOfParallelism, CancellationToken = cancellationToken };
            if (degreeOfParallelism == 1 || parts.Length == 1)
            {
                foreach (ChunkPart part in parts)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    await Task(part).RunAsync(cancellationToken).ConfigureAwait(false);
                }

                return;
            }

            await Parallel.ForEachAsync(parts, parallel, (part, token) => Task(part).RunAsync(token)).ConfigureAwait(false);

            ChunkWriteTask Task(ChunkPart part) => new(array, part, view.Slice(part.Position, part.Shape), update);
        }
    }
}

using OcdbtSharp.KvStore.Buffers;
using OcdbtSharp.Zarr3.Writing;

namespace OcdbtSharp.Zarr3.Transfer;

/// <summary>A zarr array whose chunks are larger than the memory: each is encoded and stored while its elements come.</summary>
/// <param name="array">The array, which <see cref="ChunkStreamWriter.Supports"/>.</param>
internal sealed class ChunkStreamSink(ZarrArray array) : ElementSink
{
    /// <inheritdoc/>
    public override IReadOnlyList<long> ChunkShape => array.Metadata.ChunkShape;

    /// <inheritdoc/>
    public override ElementWriter Open(long[] origin, long[] shape, Spill spill) => new Writer(array);

    /// <inheritdoc/>
    public override long WriterBytes(long[] shape, long[] slab, int degreeOfParallelism, Spill spill)
    {
        // A chunk of each column of them is open; what is encoded of a slab lies beside it, and parts that threads are about beside that.
        Int128 columns = 1;
        for (int axis = 1; axis < shape.Length; axis++)
        {
            columns *= (shape[axis] - 1) / array.Metadata.ChunkShape[axis] + 1;
        }

        Int128 bytes = (columns * (4 << 20)) + (Extents.Product(slab) * array.DataType.Size * 2) + (degreeOfParallelism * (8L << 20));
        return (long)Int128.Min(bytes, long.MaxValue);
    }

    private sealed class Writer(ZarrArray array) : ElementWriter
    {
        private readonly Dictionary<long, ChunkStreamWriter> _open = [];

        public override async ValueTask WriteAsync(
            long[] origin, long[] shape, LongMemory elements, int degreeOfParallelism, CancellationToken cancellationToken)
        {
            ArrayView view = ArrayView.RowMajor(elements, shape, array.DataType.Size);
            foreach (ChunkPart part in array.Metadata.Grid.Parts(origin, shape))
            {
                if (!_open.TryGetValue(part.LinearIndex, out ChunkStreamWriter? chunk))
                {
                    _open.Add(part.LinearIndex, chunk = await ChunkStreamWriter.OpenAsync(array, part.Index, cancellationToken).ConfigureAwait(false));
                }

                ArrayView box = view.Slice(part.Position, part.Shape);
                if (box.IsContiguous)
                {
                    await chunk.WriteAsync(box.Contiguous, degreeOfParallelism, cancellationToken).ConfigureAwait(false);
                }
                else
                {
                    using ScratchBuffer straight = ScratchBuffer.Rent(box.ByteCount);
                    box.CopyTo(straight.Span);
                    await chunk.WriteAsync(straight.Memory, degreeOfParallelism, cancellationToken).ConfigureAwait(false);
                }

                if (EndsChunk(part))
                {
                    await chunk.CompleteAsync(cancellationToken).ConfigureAwait(false);
                    await chunk.DisposeAsync().ConfigureAwait(false);
                    _open.Remove(part.LinearIndex);
                }
            }
        }

        public override async ValueTask DisposeAsync()
        {
            foreach (ChunkStreamWriter chunk in _open.Values)
            {
                await chunk.DisposeAsync().ConfigureAwait(false);
            }

            _open.Clear();
            await base.DisposeAsync().ConfigureAwait(false);
        }

        private bool EndsChunk(in ChunkPart part)
        {
            for (int axis = 0; axis < part.Shape.Length; axis++)
            {
                long end = Math.Min(array.Metadata.ChunkShape[axis], array.Metadata.Shape[axis] - (part.Index[axis] * array.Metadata.ChunkShape[axis]));
                if (part.Origin[axis] + part.Shape[axis] != end)
                {
                    return false;
                }
            }

            return true;
        }
    }
}

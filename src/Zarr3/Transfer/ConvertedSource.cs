using OcdbtSharp.KvStore.Buffers;
using OcdbtSharp.Zarr3.Types;

namespace OcdbtSharp.Zarr3.Transfer;

/// <summary>The elements of a source, converted to another type.</summary>
/// <param name="source">The source.</param>
/// <param name="from">Its type.</param>
/// <param name="to">The other type.</param>
internal sealed class ConvertedSource(ElementSource source, DataType from, DataType to) : ElementSource
{
    /// <inheritdoc/>
    public override IReadOnlyList<long>? ChunkShape => source.ChunkShape;

    /// <inheritdoc/>
    public override ElementReader Open(long[] origin, long[] shape, Spill spill) => new Reader(source.Open(origin, shape, spill), from, to);

    /// <inheritdoc/>
    public override long ReaderBytes(long[] shape, long[] slab, Spill spill) => source.ReaderBytes(shape, slab, spill) + Extents.Product(slab) * from.Size;

    /// <inheritdoc/>
    public override long SpillBytes(long[] shape, long[] slab, Spill spill) => source.SpillBytes(shape, slab, spill);

    private sealed class Reader(ElementReader source, DataType from, DataType to) : ElementReader
    {
        private ScratchBuffer? _elements;

        public override async ValueTask ReadAsync(
            long[] origin, long[] shape, LongMemory destination, int degreeOfParallelism, CancellationToken cancellationToken)
        {
            long length = destination.Length / to.Size * from.Size;
            if (_elements is null || _elements.Length < length)
            {
                _elements?.Dispose();
                _elements = ScratchBuffer.Rent(length);
            }

            LongMemory elements = _elements.Memory.Slice(0, length);
            await source.ReadAsync(origin, shape, elements, degreeOfParallelism, cancellationToken).ConfigureAwait(false);
            ElementConversion.Convert(from, elements.Span, to, destination.Span);
        }

        protected override void Dispose(bool disposing)
        {
            source.Dispose();
            _elements?.Dispose();
            base.Dispose(disposing);
        }
    }
}

using OcdbtSharp.KvStore.Buffers;
using OcdbtSharp.Zarr3;
using OcdbtSharp.Zarr3.Transfer;

namespace OcdbtSharp.Checkpoint.Conversion;

/// <summary>Compares elements with those of another array, which it reads itself.</summary>
/// <param name="other">The other array.</param>
/// <param name="type">The type of the elements on both sides.</param>
/// <param name="comparison">Counts what differs; used by one at a time.</param>
/// <param name="relative">How far two elements may be apart, in parts of the second one.</param>
/// <param name="absolute">How far they may be apart beside that.</param>
internal sealed class ComparisonSink(ElementSource other, DataType type, ElementComparison comparison, double relative, double absolute) : ElementSink
{
    /// <inheritdoc/>
    public override IReadOnlyList<long>? ChunkShape => other.ChunkShape;

    /// <inheritdoc/>
    public override ElementWriter Open(long[] origin, long[] shape, Spill spill) =>
        new Writer(other.Open(origin, shape, spill), type, new ElementComparison(relative, absolute), comparison);

    /// <inheritdoc/>
    public override long WriterBytes(long[] shape, long[] slab, int degreeOfParallelism, Spill spill) => (Extents.Product(slab) * type.Size) + other.ReaderBytes(shape, slab, spill);

    /// <inheritdoc/>
    public override long SpillBytes(long[] shape, long[] slab, Spill spill) => other.SpillBytes(shape, slab, spill);

    private sealed class Writer(ElementReader other, DataType type, ElementComparison own, ElementComparison all) : ElementWriter
    {
        private ScratchBuffer? _elements;

        public override async ValueTask WriteAsync(
            long[] origin, long[] shape, LongMemory elements, int degreeOfParallelism, CancellationToken cancellationToken)
        {
            if (_elements is null || _elements.Length < elements.Length)
            {
                _elements?.Dispose();
                _elements = ScratchBuffer.Rent(elements.Length);
            }

            LongMemory others = _elements.Memory.Slice(0, elements.Length);
            await other.ReadAsync(origin, shape, others, degreeOfParallelism, cancellationToken).ConfigureAwait(false);
            own.Add(elements.Span, others.Span, type);
        }

        public override ValueTask CompleteAsync(CancellationToken cancellationToken)
        {
            lock (all)
            {
                all.Add(own);
            }

            return ValueTask.CompletedTask;
        }

        public override ValueTask DisposeAsync()
        {
            other.Dispose();
            _elements?.Dispose();
            return base.DisposeAsync();
        }
    }
}

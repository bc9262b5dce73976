using OcdbtSharp.KvStore.Buffers;
using OcdbtSharp.Zarr3;
using OcdbtSharp.Zarr3.Transfer;

namespace OcdbtSharp.Checkpoint.Reading;

/// <summary>A leaf of which any box can be read on its own, at no more cost than that of its elements.</summary>
/// <inheritdoc/>
internal abstract class BoxSource(long[] arrayShape, int elementSize) : LeafSource(arrayShape, elementSize)
{
    /// <summary>Reads a box.</summary>
    /// <param name="origin">The first element along each dimension.</param>
    /// <param name="shape">The number of elements along each dimension.</param>
    /// <param name="destination">Room for exactly its elements, in C order.</param>
    /// <param name="counter">Counts the bytes that are read; null where nobody asks.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public abstract void Read(long[] origin, long[] shape, LongMemory destination, ByteCounter? counter, CancellationToken cancellationToken);

    /// <inheritdoc/>
    public override ElementReader Open(long[] origin, long[] shape, Spill spill) => new Reader(this);

    /// <inheritdoc/>
    public override long ReaderBytes(long[] shape, long[] slab, Spill spill) => 0;

    /// <inheritdoc/>
    public override IEnumerable<IChunkTask> Plan(long[] origin, ArrayView destination, PlanOptions options = default) => destination.IsContiguous
        ? [new BoxTask(this, origin, destination, options.Counter)]
        : base.Plan(origin, destination, options);

    private sealed class BoxTask(BoxSource source, long[] origin, ArrayView destination, ByteCounter? counter) : IChunkTask
    {
        public long Bytes => destination.ByteCount;

        public long MemoryBytes => 0;

        public ValueTask RunAsync(CancellationToken cancellationToken)
        {
            source.Read(origin, destination.Shape, destination.Contiguous, counter, cancellationToken);
            return ValueTask.CompletedTask;
        }
    }

    private sealed class Reader(BoxSource source) : ElementReader
    {
        public override ValueTask ReadAsync(
            long[] origin, long[] shape, LongMemory destination, int degreeOfParallelism, CancellationToken cancellationToken)
        {
            source.Read(origin, shape, destination, null, cancellationToken);
            return ValueTask.CompletedTask;
        }
    }
}

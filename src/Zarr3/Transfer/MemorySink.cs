using OcdbtSharp.KvStore.Buffers;

namespace OcdbtSharp.Zarr3.Transfer;

/// <summary>Memory of the caller, for sources that cannot read straight into it.</summary>
/// <param name="origin">The index of the array that the first element of the memory has.</param>
/// <param name="destination">The memory.</param>
internal sealed class MemorySink(long[] origin, ArrayView destination) : ElementSink
{
    /// <inheritdoc/>
    public override ElementWriter Open(long[] origin, long[] shape, Spill spill) => new Writer(this);

    /// <inheritdoc/>
    public override long WriterBytes(long[] shape, long[] slab, int degreeOfParallelism, Spill spill) => 0;

    private void Write(long[] at, long[] shape, LongMemory elements)
    {
        long[] position = [.. at.Zip(origin, static (index, first) => index - first)];
        StridedCopy.Copy(elements.Span, 0, Extents.RowMajorStrides(shape, destination.ElementSize), destination.Slice(position, shape));
    }

    private sealed class Writer(MemorySink sink) : ElementWriter
    {
        public override ValueTask WriteAsync(
            long[] origin, long[] shape, LongMemory elements, int degreeOfParallelism, CancellationToken cancellationToken)
        {
            sink.Write(origin, shape, elements);
            return ValueTask.CompletedTask;
        }
    }
}

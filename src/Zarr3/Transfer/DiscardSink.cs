using OcdbtSharp.KvStore.Buffers;

namespace OcdbtSharp.Zarr3.Transfer;

/// <summary>Takes elements and does nothing with them: that they can be read is all that is asked.</summary>
internal sealed class DiscardSink : ElementSink
{
    /// <inheritdoc/>
    public override ElementWriter Open(long[] origin, long[] shape, Spill spill) => new Writer();

    /// <inheritdoc/>
    public override long WriterBytes(long[] shape, long[] slab, int degreeOfParallelism, Spill spill) => 0;

    private sealed class Writer : ElementWriter
    {
        public override ValueTask WriteAsync(
            long[] origin, long[] shape, LongMemory elements, int degreeOfParallelism, CancellationToken cancellationToken) => ValueTask.CompletedTask;
    }
}

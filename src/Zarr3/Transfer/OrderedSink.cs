using OcdbtSharp.KvStore.Buffers;

namespace OcdbtSharp.Zarr3.Transfer;

/// <summary>Takes the elements of a region in C order, from the first to the last, piece by piece: a digest, a stream, a table.</summary>
/// <param name="take">Takes the next bytes, which are borrowed until the task ends.</param>
internal sealed class OrderedSink(Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask> take) : ElementSink
{
    // A multiple of every element's size.
    private const int Window = 1 << 20;

    /// <inheritdoc/>
    public override bool IsOrdered => true;

    /// <inheritdoc/>
    public override ElementWriter Open(long[] origin, long[] shape, Spill spill) => new Writer(take);

    /// <inheritdoc/>
    public override long WriterBytes(long[] shape, long[] slab, int degreeOfParallelism, Spill spill) => 0;

    private sealed class Writer(Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask> take) : ElementWriter
    {
        public override async ValueTask WriteAsync(
            long[] origin, long[] shape, LongMemory elements, int degreeOfParallelism, CancellationToken cancellationToken)
        {
            for (long done = 0; done < elements.Length; done += Window)
            {
                await take(elements.Window(done, (int)Math.Min(Window, elements.Length - done)), cancellationToken).ConfigureAwait(false);
            }
        }
    }
}

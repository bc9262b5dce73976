using OcdbtSharp.Checkpoint.Reading;
using OcdbtSharp.KvStore.Buffers;
using OcdbtSharp.Zarr3;

namespace OcdbtSharp.Checkpoint.Conversion;

/// <summary>The elements of a leaf, converted to another type.</summary>
internal sealed class CastLeafSource(LeafSource source, DataType from, DataType to) : LeafSource
{
    /// <inheritdoc/>
    public override long ShareBytes => source.ShareBytes / from.Size * to.Size;

    /// <inheritdoc/>
    public override IEnumerable<ReadShare> Plan(long[] origin, long[] shape, LongMemory destination, PlanOptions options = default) =>
        [new ReadShare(new Task(source, from, to, origin, shape, destination, options))];

    private sealed class Task(LeafSource source, DataType from, DataType to, long[] origin, long[] shape, LongMemory destination, PlanOptions options) : IChunkTask
    {
        public long Bytes => destination.Length;

        public long MemoryBytes => destination.Length + (destination.Length / to.Size * from.Size);

        public async ValueTask RunAsync(CancellationToken cancellationToken)
        {
            using ScratchBuffer elements = ScratchBuffer.Rent(destination.Length / to.Size * from.Size);
            foreach (ReadShare share in source.Plan(origin, shape, elements.Memory, options))
            {
                await share.RunAsync(cancellationToken).ConfigureAwait(false);
            }

            ElementCast.Convert(elements.Memory.Span, from, destination.Span, to);
        }
    }
}

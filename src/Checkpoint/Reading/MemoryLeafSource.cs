using OcdbtSharp.Checkpoint.Format;
using OcdbtSharp.KvStore.Buffers;

namespace OcdbtSharp.Checkpoint.Reading;

/// <summary>A leaf whose elements lie in one or more parts of a file that is in memory.</summary>
internal sealed class MemoryLeafSource(LongMemory file, IReadOnlyList<FileSegment> segments, long[] arrayShape, int elementSize) : LeafSource
{
    /// <inheritdoc/>
    public override long ShareBytes { get; } = arrayShape.Aggregate((long)elementSize, (product, extent) => product * extent);

    /// <inheritdoc/>
    public override IEnumerable<ReadShare> Plan(long[] origin, long[] shape, LongMemory destination, PlanOptions options = default) =>
        [new ReadShare(destination.Length, token => Copy(origin, shape, destination, token))];

    private void Copy(long[] origin, long[] shape, LongMemory destination, CancellationToken cancellationToken)
    {
        // The innermost dimensions that are read whole make one run of bytes.
        int outer = shape.Length;
        long run = elementSize;
        while (outer > 0)
        {
            outer--;
            run *= shape[outer];
            if (shape[outer] != arrayShape[outer])
            {
                break;
            }
        }

        long[] index = new long[outer];
        for (long written = 0; written < destination.Length; written += run)
        {
            cancellationToken.ThrowIfCancellationRequested();
            CopyRun(SourceOffset(origin, index), destination.Slice(written, run));
            for (int dimension = outer - 1; dimension >= 0 && ++index[dimension] == shape[dimension]; dimension--)
            {
                index[dimension] = 0;
            }
        }
    }

    private long SourceOffset(long[] origin, long[] index)
    {
        long offset = 0;
        for (int dimension = 0; dimension < arrayShape.Length; dimension++)
        {
            long position = origin[dimension] + (dimension < index.Length ? index[dimension] : 0);
            offset = (offset * arrayShape[dimension]) + position;
        }

        return offset * elementSize;
    }

    private void CopyRun(long offset, LongMemory destination)
    {
        long copied = 0;
        foreach (FileSegment segment in segments)
        {
            if (copied == destination.Length)
            {
                break;
            }

            if (offset < segment.Length)
            {
                long length = Math.Min(segment.Length - offset, destination.Length - copied);
                LongSpan source = file.Slice(segment.Offset + offset, length).Span;
                ((ReadOnlyLongSpan)source).CopyTo(destination.Slice(copied, length).Span);
                copied += length;
                offset = 0;
            }
            else
            {
                offset -= segment.Length;
            }
        }
    }
}

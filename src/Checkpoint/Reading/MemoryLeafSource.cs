using OcdbtSharp.Checkpoint.Format;
using OcdbtSharp.KvStore.Buffers;

namespace OcdbtSharp.Checkpoint.Reading;

/// <summary>A leaf whose elements lie in one or more parts of a file that is in memory.</summary>
internal sealed class MemoryLeafSource(LongMemory file, IReadOnlyList<FileSegment> segments, long[] arrayShape, int elementSize)
    : BoxSource(arrayShape, elementSize)
{
    /// <inheritdoc/>
    public override void Read(long[] origin, long[] shape, LongMemory destination, ByteCounter? counter, CancellationToken cancellationToken)
    {
        // The innermost dimensions that are read whole make one run of bytes.
        int outer = shape.Length;
        long run = ElementSize;
        while (outer > 0)
        {
            outer--;
            run *= shape[outer];
            if (shape[outer] != ArrayShape[outer])
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
        for (int dimension = 0; dimension < ArrayShape.Length; dimension++)
        {
            long position = origin[dimension] + (dimension < index.Length ? index[dimension] : 0);
            offset = (offset * ArrayShape[dimension]) + position;
        }

        return offset * ElementSize;
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

using OcdbtSharp.KvStore.Buffers;
using OcdbtSharp.KvStore.Files;

namespace OcdbtSharp.Zarr3.Transfer;

/// <summary>A part of a file that holds the elements in C order, each at an offset that is known beforehand.</summary>
/// <param name="file">The file.</param>
/// <param name="start">The first byte of the first element.</param>
/// <param name="arrayShape">Extents of the array.</param>
/// <param name="elementSize">Bytes of an element.</param>
internal sealed class FileSink(DirectWriter file, long start, long[] arrayShape, int elementSize) : ElementSink
{
    // Most bytes of one write.
    private const int Window = 64 << 20;

    /// <inheritdoc/>
    public override bool PrefersRows => true;

    /// <inheritdoc/>
    public override ElementWriter Open(long[] origin, long[] shape, Spill spill) => new Writer(this);

    /// <inheritdoc/>
    public override long WriterBytes(long[] shape, long[] slab, int degreeOfParallelism, Spill spill) => 4 << 20;

    private void Write(long[] origin, long[] shape, LongMemory elements)
    {
        // The innermost axes that are whole make one run with the one before them.
        long[] strides = Extents.RowMajorStrides(arrayShape, elementSize);
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
        for (long done = 0; done < elements.Length; done += run)
        {
            long offset = start;
            for (int axis = 0; axis < shape.Length; axis++)
            {
                offset += (origin[axis] + (axis < outer ? index[axis] : 0)) * strides[axis];
            }

            for (long part = 0; part < run; part += Window)
            {
                file.Write(elements.Window(done + part, (int)Math.Min(Window, run - part)).Span, offset + part);
            }

            for (int axis = outer - 1; axis >= 0 && ++index[axis] == shape[axis]; axis--)
            {
                index[axis] = 0;
            }
        }
    }

    private sealed class Writer(FileSink sink) : ElementWriter
    {
        public override ValueTask WriteAsync(
            long[] origin, long[] shape, LongMemory elements, int degreeOfParallelism, CancellationToken cancellationToken)
        {
            sink.Write(origin, shape, elements);
            return ValueTask.CompletedTask;
        }
    }
}

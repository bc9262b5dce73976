using Microsoft.Win32.SafeHandles;
using OcdbtSharp.Checkpoint.Reading;
using OcdbtSharp.KvStore;
using OcdbtSharp.KvStore.Buffers;
using OcdbtSharp.Zarr3;

namespace OcdbtSharp.Checkpoint.Formats;

/// <summary>A leaf whose elements lie in C order, little-endian, in a part of a file.</summary>
/// <param name="path">The file.</param>
/// <param name="start">The first byte of the first element.</param>
/// <param name="arrayShape">Elements along each dimension.</param>
/// <param name="elementSize">Bytes of an element.</param>
internal sealed class FileLeafSource(string path, long start, long[] arrayShape, int elementSize) : BoxSource(arrayShape, elementSize)
{
    // Runs of a region that lie this near to one another are read together with what is between them.
    private const long Gap = 64 << 10;

    /// <inheritdoc/>
    public override void Read(long[] origin, long[] shape, LongMemory destination, ByteCounter? counter, CancellationToken cancellationToken)
    {
        if (destination.Length == 0)
        {
            return;
        }

        try
        {
            using SafeFileHandle file = File.OpenHandle(path);
            long[] strides = Extents.RowMajorStrides(ArrayShape, ElementSize);

            // The innermost dimensions that are wanted whole make one run with the one before them.
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

            // So do the runs of a dimension that leave little between them.
            bool together = outer > 0 && run < strides[outer - 1] && strides[outer - 1] - run <= Gap;
            if (together)
            {
                outer--;
            }

            long[] index = new long[outer];
            long step = run * (together ? shape[outer] : 1);
            for (long written = 0; written < destination.Length; written += step)
            {
                cancellationToken.ThrowIfCancellationRequested();
                long offset = Offset(origin, index, strides);
                LongMemory target = destination.Slice(written, step);
                if (together)
                {
                    ReadTogether(file, offset, run, strides[outer], target);
                }
                else
                {
                    ReadExactly(file, offset, target);
                }

                counter?.Add(step);
                for (int dimension = outer - 1; dimension >= 0 && ++index[dimension] == shape[dimension]; dimension--)
                {
                    index[dimension] = 0;
                }
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new StorageException($"Cannot read this: {error.Message}", path, error);
        }
    }

    private static long Offset(long[] origin, long[] index, long[] strides)
    {
        long offset = 0;
        for (int dimension = 0; dimension < origin.Length; dimension++)
        {
            offset += (origin[dimension] + (dimension < index.Length ? index[dimension] : 0)) * strides[dimension];
        }

        return offset;
    }

    private void ReadTogether(SafeFileHandle file, long offset, long run, long stride, LongMemory target)
    {
        long count = target.Length / run;
        using ScratchBuffer rows = ScratchBuffer.Rent(((count - 1) * stride) + run);
        ReadExactly(file, offset, rows.Memory);
        StridedCopy.Copy(rows.Memory.Span, 0, [stride, ElementSize], target.Span, 0, [run, ElementSize], [count, run / ElementSize], ElementSize);
    }

    private void ReadExactly(SafeFileHandle file, long offset, LongMemory target)
    {
        const int Window = 1 << 30;
        for (long done = 0; done < target.Length;)
        {
            Span<byte> window = target.Window(done, (int)Math.Min(Window, target.Length - done)).Span;
            int read = RandomAccess.Read(file, window, start + offset + done);
            done += read > 0 ? read : throw new CorruptDataException("The file ends within the elements of an array", path, start + offset + done);
        }
    }
}

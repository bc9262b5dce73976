using OcdbtSharp.Checkpoint.Reading;
using OcdbtSharp.KvStore;
using OcdbtSharp.KvStore.Buffers;
using OcdbtSharp.Zarr3;

namespace OcdbtSharp.Checkpoint.Formats;

/// <summary>A leaf that is a <c>.npy</c> file, or one in an archive, which is read from its beginning each time.</summary>
/// <param name="open">Opens the file.</param>
/// <param name="location">The file, for errors.</param>
/// <param name="header">Its header.</param>
/// <param name="headerLength">Bytes of the header.</param>
/// <param name="type">The type of the elements.</param>
internal sealed class NpyLeafSource(Func<Stream> open, string location, NpyHeader header, int headerLength, DataType type) : LeafSource
{
    private const int Window = 1 << 20;

    private long[] ArrayShape => header.Shape;

    /// <inheritdoc/>
    public override long ShareBytes { get; } = Extents.Product(header.Shape) * type.Size;

    /// <inheritdoc/>
    public override IEnumerable<ReadShare> Plan(long[] origin, long[] shape, LongMemory destination, PlanOptions options = default) =>
        [new ReadShare(destination.Length, token => Read(origin, shape, destination, options.Counter, token))];

    private void Read(long[] origin, long[] shape, LongMemory destination, ByteCounter? counter, CancellationToken cancellationToken)
    {
        try
        {
            using Stream stream = open();
            Skip(stream, headerLength);
            bool isStraight = !header.FortranOrder || ArrayShape.Length < 2;
            if (isStraight && shape.AsSpan().SequenceEqual(ArrayShape))
            {
                Fill(stream, destination, cancellationToken);
            }
            else
            {
                using ScratchBuffer whole = ScratchBuffer.Rent(ShareBytes);
                Fill(stream, whole.Memory, cancellationToken);
                long[] strides = header.FortranOrder ? FortranStrides() : Extents.RowMajorStrides(ArrayShape, type.Size);
                long start = origin.Zip(strides, (position, stride) => position * stride).Sum();
                StridedCopy.Copy(
                    whole.Memory.Span, start, strides, destination.Span, 0, Extents.RowMajorStrides(shape, type.Size), shape, type.Size);
            }

            counter?.Add(ShareBytes);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new StorageException($"Cannot read this: {error.Message}", location, error);
        }
        catch (InvalidDataException error)
        {
            throw new CorruptDataException($"The archive is damaged: {error.Message}", location, innerException: error);
        }

        if (header.BigEndian)
        {
            Swap(destination);
        }
    }

    private void Fill(Stream stream, LongMemory destination, CancellationToken cancellationToken)
    {
        for (long done = 0; done < destination.Length;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int read = stream.Read(destination.Window(done, (int)Math.Min(Window, destination.Length - done)).Span);
            done += read > 0 ? read : throw new CorruptDataException("The file ends within the elements of the array", location);
        }
    }

    private void Skip(Stream stream, int length)
    {
        Span<byte> skipped = stackalloc byte[256];
        while (length > 0)
        {
            int read = stream.Read(skipped[..Math.Min(length, skipped.Length)]);
            length -= read > 0 ? read : throw new CorruptDataException("The file ends within its header", location);
        }
    }

    private long[] FortranStrides()
    {
        long[] strides = new long[ArrayShape.Length];
        long stride = type.Size;
        for (int dimension = 0; dimension < strides.Length; dimension++)
        {
            strides[dimension] = stride;
            stride *= ArrayShape[dimension];
        }

        return strides;
    }

    private void Swap(LongMemory elements)
    {
        int size = type.ComponentSize;
        for (long offset = 0; size > 1 && offset < elements.Length; offset += Window)
        {
            Span<byte> window = elements.Window(offset, (int)Math.Min(Window, elements.Length - offset)).Span;
            for (int element = 0; element < window.Length; element += size)
            {
                window.Slice(element, size).Reverse();
            }
        }
    }
}

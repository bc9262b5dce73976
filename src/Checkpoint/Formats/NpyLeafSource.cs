using OcdbtSharp.Checkpoint.Reading;
using OcdbtSharp.KvStore;
using OcdbtSharp.KvStore.Buffers;
using OcdbtSharp.Zarr3;
using OcdbtSharp.Zarr3.Transfer;

namespace OcdbtSharp.Checkpoint.Formats;

/// <summary>A leaf that is a <c>.npy</c> file, or one in an archive, which can be read from its beginning on alone. In Fortran order it is held as a whole meanwhile.</summary>
/// <param name="open">Opens the file.</param>
/// <param name="location">The file, for errors.</param>
/// <param name="header">Its header.</param>
/// <param name="headerLength">Bytes of the header.</param>
/// <param name="type">The type of the elements.</param>
internal sealed class NpyLeafSource(Func<Stream> open, string location, NpyHeader header, int headerLength, DataType type)
    : LeafSource(header.Shape, type.Size)
{
    private const int Window = 1 << 20;

    // An archive is read once, so the whole array is one part.
    /// <inheritdoc/>
    public override IReadOnlyList<long>? ChunkShape => ArrayShape;

    private bool IsTransposed => header.FortranOrder && ArrayShape.Length > 1;

    /// <inheritdoc/>
    public override ElementReader Open(long[] origin, long[] shape, Spill spill) => new Reader(this);

    /// <inheritdoc/>
    public override long ReaderBytes(long[] shape, long[] slab, Spill spill) => IsTransposed ? ShareBytes : Window;

    /// <summary>Reads the file from its beginning to its end.</summary>
    private sealed class Reader(NpyLeafSource source) : ElementReader
    {
        private readonly long[] _strides = source.IsTransposed
            ? source.FortranStrides() : Extents.RowMajorStrides(source.ArrayShape, source.ElementSize);

        private Stream? _stream;
        private ScratchBuffer? _whole;
        private long _position;

        public override ValueTask ReadAsync(
            long[] origin, long[] shape, LongMemory destination, int degreeOfParallelism, CancellationToken cancellationToken)
        {
            source.Guard(() => Read(origin, shape, destination, cancellationToken));
            source.Swap(destination);
            return ValueTask.CompletedTask;
        }

        protected override void Dispose(bool disposing)
        {
            _stream?.Dispose();
            _whole?.Dispose();
            base.Dispose(disposing);
        }

        private void Read(long[] origin, long[] shape, LongMemory destination, CancellationToken cancellationToken)
        {
            if (_stream is null)
            {
                _stream = source.Open();
                source.Skip(_stream, source.HeaderLength);
            }

            if (source.IsTransposed)
            {
                if (_whole is null)
                {
                    _whole = ScratchBuffer.Rent(source.ShareBytes);
                    source.Fill(_stream, _whole.Memory, cancellationToken);
                }

                long first = origin.Zip(_strides, static (index, stride) => index * stride).Sum();
                StridedCopy.Copy(
                    _whole.Memory.Span, first, _strides, destination.Span, 0, Extents.RowMajorStrides(shape, source.ElementSize), shape, source.ElementSize);
                return;
            }

            // The innermost dimensions that are wanted whole make one run with the one before them.
            int outer = shape.Length;
            long run = source.ElementSize;
            while (outer > 0)
            {
                outer--;
                run *= shape[outer];
                if (shape[outer] != source.ArrayShape[outer])
                {
                    break;
                }
            }

            long[] index = new long[outer];
            for (long done = 0; done < destination.Length; done += run)
            {
                long at = 0;
                for (int dimension = 0; dimension < shape.Length; dimension++)
                {
                    at += (origin[dimension] + (dimension < outer ? index[dimension] : 0)) * _strides[dimension];
                }

                source.Skip(_stream, at - _position);
                source.Fill(_stream, destination.Slice(done, run), cancellationToken);
                _position = at + run;
                for (int dimension = outer - 1; dimension >= 0 && ++index[dimension] == shape[dimension]; dimension--)
                {
                    index[dimension] = 0;
                }
            }
        }
    }

    private int HeaderLength => headerLength;

    private Stream Open() => open();

    private void Guard(Action read)
    {
        try
        {
            read();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new StorageException($"Cannot read this: {error.Message}", location, error);
        }
        catch (InvalidDataException error)
        {
            throw new CorruptDataException($"The archive is damaged: {error.Message}", location, innerException: error);
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

    private void Skip(Stream stream, long length)
    {
        if (length > 0 && stream.CanSeek)
        {
            stream.Seek(length, SeekOrigin.Current);
            return;
        }

        using PooledBuffer skipped = new((int)Math.Clamp(length, 1, Window));
        while (length > 0)
        {
            int read = stream.Read(skipped.Span[..(int)Math.Min(length, skipped.Length)]);
            length -= read > 0 ? read : throw new CorruptDataException("The file ends within the array", location);
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
        for (long offset = 0; header.BigEndian && size > 1 && offset < elements.Length; offset += Window)
        {
            Span<byte> window = elements.Window(offset, (int)Math.Min(Window, elements.Length - offset)).Span;
            for (int element = 0; element < window.Length; element += size)
            {
                window.Slice(element, size).Reverse();
            }
        }
    }
}

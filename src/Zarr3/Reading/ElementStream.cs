using OcdbtSharp.KvStore;
using OcdbtSharp.KvStore.Buffers;
using OcdbtSharp.Zarr3.Codecs;

namespace OcdbtSharp.Zarr3.Reading;

/// <summary>
/// The elements of a chunk in the order in which they are stored, decoded piece by piece. Boxes of it are asked for in that order, and what lies between
/// them is passed over; behind the last nothing is decoded.
/// </summary>
internal sealed class ElementStream : IDisposable
{
    /// <summary>Takes whole elements.</summary>
    public delegate void ElementAction(ReadOnlyLongSpan elements);

    private readonly CodecPipeline _codecs;
    private readonly ChunkSource _source;
    private readonly DecodedStream _bytes;
    private readonly long[] _strides;
    private readonly int _size;
    private readonly byte[] _split;
    private ScratchBuffer? _swapped;
    private LongMemory _piece;
    private LongMemory _rest;
    private int _splitLength;

    // First byte of the piece, counted from the first of the chunk.
    private long _start;

    private ElementStream(CodecPipeline codecs, ChunkSource source, DecodedStream bytes)
    {
        _codecs = codecs;
        _source = source;
        _bytes = bytes;
        _size = codecs.Spec.DataType.Size;
        _split = new byte[_size];
        _strides = Extents.RowMajorStrides(codecs.StoredOrder(codecs.Spec.Shape), _size);
    }

    /// <summary>Begins with a chunk.</summary>
    /// <param name="codecs">Its codecs, which are <see cref="CodecPipeline.IsStreaming"/>.</param>
    /// <param name="source">Its stored bytes.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Null where the chunk is missing.</returns>
    public static async ValueTask<ElementStream?> OpenAsync(CodecPipeline codecs, ChunkSource source, CancellationToken cancellationToken) =>
        await DecodedStream.OpenAsync(codecs, source, cancellationToken).ConfigureAwait(false) is { } bytes ? new ElementStream(codecs, source, bytes) : null;

    /// <summary>Reads a box, all of whose elements lie behind those that were read before.</summary>
    /// <param name="origin">First index of the box in the chunk.</param>
    /// <param name="destination">Where the elements go; the axes as in the array.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="CorruptDataException">The chunk is damaged, or has fewer elements.</exception>
    public async ValueTask ReadAsync(long[] origin, ArrayView destination, CancellationToken cancellationToken)
    {
        ArrayView view = _codecs.StoredOrder(destination);
        long first = 0;
        ReadOnlySpan<long> stored = _codecs.StoredOrder(origin);
        for (int axis = 0; axis < stored.Length; axis++)
        {
            first += stored[axis] * _strides[axis];
        }

        if (Extents.Product(view.Shape) > 0)
        {
            await ReadAsync(view, 0, first, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Takes all elements of the chunk in the order in which they are stored, piece by piece.</summary>
    /// <exception cref="CorruptDataException">The chunk is damaged, or has more or fewer elements.</exception>
    public async ValueTask ForEachAsync(ElementAction take, CancellationToken cancellationToken)
    {
        while (await NextAsync(cancellationToken).ConfigureAwait(false))
        {
            take(_piece.Span);
        }

        await FinishAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Reads on to the end of the chunk, which compares its checksums.</summary>
    /// <exception cref="CorruptDataException">The chunk is damaged, or has more or fewer elements.</exception>
    public async ValueTask FinishAsync(CancellationToken cancellationToken)
    {
        while (await NextAsync(cancellationToken).ConfigureAwait(false))
        {
        }

        long length = _start + _piece.Length + _splitLength;
        if (length != _codecs.StoredByteCount)
        {
            throw new CorruptDataException($"the chunk has {length} bytes instead of {_codecs.StoredByteCount}", _source.Location);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _bytes.Dispose();
        _swapped?.Dispose();
    }

    /// <summary>Reads a box from an axis on; those before it have one index.</summary>
    private async ValueTask ReadAsync(ArrayView view, int axis, long first, CancellationToken cancellationToken)
    {
        while (axis < view.Shape.Length && view.Shape[axis] == 1)
        {
            axis++;
        }

        for (long index = 0, count = axis < view.Shape.Length ? view.Shape[axis] : 1; index < count;)
        {
            long stride = axis < view.Shape.Length ? _strides[axis] : _size;
            long at = first + (index * stride);
            await SkipAsync(at, cancellationToken).ConfigureAwait(false);

            // As many indices of this axis as the piece has whole; where it has none, their parts are read one by one.
            long inner = InnerLength(view, axis);
            long whole = _start + _piece.Length - at < inner ? 0 : Math.Min(count - index, ((_start + _piece.Length - at - inner) / stride) + 1);
            if (whole > 0)
            {
                Copy(at, Part(view, axis, index, whole));
                index += whole;
            }
            else
            {
                await ReadAsync(Part(view, axis, index, 1), axis + 1, at, cancellationToken).ConfigureAwait(false);
                index++;
            }
        }
    }

    private static ArrayView Part(in ArrayView view, int axis, long index, long count)
    {
        if (axis >= view.Shape.Length)
        {
            return view;
        }

        long[] origin = new long[view.Shape.Length];
        long[] shape = [.. view.Shape];
        origin[axis] = index;
        shape[axis] = count;
        return view.Slice(origin, shape);
    }

    /// <summary>Bytes from the first to the last element of one index of an axis.</summary>
    private long InnerLength(in ArrayView view, int axis)
    {
        long length = _size;
        for (int inner = axis + 1; inner < view.Shape.Length; inner++)
        {
            length += (view.Shape[inner] - 1) * _strides[inner];
        }

        return length;
    }

    private void Copy(long at, in ArrayView view) => StridedCopy.Copy(_piece.Span, at - _start, _strides, view);

    /// <summary>Decodes on until a byte is within the piece.</summary>
    private async ValueTask SkipAsync(long position, CancellationToken cancellationToken)
    {
        while (position >= _start + _piece.Length)
        {
            if (!await NextAsync(cancellationToken).ConfigureAwait(false))
            {
                long length = _start + _piece.Length + _splitLength;
                throw new CorruptDataException($"the chunk has {length} bytes instead of {_codecs.StoredByteCount}", _source.Location);
            }
        }
    }

    /// <summary>Goes on to the next piece, of whole elements; false at the end.</summary>
    private async ValueTask<bool> NextAsync(CancellationToken cancellationToken)
    {
        LongMemory bytes = _rest;
        _rest = default;
        if (bytes.Length == 0)
        {
            bytes = await _bytes.NextAsync(cancellationToken).ConfigureAwait(false);
        }

        if (bytes.Length == 0)
        {
            return false;
        }

        _start += _piece.Length;
        if (_start + bytes.Length > _codecs.StoredByteCount)
        {
            throw new CorruptDataException($"the chunk has more than {_codecs.StoredByteCount} bytes", _source.Location);
        }

        if (_splitLength > 0 || bytes.Length < _size)
        {
            // An element that lies across pieces is put together and comes alone.
            int missing = (int)Math.Min(_size - _splitLength, bytes.Length);
            bytes.Span.Window(0, missing).CopyTo(_split.AsSpan(_splitLength));
            _splitLength += missing;
            _rest = bytes.Slice(missing, bytes.Length - missing);
            _piece = default;
            if (_splitLength == _size)
            {
                _splitLength = 0;
                _piece = (byte[])[.. _split];
                Swap();
            }

            return true;
        }

        int split = (int)(bytes.Length % _size);
        bytes.Span.Window(bytes.Length - split, split).CopyTo(_split);
        _splitLength = split;
        _piece = bytes.Slice(0, bytes.Length - split);
        Swap();
        return true;
    }

    private void Swap()
    {
        if (_codecs.Order.IsNative)
        {
            return;
        }

        // The piece itself may be what comes next is made from.
        if (_swapped is null || _swapped.Length < _piece.Length)
        {
            _swapped?.Dispose();
            _swapped = ScratchBuffer.Rent(_piece.Length);
        }

        ReadOnlyLongSpan piece = _piece.Span;
        piece.CopyTo(_swapped.Span);
        _piece = _swapped.Memory.Slice(0, _piece.Length);
        _codecs.Order.Swap(_piece.Span);
    }
}

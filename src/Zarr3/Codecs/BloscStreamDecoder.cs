using OcdbtSharp.KvStore;
using OcdbtSharp.KvStore.Buffers;

namespace OcdbtSharp.Zarr3.Codecs;

/// <summary>Decodes a blosc frame block by block. Where its blocks do not lie in their order, as several threads write them, all of it is held meanwhile.</summary>
internal sealed class BloscStreamDecoder : StreamDecoder
{
    private ScratchBuffer? _buffer;
    private BloscFrame? _frame;
    private int _block;
    private long _position;

    /// <inheritdoc/>
    public override LongMemory Read(ReadOnlyLongSpan encoded, bool isEnd, out long used)
    {
        used = 0;
        int visible = (int)Math.Min(encoded.Length, int.MaxValue / 2);
        if (_frame is null)
        {
            if (!BloscFrame.TryOpen(encoded.Window(0, visible), out _frame))
            {
                return isEnd ? throw new CorruptDataException($"{encoded.Length} bytes are too few for a blosc frame") : default;
            }

            _buffer = ScratchBuffer.Rent(Math.Max(1, _frame!.BlockSize));
        }

        if (_block == _frame.BlockCount)
        {
            used = encoded.Length;
            return default;
        }

        (long start, long end) = _frame.Extent(_block);
        if (!_frame.IsInOrder)
        {
            // Nothing can be let go before the last block was decoded.
            (start, end) = (_position, _frame.Length);
        }

        long skip = Math.Max(0, start - _position);
        if (end - _position > encoded.Length && !isEnd)
        {
            used = Math.Min(skip, encoded.Length);
            _position += used;
            return default;
        }

        Span<byte> block = _buffer!.Span.Window(0, _frame.BlockLength(_block));
        _frame.Decode(_block, encoded.Window(0, visible), _position, block);
        if (_frame.IsInOrder)
        {
            used = Math.Min(encoded.Length, Math.Max(0, end - _position));
            _position += used;
        }

        _block++;
        return _buffer.Memory.Slice(0, block.Length);
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _buffer?.Dispose();
        _frame?.Dispose();
    }
}

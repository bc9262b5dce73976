using OcdbtSharp.KvStore;
using OcdbtSharp.KvStore.Buffers;
using OcdbtSharp.KvStore.Zstandard;

namespace OcdbtSharp.Zarr3.Codecs;

/// <summary>Decodes Zstandard into memory that slides over the content: what matches may reach back to stays, what lies before it is forgotten.</summary>
internal sealed class ZstdStreamDecoder(string name) : StreamDecoder
{
    // Two blocks may be written at once.
    private const int Room = 2 * (128 << 10);

    private readonly ZstdDecoder _decoder = ZstdDecoder.Rent();
    private ScratchBuffer _buffer = ScratchBuffer.Rent(PieceLength + Room);

    /// <inheritdoc/>
    public override LongMemory Read(ReadOnlyLongSpan encoded, bool isEnd, out long used)
    {
        if (_decoder.Written > _buffer.Length - Room - (PieceLength / 2))
        {
            Slide();
        }

        long first = _decoder.Written;
        try
        {
            used = encoded.Length == 0 ? 0 : _decoder.Read(encoded, _buffer.Span, Math.Min(first + PieceLength, _buffer.Length - Room));
        }
        catch (CorruptDataException exception)
        {
            throw new CorruptDataException($"codec {name}: {exception.Message}", innerException: exception);
        }

        if (_decoder.Written == first && isEnd && (used < encoded.Length || !_decoder.IsAtEnd))
        {
            throw new CorruptDataException($"codec {name}: the frame is cut off");
        }

        return _buffer.Memory.Slice(first, _decoder.Written - first);
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _decoder.Dispose();
        _buffer.Dispose();
    }

    private void Slide()
    {
        long kept = (long)Math.Min((ulong)_decoder.Written, _decoder.Window);
        ReadOnlyLongSpan window = _buffer.Span.Slice(_decoder.Written - kept, kept);
        long length = Math.Max(2 * kept, PieceLength) + PieceLength + Room;
        if (length > _buffer.Length)
        {
            ScratchBuffer larger = ScratchBuffer.Rent(length);
            window.CopyTo(larger.Span);
            _buffer.Dispose();
            _buffer = larger;
        }
        else
        {
            window.CopyTo(_buffer.Span);
        }

        _decoder.Slide(_decoder.Written - kept);
    }
}

using System.Buffers.Binary;
using OcdbtSharp.KvStore;
using OcdbtSharp.KvStore.Buffers;

namespace OcdbtSharp.Zarr3.Codecs;

/// <summary>Passes bytes on, and compares their checksum at the end.</summary>
/// <param name="name">The codec, for errors.</param>
/// <param name="checksum">Which checksum it is.</param>
/// <param name="isPrefix">Whether it lies before the bytes; otherwise behind them.</param>
internal sealed class ChecksumStreamDecoder(string name, Checksum checksum, bool isPrefix) : StreamDecoder
{
    private const int Length = sizeof(uint);

    private readonly RunningChecksum _running = new(checksum);
    private readonly ScratchBuffer _buffer = ScratchBuffer.Rent(PieceLength);
    private uint? _stored;
    private bool _isDone;

    /// <inheritdoc/>
    public override LongMemory Read(ReadOnlyLongSpan encoded, bool isEnd, out long used)
    {
        used = 0;
        if (_isDone)
        {
            return default;
        }

        if (encoded.Length < Length && (isPrefix ? _stored is null : isEnd))
        {
            return isEnd ? throw new CorruptDataException($"codec {name}: {encoded.Length} bytes are fewer than the checksum of {Length}") : default;
        }

        if (isPrefix && _stored is null)
        {
            _stored = BinaryPrimitives.ReadUInt32LittleEndian(encoded.Window(0, Length));
            used = Length;
        }

        // What may be the checksum is held back; an odd byte only comes last.
        long more = encoded.Length - used - (isPrefix ? 0 : Length);
        more = isEnd && more <= PieceLength ? more : Math.Min(PieceLength, more) & ~1L;
        if (more > 0)
        {
            ReadOnlyLongSpan piece = encoded.Slice(used, more);
            _running.Append(piece);
            piece.CopyTo(_buffer.Span);
            used += more;
            return _buffer.Memory.Slice(0, more);
        }

        if (isEnd)
        {
            uint stored = _stored ?? BinaryPrimitives.ReadUInt32LittleEndian(encoded.Window(0, Length));
            used = encoded.Length;
            _isDone = stored == _running.Value
                ? true
                : throw new CorruptDataException($"codec {name}: the checksum is 0x{stored:x8}, but the bytes have 0x{_running.Value:x8}");
        }

        return default;
    }

    /// <inheritdoc/>
    public override void Dispose() => _buffer.Dispose();
}

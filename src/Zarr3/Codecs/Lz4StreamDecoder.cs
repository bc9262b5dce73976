using System.Buffers.Binary;
using OcdbtSharp.KvStore;
using OcdbtSharp.KvStore.Buffers;

namespace OcdbtSharp.Zarr3.Codecs;

/// <summary>Decodes a block of LZ4 piece by piece, behind the length of its content; matches reach back 64 KiB at most.</summary>
internal sealed class Lz4StreamDecoder(string name) : StreamDecoder
{
    private const int HeaderLength = sizeof(int);
    private const int Window = 64 << 10;
    private const int MinMatch = 4;
    private const int More = 15;

    private readonly ScratchBuffer _buffer = ScratchBuffer.Rent(Window + PieceLength);
    private int _written;
    private long _left = -1;
    private Stage _stage = Stage.Token;
    private long _literals;
    private long _match;
    private int _offset;

    private enum Stage
    {
        Token,
        LiteralLength,
        Literals,
        Offset,
        MatchLength,
        Match,
    }

    /// <inheritdoc/>
    public override LongMemory Read(ReadOnlyLongSpan encoded, bool isEnd, out long used)
    {
        ReadOnlySpan<byte> source = encoded.Window(0, (int)Math.Min(encoded.Length, int.MaxValue / 2));
        int position = 0;
        if (_left < 0)
        {
            if (source.Length <= HeaderLength)
            {
                used = 0;
                return isEnd ? throw Corrupt($"{source.Length} bytes are too few") : default;
            }

            _left = BinaryPrimitives.ReadUInt32LittleEndian(source);
            position = HeaderLength;
            if (_left > int.MaxValue)
            {
                throw Corrupt($"it says that it holds {_left} bytes");
            }

            if (_left == 0)
            {
                used = source.Length;
                return default;
            }
        }

        Span<byte> buffer = _buffer.Span.Window(0, Window + PieceLength);
        if (_written > buffer.Length - (PieceLength / 2))
        {
            buffer[(_written - Window).._written].CopyTo(buffer);
            _written = Window;
        }

        int first = _written;
        while (_written < buffer.Length && Step(source, ref position, buffer))
        {
        }

        _left -= _written - first;
        used = position;
        return isEnd && _written == first && (_left > 0 || position < source.Length)
            ? throw Corrupt("the block is damaged or does not hold the bytes that it should")
            : _buffer.Memory.Slice(first, _written - first);
    }

    /// <inheritdoc/>
    public override void Dispose() => _buffer.Dispose();

    /// <summary>Does what can be done with what there is; false where it is too little.</summary>
    private bool Step(ReadOnlySpan<byte> source, ref int position, Span<byte> buffer)
    {
        switch (_stage)
        {
            case Stage.Token when position < source.Length:
                byte token = source[position++];
                _literals = token >> 4;
                _match = (token & 15) + MinMatch;
                _stage = _literals == More ? Stage.LiteralLength : Stage.Literals;
                return true;
            case Stage.LiteralLength when position < source.Length:
                _literals += source[position];
                _stage = source[position++] == byte.MaxValue ? Stage.LiteralLength : Stage.Literals;
                return true;
            case Stage.Literals:
                int count = (int)Math.Min(_literals, Math.Min(source.Length - position, buffer.Length - _written));
                source.Slice(position, count).CopyTo(buffer[_written..]);
                position += count;
                _written += count;
                _literals -= count;
                _stage = _literals == 0 ? Stage.Offset : Stage.Literals;
                return _literals == 0;
            case Stage.Offset when source.Length - position >= sizeof(ushort):
                _offset = BinaryPrimitives.ReadUInt16LittleEndian(source[position..]);
                position += sizeof(ushort);
                _stage = _match == More + MinMatch ? Stage.MatchLength : Stage.Match;
                return _offset > 0 && _offset <= _written ? true : throw Corrupt("a repetition reaches back behind the begin of the block");
            case Stage.MatchLength when position < source.Length:
                _match += source[position];
                _stage = source[position++] == byte.MaxValue ? Stage.MatchLength : Stage.Match;
                return true;
            case Stage.Match:
                int length = (int)Math.Min(_match, buffer.Length - _written);
                Repeat(buffer, _written, _offset, length);
                _written += length;
                _match -= length;
                _stage = _match == 0 ? Stage.Token : Stage.Match;
                return true;
            default:
                return false;
        }
    }

    private static void Repeat(Span<byte> buffer, int at, int offset, int length)
    {
        // What overlaps is copied in steps that double what is there.
        while (length > 0)
        {
            int step = Math.Min(length, offset);
            buffer.Slice(at - offset, step).CopyTo(buffer[at..]);
            at += step;
            length -= step;
            offset += step;
        }
    }

    private CorruptDataException Corrupt(string problem) => new($"codec {name}: {problem}");
}

using System.Buffers.Binary;
using System.IO.Hashing;
using OcdbtSharp.KvStore.Buffers;

namespace OcdbtSharp.KvStore.Zstandard;

/// <summary>
/// Decodes Zstandard frames (RFC 8878) without dictionaries straight into the memory of the caller, which keeps all of them: matches are copied from
/// there, so no window is held. The source may come in pieces that hold at least one block each.
/// <para>
/// Nothing in the source is trusted. Every loop over pointers runs a number of times for which the bounds of source and destination were checked
/// before it.
/// </para>
/// </summary>
internal sealed unsafe partial class ZstdDecoder : IDisposable
{
    /// <summary>Bytes that the source needs to hold unless it is the end: the longest block and what may stand before and behind it.</summary>
    public const int MinSource = ZstdFormat.MaxBlockLength + 64;

    // Copies may write and read this much further than they have to.
    private const int Slack = 32;

    private const int SequencesAtOnce = 128;

    [ThreadStatic]
    private static ZstdDecoder? t_spare;

    private readonly byte* _literalBuffer;
    private ushort* _singles;
    private ushort* _otherSingles;
    private readonly uint* _pairs;
    private readonly Sequence* _sequences;

    private Stage _stage;
    private ZstdFrameHeader _header;
    private long _skip;
    private long _written;
    private long _frameStart;
    private long _frameLength;
    private bool _isPart;
    private readonly XxHash64 _checksum = new();

    private ZstdDecoder()
    {
        int literals = ZstdFormat.MaxBlockLength + Slack;
        int singles = HuffmanTable.Size * sizeof(ushort);
        int pairs = HuffmanTable.Size * sizeof(uint);
        int states = sizeof(FseState) << ZstdFormat.MaxMatchLengthLog;

        // Pinned for its life, so pointers into it may be kept.
        _memory = GC.AllocateUninitializedArray<byte>(literals + (2 * singles) + pairs + (3 * states) + (SequencesAtOnce * sizeof(Sequence)), pinned: true);
        byte* next = (byte*)System.Runtime.CompilerServices.Unsafe.AsPointer(ref _memory[0]);
        _literalBuffer = next;
        _singles = (ushort*)(next += literals);
        _otherSingles = (ushort*)(next += singles);
        _pairs = (uint*)(next += singles);
        _literalLengths.States = (FseState*)(next += pairs);
        _matchLengths.States = (FseState*)(next += states);
        _offsets.States = (FseState*)(next += states);
        _sequences = (Sequence*)(next + states);
    }

    private readonly byte[] _memory;

    private enum Stage
    {
        Frame,
        Block,
        Checksum,
    }

    /// <summary>Bytes written to the destination.</summary>
    public long Written => _written;

    /// <summary>Bytes before <see cref="Written"/> that matches may reach back to, as the header of the frame tells; 0 before there is one.</summary>
    public ulong Window { get; private set; }

    /// <summary>Whether the source may end here: behind a frame, or behind a block of a part of one.</summary>
    public bool IsAtEnd => _skip == 0 && (_stage == Stage.Frame || _isPart);

    /// <summary>A decoder for frames from their first byte on. Disposing it gives it back.</summary>
    public static ZstdDecoder Rent()
    {
        ZstdDecoder decoder = t_spare ?? new ZstdDecoder();
        t_spare = null;
        decoder._stage = Stage.Frame;
        decoder._skip = 0;
        decoder._written = 0;
        decoder._isPart = false;
        decoder.Window = 0;
        return decoder;
    }

    /// <summary>A decoder for a part of a frame, as <see cref="ZstdPartition"/> makes them.</summary>
    public static ZstdDecoder RentForPart()
    {
        ZstdDecoder decoder = Rent();
        decoder._header = new ZstdFrameHeader(0, false, ZstdFormat.MaxBlockLength, null, false);
        decoder._stage = Stage.Block;
        decoder._frameStart = 0;
        decoder._frameLength = 0;
        decoder._isPart = true;
        decoder.ResetTables();
        return decoder;
    }

    /// <summary>Decodes whole frames.</summary>
    /// <param name="source">Frames, one behind the other.</param>
    /// <param name="destination">Room for the content of all.</param>
    /// <returns>Length of the content.</returns>
    /// <exception cref="CorruptDataException">The frames are damaged or cut off, or hold more than there is room for.</exception>
    /// <exception cref="UnsupportedFormatException">A frame needs a dictionary.</exception>
    public static long Decode(ReadOnlyLongSpan source, LongSpan destination)
    {
        using ZstdDecoder decoder = Rent();
        if (decoder.Read(source, destination) != source.Length || !decoder.IsAtEnd)
        {
            ZstdError.ThrowCorrupt("a Zstandard frame is cut off");
        }

        return decoder.Written;
    }

    /// <inheritdoc/>
    public void Dispose() => t_spare = this;

    /// <summary>Decodes what is whole in a piece of the source.</summary>
    /// <param name="source">The bytes from the first that has not been used; at least <see cref="MinSource"/> unless there are no more.</param>
    /// <param name="destination">The same memory at every call.</param>
    /// <param name="stop">No more is begun from so many written bytes on; two blocks may be written behind it.</param>
    /// <returns>Number of bytes that were used.</returns>
    /// <inheritdoc cref="Decode"/>
    public long Read(ReadOnlyLongSpan source, LongSpan destination, long stop = long.MaxValue)
    {
        fixed (byte* start = &source.First, target = &destination.First)
        {
            byte* position = start;
            byte* end = start + source.Length;
            while (position < end && _written < stop && TryReadNext(ref position, end, target, destination.Length))
            {
            }

            return position - start;
        }
    }

    /// <summary>Tells that the caller has moved what was written towards the begin of the destination, over bytes that are not needed any more.</summary>
    /// <param name="bytes">How far. What stays is at least <see cref="Window"/>, or all of the frame.</param>
    public void Slide(long bytes)
    {
        _written -= bytes;
        _frameStart = Math.Max(0, _frameStart - bytes);
    }

    /// <summary>Reads a header, a block or a checksum; false where it is not whole.</summary>
    private bool TryReadNext(ref byte* position, byte* end, byte* target, long capacity)
    {
        if (_skip > 0)
        {
            long skipped = Math.Min(_skip, end - position);
            position += skipped;
            _skip -= skipped;
            return true;
        }

        return _stage switch
        {
            Stage.Frame => TryReadFrameHeader(ref position, end),
            Stage.Block => TryReadBlock(ref position, end, target, capacity),
            _ => TryReadChecksum(ref position, end),
        };
    }

    private bool TryReadFrameHeader(ref byte* position, byte* end)
    {
        if (!ZstdFrameHeader.TryRead(new ReadOnlySpan<byte>(position, (int)Math.Min(ZstdFrameHeader.MaxLength, end - position)), out ZstdFrameHeader header))
        {
            return false;
        }

        _skip = header.Length;
        if (!header.IsSkippable)
        {
            _header = header;
            _stage = Stage.Block;
            _frameStart = _written;
            _frameLength = 0;
            Window = header.Window;
            _checksum.Reset();
            ResetTables();
        }

        return true;
    }

    private bool TryReadBlock(ref byte* position, byte* end, byte* target, long capacity)
    {
        if (end - position < ZstdFormat.BlockHeaderLength)
        {
            return false;
        }

        ZstdBlockHeader block = ZstdBlockHeader.Read(position);
        byte* source = position + ZstdFormat.BlockHeaderLength;
        if (end - source < block.StoredLength)
        {
            return false;
        }

        byte* destination = target + _written;
        byte* limit = target + capacity;
        if (block is { Type: ZstdBlockType.Compressed, IsLast: false } && TryReadTwoBlocks(source, source + block.Length, ref position, end, destination, limit))
        {
            return true;
        }

        long length = block.Length;
        if (block.Type == ZstdBlockType.Compressed)
        {
            length = ReadCompressedBlock(source, source + block.Length, target + _frameStart, destination, limit) - destination;
            CheckRoom(length, ZstdFormat.MaxBlockLength);
        }
        else
        {
            CheckRoom(length, limit - destination);
            Span<byte> content = new(destination, block.Length);
            if (block.Type == ZstdBlockType.Raw)
            {
                new ReadOnlySpan<byte>(source, block.Length).CopyTo(content);
            }
            else
            {
                content.Fill(*source);
            }
        }

        position = source + block.StoredLength;
        EndBlock(block, destination, length);
        return true;
    }

    private void EndBlock(ZstdBlockHeader block, byte* destination, long length)
    {
        if (_header.HasChecksum)
        {
            _checksum.Append(new ReadOnlySpan<byte>(destination, (int)length));
        }

        _written += length;
        _frameLength += length;
        if (!block.IsLast)
        {
            return;
        }

        if (_header.ContentLength is { } expected && (ulong)_frameLength != expected)
        {
            ZstdError.ThrowCorrupt($"a Zstandard frame holds {_frameLength} bytes instead of the {expected} that its header tells");
        }

        _stage = _header.HasChecksum ? Stage.Checksum : Stage.Frame;
    }

    private bool TryReadChecksum(ref byte* position, byte* end)
    {
        if (end - position < ZstdFormat.ChecksumLength)
        {
            return false;
        }

        uint stored = BinaryPrimitives.ReadUInt32LittleEndian(new ReadOnlySpan<byte>(position, ZstdFormat.ChecksumLength));
        uint computed = (uint)_checksum.GetCurrentHashAsUInt64();
        if (stored != computed)
        {
            ZstdError.ThrowCorrupt($"the checksum of a Zstandard frame is 0x{stored:x8}, but its content has 0x{computed:x8}");
        }

        position += ZstdFormat.ChecksumLength;
        _stage = Stage.Frame;
        return true;
    }

    /// <summary>Refuses content for which there is no room.</summary>
    private static void CheckRoom(long length, long room)
    {
        if (length > room)
        {
            ZstdError.ThrowCorrupt($"a Zstandard frame holds {length - room} bytes or more beyond those that there can be");
        }
    }
}

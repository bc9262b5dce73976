using System.Buffers.Binary;
using OcdbtSharp.KvStore;

namespace OcdbtSharp.Zarr3.Codecs;

/// <summary>
/// The 16 bytes before every blosc frame: version, version of the compressor, flags, type size, then the lengths of the data, of a block and of the frame.
/// </summary>
/// <remarks>README_CHUNK_FORMAT.rst of c-blosc describes it.</remarks>
internal readonly record struct BloscHeader
{
    /// <summary>Bytes of the header; also by how much a frame may be longer than its data.</summary>
    public const int Length = 16;

    /// <summary>The most data that one frame holds.</summary>
    public const int MaxDataLength = int.MaxValue - Length;

    public const int MaxBlockSize = (int.MaxValue - (BloscOptions.MaxTypeSize * sizeof(int))) / 3;

    private const byte FormatVersion = 2;

    /// <summary>The version of the format of each compressor; all are still at their first.</summary>
    private const byte CompressorVersion = 1;

    [Flags]
    private enum FrameFlags : byte
    {
        ByteShuffled = 0x01,
        Copied = 0x02,
        BitShuffled = 0x04,
        Reserved = 0x08,
        Unsplit = 0x10,
    }

    /// <summary>The compressor as the frame names it: lz4 and lz4hc have one format.</summary>
    public BloscCompressor Compressor { get; init; }

    public BloscShuffle Shuffle { get; init; }

    /// <summary>Whether the data follow as they are, neither shuffled nor in blocks.</summary>
    public bool IsCopied { get; init; }

    /// <summary>Whether blocks may be split into one stream for each byte of the element.</summary>
    public bool MaySplit { get; init; }

    public int TypeSize { get; init; }

    public int DataLength { get; init; }

    public int BlockSize { get; init; }

    public int FrameLength { get; init; }

    /// <summary>Number of blocks, the last of which may be short.</summary>
    public int BlockCount => DataLength == 0 ? 0 : ((DataLength - 1) / BlockSize) + 1;

    /// <summary>Reads the header of a whole frame and checks it against the frame's length.</summary>
    public static BloscHeader Parse(ReadOnlySpan<byte> frame) => Parse(frame, frame.Length);

    /// <summary>Reads a header.</summary>
    /// <param name="frame">The first bytes of the frame.</param>
    /// <param name="frameLength">Bytes of all of it.</param>
    public static BloscHeader Parse(ReadOnlySpan<byte> frame, int frameLength)
    {
        if (frame.Length < Length)
        {
            throw new CorruptDataException($"blosc frame of {frame.Length} bytes is shorter than its header");
        }

        if (frame[0] != FormatVersion)
        {
            throw new UnsupportedFormatException($"blosc format version {frame[0]} is not supported, only {FormatVersion}");
        }

        var flags = (FrameFlags)frame[2];
        if (flags.HasFlag(FrameFlags.Reserved))
        {
            throw new UnsupportedFormatException($"blosc frame has flags 0x{frame[2]:x2} of a later format");
        }

        var header = new BloscHeader
        {
            Shuffle = flags.HasFlag(FrameFlags.ByteShuffled) ? BloscShuffle.Byte
                : flags.HasFlag(FrameFlags.BitShuffled) ? BloscShuffle.Bit : BloscShuffle.None,
            IsCopied = flags.HasFlag(FrameFlags.Copied),
            MaySplit = !flags.HasFlag(FrameFlags.Unsplit),
            TypeSize = frame[3],
            DataLength = BinaryPrimitives.ReadInt32LittleEndian(frame[4..]),
            BlockSize = BinaryPrimitives.ReadInt32LittleEndian(frame[8..]),
            FrameLength = BinaryPrimitives.ReadInt32LittleEndian(frame[12..]),
        };
        header.CheckLengths(frameLength);
        return header.IsCopied || header.DataLength == 0 ? header : header with { Compressor = ReadCompressor(frame[2] >> 5, frame[1]) };
    }

    /// <summary>Writes the header over the first bytes of the frame.</summary>
    public void Write(Span<byte> frame)
    {
        FrameFlags flags = Shuffle switch
        {
            BloscShuffle.Byte => FrameFlags.ByteShuffled,
            BloscShuffle.Bit => FrameFlags.BitShuffled,
            _ => 0,
        };
        flags |= (IsCopied ? FrameFlags.Copied : 0) | (MaySplit ? 0 : FrameFlags.Unsplit);
        int format = Compressor switch
        {
            BloscCompressor.BloscLz => 0,
            BloscCompressor.Lz4 or BloscCompressor.Lz4Hc => 1,
            BloscCompressor.Snappy => 2,
            BloscCompressor.Zlib => 3,
            _ => 4,
        };
        frame[0] = FormatVersion;
        frame[1] = CompressorVersion;
        frame[2] = (byte)((int)flags | (format << 5));
        frame[3] = (byte)TypeSize;
        BinaryPrimitives.WriteInt32LittleEndian(frame[4..], DataLength);
        BinaryPrimitives.WriteInt32LittleEndian(frame[8..], BlockSize);
        BinaryPrimitives.WriteInt32LittleEndian(frame[12..], FrameLength);
    }

    private static BloscCompressor ReadCompressor(int format, byte version)
    {
        BloscCompressor compressor = format switch
        {
            0 => BloscCompressor.BloscLz,
            1 => BloscCompressor.Lz4,
            2 => BloscCompressor.Snappy,
            3 => BloscCompressor.Zlib,
            4 => BloscCompressor.Zstd,
            _ => throw new UnsupportedFormatException($"blosc compressor number {format} is not known"),
        };
        return version == CompressorVersion
            ? compressor
            : throw new UnsupportedFormatException($"blosc frame has version {version} of {compressor}, only {CompressorVersion} is known");
    }

    private void CheckLengths(int frameLength)
    {
        if (FrameLength != frameLength)
        {
            throw new CorruptDataException($"blosc frame has {frameLength} bytes, its header says {FrameLength}", offset: 12);
        }

        if (DataLength is < 0 or > MaxDataLength)
        {
            throw new CorruptDataException($"blosc frame says it holds {(uint)DataLength} bytes", offset: 4);
        }

        if (DataLength == 0)
        {
            return;
        }

        if (BlockSize <= 0 || BlockSize > Math.Min(DataLength, MaxBlockSize))
        {
            throw new CorruptDataException($"blosc block size {BlockSize} is not within 1 and the {DataLength} bytes of data", offset: 8);
        }

        if (TypeSize == 0)
        {
            throw new CorruptDataException("blosc type size is 0", offset: 3);
        }

        if (IsCopied ? FrameLength - Length != DataLength : BlockCount > (FrameLength - Length) / sizeof(int))
        {
            throw new CorruptDataException($"blosc frame of {FrameLength} bytes cannot hold {DataLength} bytes in blocks of {BlockSize}", offset: 12);
        }
    }
}

using System.Buffers.Binary;

namespace OcdbtSharp.KvStore.Zstandard;

/// <summary>What stands before the blocks of a frame.</summary>
/// <param name="Length">Bytes of the header; for a frame without content those of the whole frame.</param>
/// <param name="IsSkippable">Whether the frame carries no content.</param>
/// <param name="Window">How far back matches may reach, in bytes.</param>
/// <param name="ContentLength">Length of the content; null where the frame does not tell.</param>
/// <param name="HasChecksum">Whether a checksum follows the last block.</param>
internal readonly record struct ZstdFrameHeader(long Length, bool IsSkippable, ulong Window, ulong? ContentLength, bool HasChecksum)
{
    /// <summary>Bytes of the longest header.</summary>
    public const int MaxLength = 18;

    /// <summary>Reads a header.</summary>
    /// <param name="source">What begins with it.</param>
    /// <param name="header">The header.</param>
    /// <returns>False where more bytes are needed.</returns>
    /// <exception cref="CorruptDataException">These bytes do not begin a frame.</exception>
    /// <exception cref="UnsupportedFormatException">The frame needs a dictionary.</exception>
    public static bool TryRead(ReadOnlySpan<byte> source, out ZstdFrameHeader header)
    {
        header = default;
        if (source.Length < 4)
        {
            return false;
        }

        uint magic = BinaryPrimitives.ReadUInt32LittleEndian(source);
        if ((magic & ZstdFormat.SkippableMask) == ZstdFormat.SkippableMagic)
        {
            bool known = source.Length >= ZstdFormat.SkippableHeaderLength;
            long length = known ? BinaryPrimitives.ReadUInt32LittleEndian(source[4..]) : 0;
            header = new ZstdFrameHeader(ZstdFormat.SkippableHeaderLength + length, true, 0, 0, false);
            return known;
        }

        if (magic != ZstdFormat.FrameMagic)
        {
            ZstdError.ThrowCorrupt($"a Zstandard frame begins with 0x{magic:x8} instead of 0x{ZstdFormat.FrameMagic:x8}");
        }

        if (source.Length < 5)
        {
            return false;
        }

        int descriptor = source[4];
        bool isSingle = (descriptor & 0x20) != 0;
        int dictionaryBytes = (descriptor & 3) is 3 ? 4 : descriptor & 3;
        int lengthBytes = (descriptor >> 6) is 0 ? (isSingle ? 1 : 0) : 1 << (descriptor >> 6);
        int total = 5 + (isSingle ? 0 : 1) + dictionaryBytes + lengthBytes;
        if (source.Length < total)
        {
            return false;
        }

        if ((descriptor & 8) != 0)
        {
            ZstdError.ThrowCorrupt("the header of a Zstandard frame has a reserved bit set");
        }

        int windowByte = isSingle ? 0 : source[5];
        int position = 5 + (isSingle ? 0 : 1);
        if (source.Slice(position, dictionaryBytes).ContainsAnyExcept((byte)0))
        {
            throw new UnsupportedFormatException("a Zstandard frame needs a dictionary");
        }

        ReadOnlySpan<byte> stored = source.Slice(position + dictionaryBytes, lengthBytes);
        ulong? content = lengthBytes switch
        {
            0 => null,
            1 => stored[0],
            2 => BinaryPrimitives.ReadUInt16LittleEndian(stored) + 256u,
            4 => BinaryPrimitives.ReadUInt32LittleEndian(stored),
            _ => BinaryPrimitives.ReadUInt64LittleEndian(stored),
        };
        int windowLog = 10 + (windowByte >> 3);
        if (windowLog > ZstdFormat.MaxWindowLog)
        {
            ZstdError.ThrowCorrupt($"a Zstandard frame has a window of 2^{windowLog} bytes, which is more than 2^{ZstdFormat.MaxWindowLog}");
        }

        ulong window = isSingle ? content!.Value : (1UL << windowLog) + ((1UL << windowLog) / 8 * (ulong)(windowByte & 7));
        header = new ZstdFrameHeader(total, false, window, content, (descriptor & 4) != 0);
        return true;
    }
}

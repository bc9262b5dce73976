using System.Buffers.Binary;
using OcdbtSharp.KvStore;
using OcdbtSharp.KvStore.Buffers;

namespace OcdbtSharp.Ocdbt.Format;

/// <summary>
/// What manifests and nodes are wrapped in: magic number (uint32 big-endian), length of the whole (uint64 little-endian), format
/// version (varint), compression (varint; 0 none, 1 Zstandard), body, CRC-32C of all that precedes (uint32 little-endian).
/// </summary>
internal static class Envelope
{
    /// <summary>Bytes before the format version.</summary>
    public const int HeaderLength = 4 + 8;

    /// <summary>Bytes behind the body.</summary>
    public const int ChecksumLength = 4;

    private const int MinLength = HeaderLength + 2 + ChecksumLength;

    /// <summary>Checks the wrapping and returns the body, inflated where it is compressed.</summary>
    /// <inheritdoc cref="Open"/>
    public static ReadOnlyMemory<byte> Decode(ReadOnlyMemory<byte> encoded, uint magic, string what)
    {
        (ReadOnlyMemory<byte> stored, bool isCompressed) = Open(encoded, magic, what);
        return isCompressed ? Zstd.Decompress(stored.Span, FormatLimits.MaxNodeBytes) : stored;
    }

    /// <summary>Checks the wrapping and returns the body as it is stored, and whether that is a Zstandard frame.</summary>
    /// <param name="encoded">The whole structure; the result may be a part of it.</param>
    /// <param name="magic">The magic number that the structure must have.</param>
    /// <param name="what">The structure, for error messages.</param>
    public static (ReadOnlyMemory<byte> Body, bool IsCompressed) Open(ReadOnlyMemory<byte> encoded, uint magic, string what)
    {
        ReadOnlySpan<byte> bytes = encoded.Span;
        if (bytes.Length < MinLength)
        {
            throw new CorruptDataException($"{what} of {bytes.Length} bytes is shorter than the smallest possible, {MinLength}");
        }

        uint foundMagic = BinaryPrimitives.ReadUInt32BigEndian(bytes);
        if (foundMagic != magic)
        {
            throw new CorruptDataException($"{what} begins with 0x{foundMagic:x8} instead of 0x{magic:x8}", offset: 0);
        }

        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(bytes[4..]);
        if (length != (ulong)bytes.Length)
        {
            throw new CorruptDataException($"{what} says that it is {length} bytes long, but {bytes.Length} are there", offset: 4);
        }

        int end = bytes.Length - ChecksumLength;
        uint stored = BinaryPrimitives.ReadUInt32LittleEndian(bytes[end..]);
        uint computed = Crc32C.Compute(bytes[..end]);
        if (stored != computed)
        {
            throw new CorruptDataException($"{what} has CRC-32C 0x{computed:x8} instead of the stored 0x{stored:x8}", offset: end);
        }

        ByteReader reader = new(bytes[HeaderLength..end], HeaderLength);
        uint version = reader.ReadVarint32("format version");
        if (version > FormatLimits.FormatVersion)
        {
            throw new UnsupportedFormatException($"{what} has format version {version}; {FormatLimits.FormatVersion} is supported");
        }

        uint compression = reader.ReadVarint32("compression format");
        int bodyStart = HeaderLength + reader.Position;
        return compression switch
        {
            0 or 1 => (encoded[bodyStart..end], compression == 1),
            _ => throw new UnsupportedFormatException($"{what} has compression format {compression}; 0 (none) and 1 (zstd) are supported"),
        };
    }

    /// <summary>
    /// Whether the body of an encoded structure, which need not be valid, is compressed; then what is decoded does not refer to it.
    /// </summary>
    public static bool IsCompressed(ReadOnlySpan<byte> encoded) =>
        encoded.Length >= MinLength && encoded[HeaderLength] == 0 && encoded[HeaderLength + 1] == 1;

    /// <summary>Wraps a body.</summary>
    public static byte[] Encode(ReadOnlySpan<byte> body, uint magic, OcdbtCompression compression)
    {
        using ByteWriter writer = new(MaxLength(body.Length, compression));
        Encode(body, magic, compression, writer);
        return writer.ToArray();
    }

    /// <summary>Wraps a body into an empty buffer.</summary>
    public static void Encode(ReadOnlySpan<byte> body, uint magic, OcdbtCompression compression, ByteWriter writer)
    {
        writer.WriteUInt32BigEndian(magic);
        writer.WriteUInt64LittleEndian(0);
        writer.WriteVarint(FormatLimits.FormatVersion);
        if (compression.ZstdLevel is { } level)
        {
            writer.WriteVarint(1);
            Zstd.Compress(body, level, writer);
        }
        else
        {
            writer.WriteVarint(0);
            writer.WriteBytes(body);
        }

        BinaryPrimitives.WriteUInt64LittleEndian(writer.WrittenMutable[4..], (ulong)writer.Length + ChecksumLength);
        writer.WriteUInt32LittleEndian(Crc32C.Compute(writer.Written));
    }

    /// <summary>The longest that a body can become.</summary>
    public static int MaxLength(int bodyLength, OcdbtCompression compression) =>
        checked(HeaderLength + 2 + ChecksumLength + (compression.ZstdLevel is null ? bodyLength : Zstd.MaxLength(bodyLength)));
}

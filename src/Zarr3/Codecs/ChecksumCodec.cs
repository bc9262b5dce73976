using System.Buffers.Binary;
using System.Text.Json.Nodes;
using OcdbtSharp.KvStore;
using OcdbtSharp.KvStore.Buffers;

namespace OcdbtSharp.Zarr3.Codecs;

/// <summary>The checksums that a chunk can carry, each of 32 bits.</summary>
internal enum Checksum
{
    /// <summary>Castagnoli's polynomial.</summary>
    Crc32C,

    /// <summary>The polynomial of zip.</summary>
    Crc32,

    Adler32,

    /// <summary>HDF5's Fletcher-32.</summary>
    Fletcher32,
}

/// <summary>
/// A checksum beside the bytes, which stay as they are. Version 3: <c>{"name": "crc32c"}</c>, behind the bytes;
/// https://zarr-specs.readthedocs.io/en/latest/v3/codecs/crc32c/. numcodecs: <c>{"id": "crc32", "location": "start"}</c>, which is where
/// crc32 and adler32 lie unless they say otherwise, while crc32c and fletcher32 lie behind.
/// </summary>
/// <param name="name">Its name in the metadata.</param>
/// <param name="checksum">Which checksum it is.</param>
/// <param name="location">Where the metadata puts it, <c>start</c> or <c>end</c>; null where they leave it open.</param>
internal sealed class ChecksumCodec(string name, Checksum checksum, string? location = null) : BytesToBytesCodec, IStreamingCodec
{
    public const string Start = "start";
    public const string End = "end";

    private const int Length = sizeof(uint);

    private readonly bool _isPrefix = location is null ? checksum is Checksum.Crc32 or Checksum.Adler32 : location == Start;

    /// <summary>The one of version 3.</summary>
    public static ChecksumCodec Crc32C { get; } = new("crc32c", Checksum.Crc32C);

    public override string Name => name;

    public StreamDecoder OpenDecoder() => new ChecksumStreamDecoder(name, checksum, _isPrefix);

    public override CodecSpec ToSpec(ZarrFormat format) => new(name, location is null ? null : new JsonObject { ["location"] = location });

    public override long? EncodedLength(long decodedLength) => decodedLength + Length;

    public override long MaxEncodedLength(long decodedLength) => decodedLength + Length;

    public override long MaxDecodedLength(long encodedLength) => Math.Max(0, encodedLength - Length);

    /// <summary>Compares the checksum and returns the bytes that it is of.</summary>
    /// <exception cref="CorruptDataException">It is of other bytes.</exception>
    public ReadOnlyLongSpan Verify(ReadOnlyLongSpan encoded)
    {
        if (encoded.Length < Length)
        {
            ThrowCorrupt($"{encoded.Length} bytes are fewer than the checksum of {Length}");
        }

        long length = encoded.Length - Length;
        ReadOnlyLongSpan bytes = encoded.Slice(_isPrefix ? Length : 0, length);
        uint stored = BinaryPrimitives.ReadUInt32LittleEndian(encoded.Window(_isPrefix ? 0 : length, Length));
        uint computed = Compute(bytes);
        if (stored != computed)
        {
            ThrowCorrupt($"the checksum is 0x{stored:x8}, but the bytes have 0x{computed:x8}");
        }

        return bytes;
    }

    public override void Decode(ReadOnlyLongSpan encoded, LongSpan decoded)
    {
        ReadOnlyLongSpan bytes = Verify(encoded);
        if (bytes.Length != decoded.Length)
        {
            ThrowCorrupt($"{bytes.Length} bytes where {decoded.Length} were expected");
        }

        bytes.CopyTo(decoded);
    }

    public override ScratchBuffer Decode(ReadOnlyLongSpan encoded, long limit, out long length)
    {
        ReadOnlyLongSpan bytes = Verify(encoded);
        length = bytes.Length;
        ScratchBuffer buffer = ScratchBuffer.Rent(length);
        bytes.CopyTo(buffer.Span);
        return buffer;
    }

    public override long Encode(ReadOnlyLongSpan decoded, LongSpan encoded)
    {
        decoded.CopyTo(encoded.Slice(_isPrefix ? Length : 0, decoded.Length));
        BinaryPrimitives.WriteUInt32LittleEndian(encoded.Window(_isPrefix ? 0 : decoded.Length, Length), Compute(decoded));
        return decoded.Length + Length;
    }

    private uint Compute(ReadOnlyLongSpan bytes)
    {
        RunningChecksum running = new(checksum);
        running.Append(bytes);
        return running.Value;
    }
}

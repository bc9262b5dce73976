using System.Buffers.Binary;
using System.Text.Json.Nodes;
using K4os.Compression.LZ4;
using OcdbtSharp.KvStore;
using OcdbtSharp.KvStore.Buffers;

namespace OcdbtSharp.Zarr3.Codecs;

/// <summary>A block of LZ4 behind the length of what it holds. numcodecs: <c>{"id": "lz4", "acceleration": 1}</c>.</summary>
/// <param name="name">Its name in the metadata.</param>
/// <param name="acceleration">How much compression the encoder of numcodecs gives up for speed; ours does as with 1.</param>
internal sealed class Lz4Codec(string name, int acceleration) : SpanCodec, IStreamingCodec
{
    private const int HeaderLength = sizeof(int);

    /// <summary>A block without literals and repetitions.</summary>
    private const byte EmptyBlock = 0;

    /// <summary>The most that numcodecs and LZ4 take.</summary>
    private const int MaxLength = 0x7E000000;

    /// <summary>Each byte that prolongs a repetition stands for at most 255.</summary>
    private const long MaxExpansion = 255;

    public override string Name => name;

    public StreamDecoder OpenDecoder() => new Lz4StreamDecoder(name);

    public override CodecSpec ToSpec(ZarrFormat format) => new(name, new JsonObject { ["acceleration"] = acceleration });

    public override long MaxEncodedLength(long decodedLength) => HeaderLength + decodedLength + (decodedLength / 255) + 16;

    public override long MaxDecodedLength(long encodedLength) => Math.Min(MaxLength, Math.Min(encodedLength, MaxLength) * MaxExpansion);

    public override ScratchBuffer Decode(ReadOnlyLongSpan encoded, long limit, out long length)
    {
        ReadOnlySpan<byte> source = encoded.Window(0, (int)Math.Min(encoded.Length, Array.MaxLength));
        length = ReadLength(source);
        if (length > Math.Min(limit, MaxDecodedLength(encoded.Length)))
        {
            ThrowCorrupt($"{encoded.Length} bytes say that they hold {length}, more than the chunk can have here");
        }

        ScratchBuffer buffer = ScratchBuffer.Rent(length);
        try
        {
            Decode(encoded, buffer.Span);
            return buffer;
        }
        catch
        {
            buffer.Dispose();
            throw;
        }
    }

    protected override int Decode(ReadOnlySpan<byte> encoded, Span<byte> decoded)
    {
        int length = ReadLength(encoded);
        if (length != decoded.Length)
        {
            return length;
        }

        ReadOnlySpan<byte> block = encoded[HeaderLength..];
        int written = length > 0 ? LZ4Codec.Decode(block, decoded) : block is [EmptyBlock] ? 0 : -1;
        if (written != length)
        {
            ThrowCorrupt($"the block is damaged or does not hold the {length} bytes that it should");
        }

        return length;
    }

    protected override int Encode(ReadOnlySpan<byte> decoded, Span<byte> encoded)
    {
        if (decoded.Length > MaxLength)
        {
            throw new UnsupportedFormatException($"codec {name}: a block cannot hold {decoded.Length} bytes, at most {MaxLength}");
        }

        BinaryPrimitives.WriteInt32LittleEndian(encoded, decoded.Length);
        if (decoded.IsEmpty)
        {
            encoded[HeaderLength] = EmptyBlock;
            return HeaderLength + 1;
        }

        return HeaderLength + LZ4Codec.Encode(decoded, encoded[HeaderLength..]);
    }

    private int ReadLength(ReadOnlySpan<byte> encoded)
    {
        if (encoded.Length <= HeaderLength)
        {
            ThrowCorrupt($"{encoded.Length} bytes are too few");
        }

        int length = BinaryPrimitives.ReadInt32LittleEndian(encoded);
        if (length is < 0 or > MaxLength)
        {
            ThrowCorrupt($"it says that it holds {(uint)length} bytes");
        }

        return length;
    }
}

using System.Text.Json.Nodes;
using OcdbtSharp.KvStore;
using OcdbtSharp.KvStore.Buffers;

namespace OcdbtSharp.Zarr3.Codecs;

/// <summary>
/// blosc: a shuffle and a compressor, block by block. Version 3:
/// <c>{"name": "blosc", "configuration": {"cname": "lz4", "clevel": 5, "shuffle": "shuffle", "typesize": 4, "blocksize": 0}}</c>; version 2:
/// <c>{"id": "blosc", "cname": "lz4", "clevel": 5, "shuffle": -1, "blocksize": 0}</c>, where the type size is that of the elements.
/// https://zarr-specs.readthedocs.io/en/latest/v3/codecs/blosc/
/// </summary>
/// <param name="name">Its name in the metadata.</param>
/// <param name="options">How frames are written.</param>
/// <param name="shuffle">The shuffle as version 2 gives it, -1 where it is left to the type size; null in version 3, which names it.</param>
internal sealed class BloscCodec(string name, BloscOptions options, int? shuffle) : SpanCodec, IStreamingCodec
{
    /// <summary>In version 2: a bit shuffle for elements of one byte, otherwise a byte shuffle.</summary>
    public const int AutoShuffle = -1;

    /// <summary>That of the compressor inside that repeats most, which is Zstandard.</summary>
    private const long MaxExpansion = 1 << 15;

    public override string Name => name;

    public StreamDecoder OpenDecoder() => new BloscStreamDecoder();

    public override CodecSpec ToSpec(ZarrFormat format)
    {
        JsonObject configuration = new()
        {
            ["blocksize"] = options.BlockSize,
            ["clevel"] = options.Level,
            ["cname"] = BloscOptions.CompressorNames[(int)options.Compressor],
            ["shuffle"] = shuffle is { } number ? number : BloscOptions.ShuffleNames[(int)options.Shuffle],
        };
        if (shuffle is null && options.Shuffle != BloscShuffle.None)
        {
            configuration["typesize"] = options.TypeSize;
        }

        return new CodecSpec(name, configuration);
    }

    public override long MaxEncodedLength(long decodedLength) => decodedLength + BloscHeader.Length;

    public override long MaxDecodedLength(long encodedLength) =>
        encodedLength > BloscHeader.MaxDataLength / MaxExpansion ? BloscHeader.MaxDataLength : encodedLength * MaxExpansion;

    public override ScratchBuffer Decode(ReadOnlyLongSpan encoded, long limit, out long length)
    {
        if (!encoded.TryGetSpan(out ReadOnlySpan<byte> frame))
        {
            ThrowCorrupt($"{encoded.Length} bytes are more than a frame can have");
        }

        length = BloscDecoder.DecodedLength(frame);
        if (length > Math.Min(limit, MaxDecodedLength(frame.Length)))
        {
            ThrowCorrupt($"the frame of {frame.Length} bytes says that it holds {length}, more than the chunk can have here");
        }

        ScratchBuffer buffer = ScratchBuffer.Rent(length);
        try
        {
            BloscDecoder.Decode(frame, buffer.Span.Window(0, (int)length));
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
        BloscDecoder.Decode(encoded, decoded);
        return decoded.Length;
    }

    protected override int Encode(ReadOnlySpan<byte> decoded, Span<byte> encoded) => decoded.Length <= BloscHeader.MaxDataLength
        ? BloscEncoder.Encode(decoded, options, encoded)
        : throw new UnsupportedFormatException($"codec {name}: a frame cannot hold {decoded.Length} bytes, at most {BloscHeader.MaxDataLength}");
}

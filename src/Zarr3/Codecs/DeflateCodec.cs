using System.Text.Json.Nodes;

namespace OcdbtSharp.Zarr3.Codecs;

/// <summary>
/// gzip and zlib. Version 3: <c>{"name": "gzip", "configuration": {"level": 6}}</c>; version 2: <c>{"id": "gzip", "level": 1}</c>, <c>{"id": "zlib", "level": 1}</c>.
/// </summary>
internal sealed class DeflateCodec(string name, DeflateFormat deflate, int level) : SpanCodec, IStreamingCodec
{
    /// <summary>258 bytes from 2 bits.</summary>
    private const long MaxExpansion = 1032;

    public override string Name => name;

    public StreamDecoder OpenDecoder() => new InflateStreamDecoder(name, deflate);

    public override CodecSpec ToSpec(ZarrFormat format) => new(name, new JsonObject { ["level"] = level });

    public override long MaxEncodedLength(long decodedLength) => Deflate.MaxEncodedLength(decodedLength);

    public override long MaxDecodedLength(long encodedLength) => encodedLength > long.MaxValue / MaxExpansion ? long.MaxValue : encodedLength * MaxExpansion;

    protected override int Decode(ReadOnlySpan<byte> encoded, Span<byte> decoded)
    {
        if (Deflate.TryDecode(encoded, decoded, deflate, out int written))
        {
            return written;
        }

        if (written < decoded.Length)
        {
            ThrowCorrupt("the compressed bytes are damaged or cut off");
        }

        return int.MaxValue;
    }

    protected override int Encode(ReadOnlySpan<byte> decoded, Span<byte> encoded) => Deflate.Encode(decoded, encoded, deflate, level);
}

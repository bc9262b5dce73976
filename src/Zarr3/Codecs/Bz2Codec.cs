using System.Text.Json.Nodes;

namespace OcdbtSharp.Zarr3.Codecs;

/// <summary>bzip2. TensorStore and numcodecs: <c>{"id": "bz2", "level": 1}</c>.</summary>
internal sealed class Bz2Codec(string name, int level) : SpanCodec
{
    /// <summary>More than the 255 × 900000 / 5 bytes of a block, from less than the fewest bytes that a block takes.</summary>
    private const long MaxExpansion = 1 << 22;

    public override string Name => name;

    public override CodecSpec ToSpec(ZarrFormat format) => new(name, new JsonObject { ["level"] = level });

    public override long MaxEncodedLength(long decodedLength) => decodedLength + (decodedLength / 50) + 1024;

    public override long MaxDecodedLength(long encodedLength) => encodedLength > long.MaxValue / MaxExpansion ? long.MaxValue : encodedLength * MaxExpansion;

    protected override int Decode(ReadOnlySpan<byte> encoded, Span<byte> decoded) => Bz2Decoder.Decode(encoded, decoded);

    protected override int Encode(ReadOnlySpan<byte> decoded, Span<byte> encoded) => Bz2Encoder.Encode(decoded, encoded, level);
}

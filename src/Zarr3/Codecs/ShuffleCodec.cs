using System.Text.Json.Nodes;
using OcdbtSharp.KvStore;

namespace OcdbtSharp.Zarr3.Codecs;

/// <summary>The first bytes of all elements, then the second ones, and so on. numcodecs: <c>{"id": "shuffle", "elementsize": 4}</c>.</summary>
internal sealed class ShuffleCodec(string name, int elementSize) : SpanCodec
{
    public override string Name => name;

    public override CodecSpec ToSpec(ZarrFormat format) => new(name, new JsonObject { ["elementsize"] = elementSize });

    public override long? EncodedLength(long decodedLength) => decodedLength;

    public override long MaxEncodedLength(long decodedLength) => decodedLength;

    public override long MaxDecodedLength(long encodedLength) => encodedLength;

    protected override int Decode(ReadOnlySpan<byte> encoded, Span<byte> decoded)
    {
        if (elementSize > 1 && encoded.Length % elementSize != 0)
        {
            ThrowCorrupt($"{encoded.Length} bytes are not a whole number of elements of {elementSize}");
        }

        if (encoded.Length <= decoded.Length)
        {
            Apply(encoded, decoded[..encoded.Length], encode: false);
        }

        return encoded.Length;
    }

    protected override int Encode(ReadOnlySpan<byte> decoded, Span<byte> encoded)
    {
        if (elementSize > 1 && decoded.Length % elementSize != 0)
        {
            throw new UnsupportedFormatException($"codec {name}: {decoded.Length} bytes are not a whole number of elements of {elementSize}");
        }

        Apply(decoded, encoded[..decoded.Length], encode: true);
        return decoded.Length;
    }

    private void Apply(ReadOnlySpan<byte> source, Span<byte> target, bool encode)
    {
        if (elementSize <= 1)
        {
            source.CopyTo(target);
        }
        else if (encode)
        {
            ByteShuffle.Shuffle(source, target, elementSize);
        }
        else
        {
            ByteShuffle.Unshuffle(source, target, elementSize);
        }
    }
}

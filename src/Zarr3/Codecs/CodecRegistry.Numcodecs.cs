using OcdbtSharp.KvStore;
using OcdbtSharp.Zarr3.V2;

namespace OcdbtSharp.Zarr3.Codecs;

/// <summary>The options of the filters of numcodecs.</summary>
internal static partial class CodecRegistry
{
    private const int MaxElementSize = 1 << 20;

    private static ShuffleCodec Shuffle(CodecOptions options, int defaultSize) =>
        new(options.Codec, options.GetInt32("elementsize", defaultSize, 0, MaxElementSize));

    private static string? Location(CodecOptions options) => options.TryGet("location") is null ? null
        : options.GetString("location", null) is ChecksumCodec.Start or ChecksumCodec.End ? options.GetString("location", null)
        : throw options.Bad("location", options.TryGet("location"), $"\"{ChecksumCodec.Start}\" or \"{ChecksumCodec.End}\"");

    private static DeltaFilter Delta(CodecOptions options, DataType? elements)
    {
        (NumberFormat decoded, NumberFormat encoded) = NumberFormats(options, elements);
        return new DeltaFilter(options.Codec, options.ToJson()!, decoded, encoded);
    }

    private static FixedScaleOffsetFilter FixedScaleOffset(CodecOptions options, DataType? elements)
    {
        (NumberFormat decoded, NumberFormat encoded) = NumberFormats(options, elements);
        (double scale, long? wholeScale) = options.GetNumber("scale");
        (double offset, long? wholeOffset) = options.GetNumber("offset");
        return scale != 0
            ? new FixedScaleOffsetFilter(options.Codec, options.ToJson()!, decoded, encoded, new(offset, wholeOffset), new(scale, wholeScale))
            : throw options.Bad("scale", options.TryGet("scale"), "a number that is not 0");
    }

    /// <summary>The types before and behind a filter: the first is that of the elements unless it is given, the second the first.</summary>
    private static (NumberFormat Decoded, NumberFormat Encoded) NumberFormats(CodecOptions options, DataType? elements)
    {
        NumberFormat decoded = options.TryGet("dtype") is null && elements is not null
            ? NumberFormat.Of(elements, bigEndian: false, options.Codec)
            : ReadNumberFormat(options, "dtype");
        NumberFormat encoded = options.TryGet("astype") is null ? decoded : ReadNumberFormat(options, "astype");
        if (elements is not null && (decoded.IsBigEndian || encoded.IsBigEndian))
        {
            throw new UnsupportedFormatException($"codec {options.Codec}: big-endian types are not supported in version 3, where the codec bytes orders bytes");
        }

        return (decoded, encoded);
    }

    /// <summary>A type as numpy spells it: with a byte order, without one, or by its name.</summary>
    private static NumberFormat ReadNumberFormat(CodecOptions options, string name)
    {
        string text = options.GetString(name, null);
        (DataType type, bool bigEndian) = DataType.TryParse(text) is { } named ? (named, false)
            : V2DataType.ParseText(text.Length > 0 && text[0] is '<' or '>' or '|' ? text : "<" + text);
        return NumberFormat.Of(type, bigEndian, options.Codec);
    }
}

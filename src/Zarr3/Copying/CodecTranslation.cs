using System.Text.Json.Nodes;
using OcdbtSharp.KvStore;
using OcdbtSharp.Zarr3.Codecs;

namespace OcdbtSharp.Zarr3.Copying;

/// <summary>The codecs of an array in the words of the other version, or of the same one for other elements.</summary>
internal static class CodecTranslation
{
    private const string NumcodecsPrefix = "numcodecs.";

    // Those that both versions know by the same name.
    private static readonly string[] Common = ["blosc", "crc32c", "gzip", "zstd"];

    // As version 3 names what version 2 counts.
    private static readonly string[] Shuffles = ["noshuffle", "shuffle", "bitshuffle"];

    /// <summary>The codecs of the smallest part that is stored: of an inner chunk where there are shards.</summary>
    /// <param name="source">The array.</param>
    /// <param name="target">The version to name them for.</param>
    public static IReadOnlyList<ZarrCodec> Translate(ArrayMetadata source, ZarrFormat target)
    {
        CodecPipeline pipeline = source.Codecs;
        while (pipeline.Sharding is { } sharding)
        {
            pipeline = sharding.Inner;
        }

        List<ZarrCodec> elements = [];
        List<ZarrCodec> bytes = [];
        foreach (Codec codec in pipeline.Codecs)
        {
            switch (codec)
            {
                case BytesCodec { Order.IsNative: true }:
                    break;
                case BytesCodec when source.DataType.Kind == DataTypeKind.Structure:
                    throw new UnsupportedFormatException("the byte orders of a structure's fields cannot be copied");
                case BytesCodec:
                    bytes.Add(ZarrCodec.Bytes(bigEndian: true));
                    break;
                case TransposeCodec transpose:
                    elements.Add(ZarrCodec.Transpose(transpose.Order));
                    break;
                default:
                    // In version 2 filters work on bytes, in version 3 on elements.
                    (codec is ArrayToArrayCodec or BytesFilterCodec ? elements : bytes).Add(Translate(codec.ToSpec(source.Format), source.Format, target));
                    break;
            }
        }

        return [.. elements, .. bytes];
    }

    private static ZarrCodec Translate(CodecSpec spec, ZarrFormat from, ZarrFormat target)
    {
        JsonObject configuration = spec.Configuration?.DeepClone().AsObject() ?? new JsonObject();
        if (spec.Name == "blosc")
        {
            // The type size is that of the elements, whatever they become.
            configuration.Remove("typesize");
            Rename(configuration, from, target);
        }

        string name = spec.Name;
        if (from == ZarrFormat.V2 && target == ZarrFormat.V3 && (!Common.Contains(name) || configuration.ContainsKey("location")))
        {
            name = NumcodecsPrefix + name;
        }
        else if (target == ZarrFormat.V2)
        {
            name = name.StartsWith(NumcodecsPrefix, StringComparison.Ordinal) ? name[NumcodecsPrefix.Length..] : name;
            configuration.Remove("checksum");
        }

        return ZarrCodec.Of(name, configuration.Count == 0 ? null : configuration.ToJsonString());
    }

    private static void Rename(JsonObject blosc, ZarrFormat from, ZarrFormat target)
    {
        if (from == target || blosc["shuffle"] is not JsonValue shuffle)
        {
            return;
        }

        blosc.Remove("shuffle");
        if (target == ZarrFormat.V2)
        {
            blosc["shuffle"] = Array.IndexOf(Shuffles, shuffle.GetValue<string>());
        }
        else if (shuffle.GetValue<int>() is >= 0 and int number)
        {
            blosc["shuffle"] = Shuffles[number];
        }
    }
}

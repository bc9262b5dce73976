using System.Globalization;
using System.Text.Json;
using OcdbtSharp.Zarr3;

namespace OcdbtSharp.Cli.Commands.Zarr;

/// <summary>Codecs as a person names them: <c>zstd:5</c>, <c>blosc:{"cname":"zstd"}</c>, <c>none</c>.</summary>
internal static class CodecText
{
    private const string None = "none";

    /// <summary>The codecs that metadata name, in the order of encoding.</summary>
    public static string Of(JsonElement metadata)
    {
        if (metadata.TryGetProperty("codecs", out JsonElement codecs))
        {
            return Chain(codecs);
        }

        List<string> names = [];
        if (metadata.TryGetProperty("filters", out JsonElement filters) && filters.ValueKind == JsonValueKind.Array)
        {
            names.AddRange(filters.EnumerateArray().Select(Version2Name));
        }

        if (metadata.TryGetProperty("compressor", out JsonElement compressor) && compressor.ValueKind == JsonValueKind.Object)
        {
            names.Add(Version2Name(compressor));
        }

        return names.Count == 0 ? None : string.Join(", ", names);
    }

    /// <summary>Parses the codecs of a command line; null where none are given.</summary>
    /// <exception cref="UsageException">One is not of the form NAME, NAME:NUMBER or NAME:JSON.</exception>
    public static IReadOnlyList<ZarrCodec>? Parse(string[]? texts) =>
        texts is null or [] ? null
        : texts is [None] ? []
        : [.. texts.Select(Parse)];

    private static ZarrCodec Parse(string text)
    {
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        string name = colon < 0 ? text : text[..colon];
        string? rest = colon < 0 ? null : text[(colon + 1)..];
        if (name.Length == 0 || name == None)
        {
            throw new UsageException($"'{text}' is not a codec of the form NAME, NAME:LEVEL or NAME:JSON; 'none' stands alone.");
        }

        if (int.TryParse(rest, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number))
        {
            string option = name switch { "blosc" => "clevel", "lz4" or "numcodecs.lz4" => "acceleration", _ => "level" };
            rest = string.Create(CultureInfo.InvariantCulture, $"{{\"{option}\":{number}}}");
        }

        return ZarrCodec.Of(name, rest ?? Defaults(name));
    }

    // What the metadata of both versions must say, where the command line does not.
    private static string? Defaults(string name) => name switch
    {
        "blosc" => """{"cname":"lz4","clevel":5,"blocksize":0}""",
        _ => null,
    };

    private static string Chain(JsonElement codecs) =>
        codecs.ValueKind == JsonValueKind.Array ? string.Join(", ", codecs.EnumerateArray().Select(Version3Name)) : codecs.GetRawText();

    private static string Version3Name(JsonElement codec)
    {
        if (codec.ValueKind != JsonValueKind.Object)
        {
            return codec.ToString();
        }

        string name = codec.GetProperty("name").GetString() ?? "";
        if (!codec.TryGetProperty("configuration", out JsonElement options) || options.ValueKind != JsonValueKind.Object)
        {
            return name;
        }

        return name switch
        {
            "sharding_indexed" when options.TryGetProperty("codecs", out JsonElement inner) => $"{name} ({Chain(inner)})",
            "bytes" => options.TryGetProperty("endian", out JsonElement endian) && endian.ValueEquals("big") ? "bytes big" : name,
            "transpose" => options.TryGetProperty("order", out JsonElement order) ? $"{name} {order.GetRawText()}" : name,
            _ => name + Suffix(options),
        };
    }

    private static string Version2Name(JsonElement codec) => $"{codec.GetProperty("id").GetString()}{Suffix(codec)}";

    private static string Suffix(JsonElement options) => options.TryGetProperty("cname", out JsonElement name) ? $" {name}"
        : options.TryGetProperty("level", out JsonElement level) ? $":{level}"
        : "";
}

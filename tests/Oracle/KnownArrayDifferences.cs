using System.Text.Json;
using System.Text.Json.Nodes;

namespace OcdbtSharp.Oracle.Tests;

/// <summary>
/// In what TensorStore, zarr-python and these libraries differ on purpose about arrays; docs/compatibility.md gives the reasons. What is not named here
/// is a fault.
/// </summary>
internal static class KnownArrayDifferences
{
    /// <summary>What is said of a library that is not asked at all.</summary>
    public const string Death = "its process ends";

    private static readonly string[] TensorStoreV2 = ["blosc", "bz2", "gzip", "zlib", "zstd"];
    private static readonly string[] TensorStoreV3 = ["blosc", "bytes", "crc32c", "gzip", "sharding_indexed", "transpose", "zstd"];

    /// <summary>Whether the question would end the process: TensorStore checks raw bytes of version 3 with an assertion that does not hold.</summary>
    public static bool Dies(ArrayLibrary library, ArrayCase value) => library == ArrayLibrary.TensorStore && value is { Version: 3, Element.Name: "V3" };

    /// <summary>Whether Python cannot hold the answer: TensorStore's bytes become elements of no bytes.</summary>
    public static bool CannotRead(ArrayLibrary library, ArrayCase value) =>
        library == ArrayLibrary.TensorStore && value.Element.Name is "V3" or "S5" or "record";

    /// <summary>Whether a library creates an array, and then cannot write it, or writes what it does not read back.</summary>
    public static bool CannotWrite(ArrayLibrary library, ArrayCase value)
    {
        if (library != ArrayLibrary.ZarrPython)
        {
            return false;
        }

        // A filter of numcodecs hands on one axis, and takes what bytes gives it for little-endian.
        bool isFiltered = value.CodecNames.Any(name => name is "numcodecs.delta" or "numcodecs.fixedscaleoffset" or "numcodecs.packbits");
        return value.Codecs().Any(codec => Is(codec, "cname", "snappy"))
            || (isFiltered && (value.CodecNames.Contains("transpose") || value.Codecs().Any(codec => Is(codec, "endian", "big"))))
            || ((value.Shape.Length == 0 || value.Element.Name == "V3") && value.CodecNames.Contains("sharding_indexed"));
    }

    /// <summary>Whether a library leaves out chunks whose elements are equal to the fill value and yet have other bits: 0 and -0, and what is no number.</summary>
    public static bool TakesForFill(ArrayLibrary library, ArrayCase value) => library == ArrayLibrary.ZarrPython
        && (value.Element.IsFloat || value.Element.IsComplex)
        && value.Json["fill_value"]?.ToJsonString() is { } fill
        && (fill.Contains("-0.0", StringComparison.Ordinal) || fill.Contains("NaN", StringComparison.Ordinal) || fill.Contains("0x", StringComparison.Ordinal));

    /// <summary>Whether a library gives chunks that are not stored another NaN than the fill value says.</summary>
    public static bool LosesBitsOfNaN(ArrayLibrary library, ArrayCase value) => library == ArrayLibrary.ZarrPython
        && value.Element.Name == "float16"
        && value.Json["fill_value"]?.ToJsonString().Contains("0x", StringComparison.Ordinal) == true;

    private static bool Is(JsonElement codec, string option, string value) =>
        (codec.TryGetProperty("configuration", out JsonElement options) ? options : codec).TryGetProperty(option, out JsonElement found) && found.ValueEquals(value);

    /// <summary>Whether a library is known to refuse an array.</summary>
    public static bool Refuses(ArrayLibrary library, ArrayCase value, string message) => library switch
    {
        ArrayLibrary.TensorStore => message == Death
            || value.Element.Name is "uint2" or "uint4" or "U3" or "M8"
            || value.CodecNames.Except(value.Version == 2 ? TensorStoreV2 : TensorStoreV3).Any()
            || (value.Version == 2 && value.Json["filters"] is JsonArray { Count: > 0 })
            || message.Contains("sharding_indexed", StringComparison.Ordinal)
            || (value.Shape.Length < 2 && message.Contains("Expected \"order\" of \"F\"", StringComparison.Ordinal)),
        ArrayLibrary.ZarrPython => value.Element is { IsNumpy: false, Name: not ("V3" or "S5" or "pair" or "U3" or "M8") }
            || message.Contains("needs to be divisible by the shard's inner", StringComparison.Ordinal),
        _ => value.Element.Name is "U3" or "M8" || value.CodecNames.Any(name => name is "lzma" or "numcodecs.lzma"),
    };

    /// <summary>The metadata of another library and ours, in the same spelling where they say the same.</summary>
    public static (string Theirs, string Ours) Spellings(ArrayLibrary library, ArrayCase value, JsonNode theirs, JsonNode ours)
    {
        return library == ArrayLibrary.ZarrPython ? (Spell(Shorter(theirs.AsObject())), Spell(Shorter(ours.AsObject()))) : (Spell(theirs), Spell(ours));
    }

    /// <summary>zarr-python spells out what is empty or the default.</summary>
    private static JsonObject Shorter(JsonObject json)
    {
        foreach (string member in new[] { "attributes", "storage_transformers" })
        {
            if (json[member] is JsonObject { Count: 0 } or JsonArray { Count: 0 })
            {
                json.Remove(member);
            }
        }

        // It has one word for all that are no numbers.
        json["fill_value"] = json["fill_value"] is JsonArray parts ? new JsonArray([.. parts.Select(NaN)]) : NaN(json["fill_value"]);
        foreach (JsonObject codec in AllCodecs(json["codecs"]).Concat(AllCodecs(json["filters"])))
        {
            JsonObject options = codec["configuration"] as JsonObject ?? codec;
            if (options["index_location"]?.GetValue<string>() == "end")
            {
                options.Remove("index_location");
            }

            if (options["shuffle"] is JsonValue value && value.GetValueKind() == JsonValueKind.String && value.GetValue<string>() == "noshuffle")
            {
                options.Remove("typesize");
            }

            if (codec["name"]?.GetValue<string>() == "numcodecs.zstd" && options["checksum"]?.GetValue<bool>() == false)
            {
                options.Remove("checksum");
            }

            if (options["astype"] is JsonValue type && type.GetValue<string>() == options["dtype"]?.GetValue<string>())
            {
                options.Remove("astype");
            }
        }

        if (json["chunk_key_encoding"] is JsonObject encoding
            && encoding["configuration"]?["separator"]?.GetValue<string>() == (encoding["name"]!.GetValue<string>() == "default" ? "/" : "."))
        {
            encoding.Remove("configuration");
        }

        return json;
    }

    private static JsonNode? NaN(JsonNode? fill) => fill is JsonValue value && value.GetValueKind() == JsonValueKind.String
        && value.GetValue<string>().StartsWith("0x", StringComparison.Ordinal) ? "NaN" : fill?.DeepClone();

    private static IEnumerable<JsonObject> AllCodecs(JsonNode? list) => list is not JsonArray codecs ? [] : codecs.OfType<JsonObject>().SelectMany(codec =>
        AllCodecs(codec["configuration"]?["codecs"]).Concat(AllCodecs(codec["configuration"]?["index_codecs"])).Prepend(codec));

    // 1e15 and 1000000000000000.0 are the same, and 1 and 1.0 are not.
    private static string Number(string text) => text.AsSpan().IndexOfAny('.', 'e', 'E') < 0 ? text
        : double.Parse(text, System.Globalization.CultureInfo.InvariantCulture).ToString("E16", System.Globalization.CultureInfo.InvariantCulture);

    private static string Spell(JsonNode? node) => node switch
    {
        JsonObject json => "{" + string.Join(",", json.OrderBy(member => member.Key, StringComparer.Ordinal).Select(member => $"\"{member.Key}\":{Spell(member.Value)}")) + "}",
        JsonArray list => "[" + string.Join(",", list.Select(Spell)) + "]",
        JsonValue number when number.GetValueKind() == JsonValueKind.Number => Number(number.ToJsonString()),
        null => "null",
        _ => node.ToJsonString(),
    };
}

using System.Text.Json;
using OcdbtSharp.KvStore;
using OcdbtSharp.Zarr3.Codecs;

namespace OcdbtSharp.Zarr3.V3;

/// <summary>Reads <c>zarr.json</c> of an array; https://zarr-specs.readthedocs.io/en/latest/v3/core/.</summary>
internal static class V3Metadata
{
    public const string FileName = "zarr.json";

    private const string RawBits = "r";

    private static readonly HashSet<string> Members = new(StringComparer.Ordinal)
    {
        "zarr_format", "node_type", "shape", "data_type", "chunk_grid", "chunk_key_encoding", "fill_value", "codecs", "attributes",
        "dimension_names", "storage_transformers",
    };

    public static ArrayMetadata Parse(JsonElement json)
    {
        MetadataJson.CheckFormat(json, 3);
        JsonElement nodeType = json.Required("node_type");
        if (nodeType.ValueKind != JsonValueKind.String || !nodeType.ValueEquals("array"))
        {
            throw MetadataJson.Bad("node_type", nodeType, "\"array\"");
        }

        CheckMembers(json);
        long[] shape = MetadataJson.Extents(json, "shape", 0, null);
        DataType type = ParseDataType(json.Required("data_type"));
        JsonElement fill = json.Required("fill_value");
        ChunkSpec chunk = new(ParseGrid(json.Required("chunk_grid"), shape.Length), type, MetadataJson.Simplify(FillValue.Parse(fill, type)));
        return new ArrayMetadata
        {
            Format = ZarrFormat.V3,
            Shape = shape,
            Codecs = CodecRegistry.CreatePipeline(json.Required("codecs"), chunk),
            KeyEncoding = ParseKeyEncoding(json.Required("chunk_key_encoding")),
            DimensionNames = ParseDimensionNames(json, shape.Length),
            Attributes = MetadataJson.Attributes(json),
            Json = json,
        };
    }

    /// <summary>Refuses extensions that must be understood, which is every one that does not say otherwise.</summary>
    private static void CheckMembers(JsonElement json)
    {
        foreach (JsonProperty member in json.EnumerateObject())
        {
            bool known = Members.Contains(member.Name);
            if (!known && !(member.Value.ValueKind == JsonValueKind.Object
                && member.Value.TryGetProperty("must_understand", out JsonElement must) && must.ValueKind == JsonValueKind.False))
            {
                throw new UnsupportedFormatException($"the extension \"{member.Name}\" is not known, and must be understood");
            }
        }

        if (json.TryGetProperty("storage_transformers", out JsonElement transformers)
            && (transformers.ValueKind != JsonValueKind.Array || transformers.GetArrayLength() > 0))
        {
            throw new UnsupportedFormatException($"storage transformers are not supported: {transformers.GetRawText()}");
        }
    }

    private static DataType ParseDataType(JsonElement element)
    {
        (string name, _) = NamedConfiguration.Read(element, "data type");
        if (element.ValueKind == JsonValueKind.String && DataType.TryParse(name) is { } type)
        {
            return type;
        }

        if (name.StartsWith(RawBits, StringComparison.Ordinal) && int.TryParse(name.AsSpan(1), out int bits) && bits > 0 && bits % 8 == 0)
        {
            return DataType.Raw(bits / 8);
        }

        throw new UnsupportedFormatException($"data type \"{name}\" is not known; known are {string.Join(", ", DataType.Names)}");
    }

    private static long[] ParseGrid(JsonElement element, int rank)
    {
        (string name, JsonElement configuration) = NamedConfiguration.Read(element, "chunk grid");
        if (name != "regular")
        {
            throw new UnsupportedFormatException($"chunk grid \"{name}\" is not known; known is regular");
        }

        return configuration.ValueKind == JsonValueKind.Object
            ? MetadataJson.Extents(configuration, "chunk_shape", 1, rank)
            : throw MetadataJson.Bad("chunk_grid", element, "a configuration with a \"chunk_shape\"");
    }

    private static ChunkKeyEncoding ParseKeyEncoding(JsonElement element)
    {
        (string name, JsonElement configuration) = NamedConfiguration.Read(element, "chunk key encoding");
        if (name is not ("default" or "v2"))
        {
            throw new UnsupportedFormatException($"chunk key encoding \"{name}\" is not known; known are default and v2");
        }

        bool isDefault = name == "default";
        char separator = isDefault ? '/' : '.';
        if (configuration.ValueKind == JsonValueKind.Object && configuration.TryGetProperty("separator", out JsonElement given))
        {
            separator = given.ValueKind == JsonValueKind.String && given.GetString() is "/" or "."
                ? given.GetString()![0]
                : throw MetadataJson.Bad("separator", given, "\"/\" or \".\"");
        }

        return new ChunkKeyEncoding(isDefault, separator);
    }

    private static string?[]? ParseDimensionNames(JsonElement json, int rank)
    {
        if (!json.TryGetProperty("dimension_names", out JsonElement names) || names.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        if (names.ValueKind != JsonValueKind.Array || names.GetArrayLength() != rank
            || names.EnumerateArray().Any(name => name.ValueKind is not (JsonValueKind.String or JsonValueKind.Null)))
        {
            throw MetadataJson.Bad("dimension_names", names, $"a list of {rank} names, each a text or null");
        }

        return [.. names.EnumerateArray().Select(name => name.GetString())];
    }
}

using System.Text.Json;
using System.Text.Json.Nodes;
using OcdbtSharp.KvStore;
using OcdbtSharp.Zarr3.Codecs;

namespace OcdbtSharp.Zarr3.V3;

/// <summary>Reads and writes <c>zarr.json</c> of an array; https://zarr-specs.readthedocs.io/en/latest/v3/core/.</summary>
internal static class V3Metadata
{
    public const string FileName = "zarr.json";

    private const string RawBits = "r";
    private const string RawBytes = "raw_bytes";
    private const string LengthBytes = "length_bytes";

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
        ChunkSpec chunk = new(ParseGrid(json.Required("chunk_grid"), shape.Length), type, MetadataJson.Simplify(FillValue.Parse(fill, type, ZarrFormat.V3)));
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

    public static JsonObject Encode(ArrayMetadata metadata)
    {
        JsonObject json = new()
        {
            ["zarr_format"] = 3,
            ["node_type"] = "array",
            ["shape"] = MetadataJson.Write(metadata.Shape),
            ["data_type"] = ToJson(metadata.DataType),
            ["chunk_grid"] = Named("regular", new JsonObject { ["chunk_shape"] = MetadataJson.Write(metadata.ChunkShape) }),
            ["chunk_key_encoding"] = EncodeKeys(metadata.KeyEncoding),
            ["fill_value"] = FillValue.Encode(metadata.FillValue, metadata.DataType, ZarrFormat.V3),
            ["codecs"] = metadata.Codecs.ToJson(),
        };
        if (metadata.DimensionNames is { } names && names.Any(name => name is not null))
        {
            json["dimension_names"] = new JsonArray([.. names.Select(name => (JsonNode?)name)]);
        }

        if (metadata.Attributes.ValueKind == JsonValueKind.Object && metadata.Attributes.EnumerateObject().Any())
        {
            json["attributes"] = JsonObject.Create(metadata.Attributes);
        }

        if (metadata.Json.ValueKind == JsonValueKind.Object)
        {
            foreach (JsonProperty extension in metadata.Json.EnumerateObject().Where(member => !Members.Contains(member.Name)))
            {
                json[extension.Name] = JsonObject.Create(extension.Value);
            }
        }

        return json;
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

    public static DataType ParseDataType(JsonElement element)
    {
        (string name, JsonElement configuration) = NamedConfiguration.Read(element, "data type");
        bool isPlain = configuration.ValueKind != JsonValueKind.Object || !configuration.EnumerateObject().Any();
        if (isPlain && DataType.TryParse(name) is { } type)
        {
            return type;
        }

        if (isPlain && name.StartsWith(RawBits, StringComparison.Ordinal) && int.TryParse(name.AsSpan(1), out int bits) && bits > 0 && bits % 8 == 0)
        {
            return DataType.Raw(bits / 8);
        }

        if (name == RawBytes && !isPlain && configuration.TryGetProperty(LengthBytes, out JsonElement length)
            && length.ValueKind == JsonValueKind.Number && length.TryGetInt32(out int bytes) && bytes > 0 && bytes <= int.MaxValue / 8)
        {
            return DataType.Raw(bytes);
        }

        throw new UnsupportedFormatException($"data type \"{name}\" is not known; known are {string.Join(", ", DataType.Names)}");
    }

    /// <summary>A data type as it is written; raw bytes by the name that both TensorStore and zarr-python know.</summary>
    public static JsonNode ToJson(DataType type) => type.Kind switch
    {
        DataTypeKind.Bytes => Named(RawBytes, new JsonObject { [LengthBytes] = type.Size }),
        DataTypeKind.Structure => throw new UnsupportedFormatException("structures are not supported in version 3"),
        _ => JsonValue.Create(type.Name),
    };

    public static JsonObject Named(string name, JsonObject? configuration)
    {
        JsonObject json = new() { ["name"] = name };
        if (configuration is not null)
        {
            json["configuration"] = configuration;
        }

        return json;
    }

    private static JsonObject EncodeKeys(ChunkKeyEncoding encoding)
    {
        char usual = encoding.IsDefault ? '/' : '.';
        return Named(
            encoding.IsDefault ? "default" : "v2",
            encoding.Separator == usual ? null : new JsonObject { ["separator"] = encoding.Separator.ToString() });
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

using System.Text.Json;
using System.Text.Json.Nodes;
using OcdbtSharp.Zarr3.Codecs;

namespace OcdbtSharp.Zarr3.V2;

/// <summary>
/// Reads and writes <c>.zarray</c>, in the terms of version 3: the order of the axes becomes a transpose, the byte order of the data type
/// the codec <c>bytes</c>, filters and compressor codecs behind it. https://zarr-specs.readthedocs.io/en/latest/v2/v2.0.html
/// </summary>
internal static class V2Metadata
{
    public const string FileName = ".zarray";
    public const string AttributesFileName = ".zattrs";

    public static ArrayMetadata Parse(JsonElement json)
    {
        MetadataJson.CheckFormat(json, 2);
        long[] shape = MetadataJson.Extents(json, "shape", 0, null);
        long[] chunks = MetadataJson.Extents(json, "chunks", 1, shape.Length);
        V2DataType type = V2DataType.Parse(json.Required("dtype"));
        JsonElement fill = json.Required("fill_value");
        bool hasFill = fill.ValueKind != JsonValueKind.Null;
        ChunkSpec chunk = new(chunks, type.Type, hasFill ? MetadataJson.Simplify(FillValue.Parse(fill, type.Type, ZarrFormat.V2)) : null);
        if (type.Type.Kind == DataTypeKind.Structure && chunk.FillValue is not null)
        {
            type.Order.Swap(chunk.FillValue.AsSpan());
        }

        return new ArrayMetadata
        {
            Format = ZarrFormat.V2,
            Shape = shape,
            Codecs = new CodecPipeline(chunk, ParseCodecs(json, chunk, type)),
            KeyEncoding = new ChunkKeyEncoding(false, ParseSeparator(json)),
            HasFillValue = hasFill,
            HasCompressor = json.Required("compressor").ValueKind != JsonValueKind.Null,
            Json = json,
        };
    }

    public static JsonObject Encode(ArrayMetadata metadata)
    {
        BytesCodec bytes = metadata.Codecs.Codecs.OfType<BytesCodec>().Single();
        JsonNode[] codecs = [.. metadata.Codecs.Codecs.Where(codec => codec is not (BytesCodec or TransposeCodec)).Select(codec => codec.ToSpec(ZarrFormat.V2).ToJson(ZarrFormat.V2))];
        JsonNode? compressor = metadata.HasCompressor ? codecs[^1] : null;
        JsonNode[] filters = metadata.HasCompressor ? codecs[..^1] : codecs;
        return new JsonObject
        {
            ["zarr_format"] = 2,
            ["shape"] = MetadataJson.Write(metadata.Shape),
            ["chunks"] = MetadataJson.Write(metadata.ChunkShape),
            ["dtype"] = new V2DataType(metadata.DataType, bytes.Order).ToJson(),
            ["compressor"] = compressor,
            ["fill_value"] = metadata.HasFillValue ? EncodeFill(metadata, bytes.Order) : null,
            ["order"] = metadata.Codecs.Codecs[0] is TransposeCodec ? "F" : "C",
            ["filters"] = filters.Length > 0 ? new JsonArray(filters) : null,
            ["dimension_separator"] = metadata.KeyEncoding.Separator.ToString(),
        };
    }

    private static JsonNode EncodeFill(ArrayMetadata metadata, ByteOrder order)
    {
        byte[]? value = metadata.FillValue;
        if (value is not null && metadata.DataType.Kind == DataTypeKind.Structure)
        {
            value = [.. value];
            order.Swap(value.AsSpan());
        }

        return FillValue.Encode(value, metadata.DataType, ZarrFormat.V2);
    }

    private static List<Codec> ParseCodecs(JsonElement json, ChunkSpec chunk, V2DataType type)
    {
        List<Codec> codecs = [];
        ChunkSpec stored = chunk;
        JsonElement order = json.Required("order");
        switch (order.ValueKind == JsonValueKind.String ? order.GetString() : null)
        {
            case "C":
                break;
            case "F":
                TransposeCodec transpose = new([.. Enumerable.Range(0, chunk.Shape.Length).Reverse()]);
                codecs.Add(transpose);
                stored = transpose.Resolve(chunk);
                break;
            default:
                throw MetadataJson.Bad("order", order, "\"C\" or \"F\"");
        }

        codecs.Add(new BytesCodec(stored, type.Order, null));
        List<JsonElement> named = [];
        if (json.TryGetProperty("filters", out JsonElement filters) && filters.ValueKind != JsonValueKind.Null)
        {
            named.AddRange(filters.ValueKind == JsonValueKind.Array ? filters.EnumerateArray() : throw MetadataJson.Bad("filters", filters, "a list or null"));
        }

        JsonElement compressor = json.Required("compressor");
        if (compressor.ValueKind != JsonValueKind.Null)
        {
            named.Add(compressor);
        }

        codecs.AddRange(CodecRegistry.CreateBytesCodecs(named, type.Type));
        return codecs;
    }

    private static char ParseSeparator(JsonElement json)
    {
        if (!json.TryGetProperty("dimension_separator", out JsonElement separator))
        {
            return '.';
        }

        return separator.ValueKind == JsonValueKind.String && separator.GetString() is "/" or "."
            ? separator.GetString()![0]
            : throw MetadataJson.Bad("dimension_separator", separator, "\"/\" or \".\"");
    }
}

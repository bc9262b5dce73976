using System.Text.Json;
using System.Text.Json.Nodes;
using OcdbtSharp.KvStore;
using OcdbtSharp.Zarr3.Codecs;
using OcdbtSharp.Zarr3.V2;
using OcdbtSharp.Zarr3.V3;

namespace OcdbtSharp.Zarr3.Writing;

/// <summary>
/// The metadata of an array that is to be created:
/// 1. the options become members of the metadata file, over which go those that the caller gives as JSON;
/// 2. what is still missing gets its default;
/// 3. the whole is read like a file, which checks it, and written again in the spelling of TensorStore.
/// </summary>
internal sealed class NewMetadata
{
    private readonly JsonObject _asked;

    private NewMetadata(JsonObject asked, ArrayMetadata metadata)
    {
        _asked = asked;
        Metadata = metadata;
    }

    /// <summary>The metadata.</summary>
    public ArrayMetadata Metadata { get; }

    /// <exception cref="ArgumentException">The options do not make an array; the message names the member.</exception>
    /// <exception cref="UnsupportedFormatException">They ask for something that is not known.</exception>
    public static NewMetadata Of(ArrayCreateOptions options)
    {
        try
        {
            JsonObject? given = options.Metadata is { } metadata
                ? JsonObject.Create(metadata) ?? throw new ArgumentException("The metadata is not a JSON object.", nameof(options))
                : null;
            ZarrFormat format = given?["zarr_format"] is { } version ? ParseFormat(version) : options.Format;
            JsonObject asked = format == ZarrFormat.V2 ? V2Members(options) : V3Members(options);
            foreach ((string name, JsonNode? value) in given ?? [])
            {
                asked[name] = value?.DeepClone();
            }

            JsonObject whole = asked.DeepClone().AsObject();
            Complete(whole, format, asked);
            ArrayMetadata checkedMetadata = ArrayMetadata.Parse(JsonSpelling.ToElement(whole), format);

            // The spelling may say less than the options, such as the bits of a NaN in version 2; what is stored counts.
            byte[] file = JsonSpelling.Write(checkedMetadata.ToJson());
            return new NewMetadata(asked, ArrayMetadata.Parse(Zarr3.MetadataJson.Parse(file), format));
        }
        catch (Exception exception) when (exception is CorruptDataException or InvalidOperationException)
        {
            throw new ArgumentException($"The array cannot be created: {exception.Message}", nameof(options), exception);
        }
    }

    /// <summary>Checks that an array is as the options ask; what they leave open may be anything.</summary>
    /// <exception cref="ArgumentException">It is not; the message names the member.</exception>
    public void CheckAgainst(ArrayMetadata existing, string location)
    {
        JsonElement wanted = JsonSpelling.ToElement(Metadata.ToJson());
        JsonElement found = JsonSpelling.ToElement(existing.ToJson());
        foreach ((string name, _) in _asked)
        {
            string theirs = Spell(found, name);
            string ours = Spell(wanted, name);
            if (name != "attributes" && theirs != ours)
            {
                throw new ArgumentException($"The array {location} has \"{name}\" {theirs}; {ours} was asked for.");
            }
        }
    }

    private static string Spell(JsonElement json, string name) =>
        json.TryGetProperty(name, out JsonElement value) ? System.Text.Encoding.UTF8.GetString(JsonSpelling.Write(value)) : "missing";

    private static ZarrFormat ParseFormat(JsonNode version) => version.ToJsonString() switch
    {
        "2" => ZarrFormat.V2,
        "3" => ZarrFormat.V3,
        var text => throw new CorruptDataException($"\"zarr_format\" is {text}, expected 2 or 3"),
    };

    private static JsonObject V2Members(ArrayCreateOptions options)
    {
        Refuse(options.ShardShape is not null, "shards");
        Refuse(options.DimensionNames is not null, "dimension names");
        Refuse(options.Codecs.Any(codec => codec.Name == "sharding_indexed"), "shards");
        ZarrCodec? transpose = options.Codecs.FirstOrDefault(codec => codec.Name == "transpose");
        ZarrCodec? bytes = options.Codecs.FirstOrDefault(codec => codec.Name == "bytes");
        JsonNode[] codecs = [.. options.Codecs.Except([transpose, bytes]).Select(codec => (JsonNode)codec!.ToJson(ZarrFormat.V2))];
        JsonObject members = new() { ["zarr_format"] = 2 };
        AddExtents(members, "shape", options.Shape);
        AddExtents(members, "chunks", options.ChunkShape);
        if (options.DataType is { } type)
        {
            bool bigEndian = bytes?.Configuration is { ValueKind: JsonValueKind.Object } configuration
                && configuration.TryGetProperty("endian", out JsonElement endian) && endian.ValueEquals("big");
            members["dtype"] = new V2DataType(type, ByteOrder.Of(type, bigEndian)).ToJson();
            if (options.FillValue is { IsEmpty: false } fill)
            {
                members["fill_value"] = Zarr3.FillValue.Encode(CheckFill(fill, type), type, ZarrFormat.V2);
            }
        }

        members["compressor"] = codecs.Length > 0 ? codecs[^1] : null;
        members["filters"] = codecs.Length > 1 ? new JsonArray(codecs[..^1]) : null;
        members["order"] = transpose is null ? "C" : ReverseOrder(transpose, options.Shape?.Count);
        if (options.DimensionSeparator is { } separator)
        {
            members["dimension_separator"] = separator.ToString();
        }

        return members;
    }

    private static JsonObject V3Members(ArrayCreateOptions options)
    {
        JsonObject members = new() { ["zarr_format"] = 3, ["node_type"] = "array" };
        AddExtents(members, "shape", options.Shape);
        if (options.DataType is { } type)
        {
            members["data_type"] = V3Metadata.ToJson(type);
            if (options.FillValue is { IsEmpty: false } fill)
            {
                members["fill_value"] = Zarr3.FillValue.Encode(CheckFill(fill, type), type, ZarrFormat.V3);
            }
        }

        if ((options.ShardShape ?? options.ChunkShape) is { } chunkShape)
        {
            members["chunk_grid"] = V3Metadata.Named("regular", new JsonObject { ["chunk_shape"] = Zarr3.MetadataJson.Write([.. chunkShape]) });
        }

        if (options.ShardShape is not null)
        {
            IReadOnlyList<long> inner = options.ChunkShape
                ?? throw new ArgumentException("Shards need the shape of the chunks in them.", nameof(options));
            members["codecs"] = ZarrCodec.Chain([ZarrCodec.Sharding([.. inner], options.Codecs)]);
        }
        else if (options.Codecs.Count > 0)
        {
            members["codecs"] = ZarrCodec.Chain(options.Codecs);
        }

        if (options.DimensionSeparator is { } separator)
        {
            members["chunk_key_encoding"] = V3Metadata.Named("default", new JsonObject { ["separator"] = separator.ToString() });
        }

        if (options.DimensionNames is { } names)
        {
            members["dimension_names"] = new JsonArray([.. names.Select(name => (JsonNode?)name)]);
        }

        if (options.Attributes is { } attributes)
        {
            members["attributes"] = JsonObject.Create(attributes) ?? throw new ArgumentException("The attributes are not a JSON object.", nameof(options));
        }

        return members;
    }

    /// <summary>Adds what neither options nor JSON say.</summary>
    private static void Complete(JsonObject whole, ZarrFormat format, JsonObject asked)
    {
        JsonArray wholeArray = [.. asked["shape"] is JsonArray shape ? shape.Select(extent => (JsonNode)Math.Max(1, extent!.GetValue<long>())) : []];
        whole.TryAdd("fill_value", format == ZarrFormat.V2 ? null : DefaultFill(whole));
        if (format == ZarrFormat.V2)
        {
            whole.TryAdd("chunks", wholeArray);
            return;
        }

        whole.TryAdd("chunk_grid", V3Metadata.Named("regular", new JsonObject { ["chunk_shape"] = wholeArray }));
        whole.TryAdd("chunk_key_encoding", V3Metadata.Named("default", null));
        whole.TryAdd("codecs", new JsonArray());
        if (whole["codecs"] is JsonArray codecs)
        {
            CompleteCodecs(codecs, ParseType(whole).ComponentSize > 1);
        }
    }

    private static DataType ParseType(JsonObject whole) => V3Metadata.ParseDataType(JsonSpelling.ToElement(whole).Required("data_type"));

    private static JsonNode DefaultFill(JsonObject whole) => Zarr3.FillValue.Encode(null, ParseType(whole), ZarrFormat.V3);

    /// <summary>Adds <c>bytes</c> where no codec turns elements into bytes, and the byte order where it has none.</summary>
    private static void CompleteCodecs(JsonArray codecs, bool hasOrder)
    {
        bool isComplete = false;
        int onElements = 0;
        foreach (JsonObject codec in codecs.OfType<JsonObject>())
        {
            string? name = codec["name"] is JsonValue value && value.TryGetValue(out string? text) ? text : null;
            isComplete |= name is "bytes" or "endian" or "sharding_indexed";
            onElements += name is not null && CodecRegistry.IsArrayToArray(name) ? 1 : 0;
            if (name == "bytes" && hasOrder && codec["configuration"]?["endian"] is null)
            {
                codec["configuration"] = new JsonObject { ["endian"] = "little" };
            }

            if (name == "sharding_indexed" && codec["configuration"] is JsonObject sharding)
            {
                sharding.TryAdd("codecs", new JsonArray());
                if (sharding["codecs"] is JsonArray inner)
                {
                    CompleteCodecs(inner, hasOrder);
                }
            }
        }

        if (!isComplete && codecs.All(codec => codec is JsonObject))
        {
            codecs.Insert(onElements, V3Metadata.Named("bytes", hasOrder ? new JsonObject { ["endian"] = "little" } : null));
        }
    }

    private static void AddExtents(JsonObject members, string name, IReadOnlyList<long>? extents)
    {
        if (extents is not null)
        {
            members[name] = Zarr3.MetadataJson.Write([.. extents]);
        }
    }

    private static byte[] CheckFill(ReadOnlyMemory<byte> fill, DataType type) => fill.Length == type.Size
        ? fill.ToArray()
        : throw new ArgumentException($"The fill value has {fill.Length} bytes; an element of {type} has {type.Size}.", nameof(fill));

    private static string ReverseOrder(ZarrCodec transpose, int? rank)
    {
        JsonElement order = transpose.Configuration.TryGetProperty("order", out JsonElement given) ? given : default;
        int[] axes = order.ValueKind == JsonValueKind.Array ? [.. order.EnumerateArray().Select(axis => axis.GetInt32())] : [];
        Refuse(!axes.SequenceEqual(Enumerable.Range(0, rank ?? axes.Length).Reverse()), $"the order of axes [{string.Join(", ", axes)}], only C and F");
        return "F";
    }

    private static void Refuse(bool condition, string what)
    {
        if (condition)
        {
            throw new ArgumentException($"zarr version 2 does not know {what}.");
        }
    }
}

using System.Text.Json;
using System.Text.Json.Nodes;
using OcdbtSharp.Zarr3.Codecs;

namespace OcdbtSharp.Zarr3;

/// <summary>A codec as metadata names it, for the creation of arrays. Version 2 calls the name an id.</summary>
public sealed class ZarrCodec
{
    private readonly CodecSpec _spec;

    private ZarrCodec(string name, JsonObject? configuration = null) => _spec = new CodecSpec(name, configuration);

    /// <summary>The name, such as <c>zstd</c>.</summary>
    public string Name => _spec.Name;

    /// <summary>The options: an object, or undefined where there are none.</summary>
    public JsonElement Configuration => _spec.Configuration is null ? default : JsonSpelling.ToElement(_spec.Configuration);

    /// <summary>A CRC-32C behind the bytes.</summary>
    public static ZarrCodec Crc32c { get; } = new("crc32c");

    /// <summary>Any codec by its name.</summary>
    /// <param name="name">The name in version 3, the id in version 2.</param>
    /// <param name="configuration">A JSON object with its options; null for none.</param>
    /// <exception cref="ArgumentException"><paramref name="configuration"/> is not a JSON object.</exception>
    public static ZarrCodec Of(string name, string? configuration = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        try
        {
            return new ZarrCodec(name, configuration is null ? null : JsonNode.Parse(configuration) as JsonObject
                ?? throw new ArgumentException($"The configuration of codec {name} is not a JSON object.", nameof(configuration)));
        }
        catch (JsonException exception)
        {
            throw new ArgumentException($"The configuration of codec {name} is not JSON: {exception.Message}", nameof(configuration), exception);
        }
    }

    /// <summary>The elements one behind the other, of the byte order named. Where no such codec is given, they are little-endian.</summary>
    public static ZarrCodec Bytes(bool bigEndian) => new("bytes", new JsonObject { ["endian"] = bigEndian ? "big" : "little" });

    /// <summary>Another order of the axes: axis i of the stored chunk is axis <paramref name="order"/>[i] of the array. Version 2 knows only the reverse.</summary>
    public static ZarrCodec Transpose(params ReadOnlySpan<int> order)
    {
        JsonArray axes = [];
        foreach (int axis in order)
        {
            axes.Add((JsonNode)axis);
        }

        return new ZarrCodec("transpose", new JsonObject { ["order"] = axes });
    }

    /// <summary>Zstandard.</summary>
    /// <param name="level">-131072 to 22.</param>
    public static ZarrCodec Zstd(int level = 3) => new("zstd", new JsonObject { ["level"] = level });

    /// <summary>gzip.</summary>
    /// <param name="level">0 to 9.</param>
    public static ZarrCodec Gzip(int level = 6) => new("gzip", new JsonObject { ["level"] = level });

    /// <summary>Chunks that are cut into inner chunks, each of which can be read on its own. Version 3 only.</summary>
    /// <param name="chunkShape">Extent of an inner chunk along each axis, a divisor of the chunk's.</param>
    /// <param name="codecs">The codecs of an inner chunk.</param>
    public static ZarrCodec Sharding(ReadOnlySpan<long> chunkShape, params IReadOnlyList<ZarrCodec> codecs)
    {
        ArgumentNullException.ThrowIfNull(codecs);
        return new ZarrCodec("sharding_indexed", new JsonObject
        {
            ["chunk_shape"] = Zarr3.MetadataJson.Write(chunkShape),
            ["codecs"] = Chain(codecs),
        });
    }

    /// <summary>The codec as it stands in metadata.</summary>
    internal JsonObject ToJson(ZarrFormat format) => _spec.ToJson(format);

    /// <summary>A list of version 3 as it was asked for.</summary>
    internal static JsonArray Chain(IReadOnlyList<ZarrCodec> codecs) => [.. codecs.Select(codec => (JsonNode)codec.ToJson(ZarrFormat.V3))];
}

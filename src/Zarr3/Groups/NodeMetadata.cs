using System.Text.Json;
using System.Text.Json.Nodes;
using OcdbtSharp.KvStore;

namespace OcdbtSharp.Zarr3.Groups;

/// <summary>The metadata of a group or an array as it is stored, of which only the kind has been looked at.</summary>
/// <param name="Format">The version.</param>
/// <param name="Kind">Group or array.</param>
/// <param name="Json">The file <c>zarr.json</c>, <c>.zarray</c> or <c>.zgroup</c>.</param>
internal sealed record NodeMetadata(ZarrFormat Format, ZarrNodeKind Kind, JsonElement Json)
{
    public const string V2GroupFileName = ".zgroup";

    /// <summary>Attributes in a file of their own, which version 2 has; undefined where there are none or they have not been read.</summary>
    public JsonElement V2Attributes { get; init; }

    /// <summary>The user's attributes; an empty object where there are none.</summary>
    public JsonElement Attributes =>
        (Format == ZarrFormat.V2 ? V2Attributes : MetadataJson.Attributes(Json)) is { ValueKind: JsonValueKind.Object } attributes
            ? attributes
            : JsonSpelling.ToElement(new JsonObject());

    /// <summary>The name of the file.</summary>
    public string FileName => Format == ZarrFormat.V3 ? V3.V3Metadata.FileName : Kind == ZarrNodeKind.Array ? V2.V2Metadata.FileName : V2GroupFileName;

    /// <summary>Reads what lies at the root of a store; null where there is nothing that zarr knows.</summary>
    /// <param name="store">The store.</param>
    /// <param name="withAttributes">Whether to read the attributes of version 2.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async ValueTask<NodeMetadata?> ReadAsync(IKvStore store, bool withAttributes, CancellationToken cancellationToken)
    {
        foreach (string name in (string[])[V3.V3Metadata.FileName, V2.V2Metadata.FileName, V2GroupFileName])
        {
            ReadResult file = await store.ReadAsync(name, default, cancellationToken).ConfigureAwait(false);
            if (file.HasValue)
            {
                NodeMetadata node = Parse(name, ParseFile(file, name, store), store.Describe(name));
                return withAttributes && node.Format == ZarrFormat.V2
                    ? node with { V2Attributes = await ReadV2AttributesAsync(store, cancellationToken).ConfigureAwait(false) }
                    : node;
            }
        }

        return null;
    }

    /// <summary>What a file of a name holds.</summary>
    public static NodeMetadata Parse(string fileName, JsonElement json, string location)
    {
        try
        {
            if (fileName != V3.V3Metadata.FileName)
            {
                MetadataJson.CheckFormat(json, 2);
                return new NodeMetadata(ZarrFormat.V2, fileName == V2GroupFileName ? ZarrNodeKind.Group : ZarrNodeKind.Array, json);
            }

            MetadataJson.CheckFormat(json, 3);
            JsonElement type = json.Required("node_type");
            ZarrNodeKind kind = type.ValueKind != JsonValueKind.String ? throw MetadataJson.Bad("node_type", type, "\"array\" or \"group\"")
                : type.ValueEquals("group") ? ZarrNodeKind.Group
                : type.ValueEquals("array") ? ZarrNodeKind.Array
                : throw MetadataJson.Bad("node_type", type, "\"array\" or \"group\"");
            return new NodeMetadata(ZarrFormat.V3, kind, json);
        }
        catch (OcdbtSharpException exception)
        {
            throw exception.At(location);
        }
    }

    /// <summary>The metadata of a new group.</summary>
    public static NodeMetadata NewGroup(ZarrFormat format, JsonElement? attributes)
    {
        JsonObject json = new() { ["zarr_format"] = (int)format };
        if (format == ZarrFormat.V3)
        {
            json["attributes"] = attributes is { } given ? JsonObject.Create(given) : new JsonObject();
            json["node_type"] = "group";
        }

        return new NodeMetadata(format, ZarrNodeKind.Group, JsonSpelling.ToElement(json))
        {
            V2Attributes = format == ZarrFormat.V2 && attributes is { } own ? own : default,
        };
    }

    private static async ValueTask<JsonElement> ReadV2AttributesAsync(IKvStore store, CancellationToken cancellationToken)
    {
        ReadResult file = await store.ReadAsync(V2.V2Metadata.AttributesFileName, default, cancellationToken).ConfigureAwait(false);
        return file.HasValue ? ParseFile(file, V2.V2Metadata.AttributesFileName, store) : default;
    }

    private static JsonElement ParseFile(ReadResult file, string name, IKvStore store)
    {
        try
        {
            return MetadataJson.Parse(file.Value);
        }
        catch (OcdbtSharpException exception)
        {
            throw exception.At(store.Describe(name));
        }
    }
}

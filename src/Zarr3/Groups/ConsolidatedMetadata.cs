using System.Text.Json;
using System.Text.Json.Nodes;
using OcdbtSharp.KvStore;

namespace OcdbtSharp.Zarr3.Groups;

/// <summary>
/// The metadata of all members of a group in one place, so that one read tells of them all: in version 2 the file <c>.zmetadata</c>, in version 3 the
/// member <c>consolidated_metadata</c> of the group's own <c>zarr.json</c>. Neither follows later changes.
/// </summary>
internal sealed class ConsolidatedMetadata
{
    public const string V2FileName = ".zmetadata";

    private const string V3Member = "consolidated_metadata";

    private readonly SortedDictionary<string, NodeMetadata> _members = new(StringComparer.Ordinal);

    /// <summary>Whether a path is in it.</summary>
    public NodeMetadata? TryGet(string path) => _members.GetValueOrDefault(path);

    public void Add(string path, NodeMetadata metadata) => _members[path] = metadata;

    /// <summary>The members below a group; those directly below it, or all.</summary>
    public IEnumerable<ZarrNode> Below(string path, bool recursive)
    {
        string prefix = path.Length == 0 ? "" : path + "/";
        foreach ((string member, NodeMetadata metadata) in _members)
        {
            if (member.StartsWith(prefix, StringComparison.Ordinal) && (recursive || member.IndexOf('/', prefix.Length) < 0))
            {
                yield return new ZarrNode(member[prefix.Length..], metadata.Kind);
            }
        }
    }

    /// <summary>Reads the file of version 2.</summary>
    public static ConsolidatedMetadata ParseV2(ReadOnlyMemory<byte> file, string location)
    {
        try
        {
            JsonElement json = MetadataJson.Parse(file);
            JsonElement format = json.Required("zarr_consolidated_format");
            if (format.ValueKind != JsonValueKind.Number || !format.TryGetInt32(out int version) || version != 1)
            {
                throw MetadataJson.Bad("zarr_consolidated_format", format, "1");
            }

            ConsolidatedMetadata consolidated = new();
            Dictionary<string, JsonElement> attributes = new(StringComparer.Ordinal);
            foreach (JsonProperty entry in Members(json, "metadata"))
            {
                int slash = entry.Name.LastIndexOf('/');
                string path = slash < 0 ? "" : entry.Name[..slash];
                string name = entry.Name[(slash + 1)..];
                if (name == V2.V2Metadata.AttributesFileName)
                {
                    attributes[path] = entry.Value;
                }
                else if (path.Length > 0 && name is NodeMetadata.V2GroupFileName or V2.V2Metadata.FileName)
                {
                    consolidated.Add(path, NodeMetadata.Parse(name, Object(entry), location));
                }
            }

            foreach ((string path, JsonElement own) in attributes)
            {
                if (consolidated.TryGet(path) is { } node)
                {
                    consolidated.Add(path, node with { V2Attributes = own });
                }
            }

            return consolidated;
        }
        catch (OcdbtSharpException exception)
        {
            throw exception.At(location);
        }
    }

    /// <summary>Reads the member of version 3; null where the group has none, or one of another kind.</summary>
    public static ConsolidatedMetadata? ParseV3(JsonElement group, string location)
    {
        if (!group.TryGetProperty(V3Member, out JsonElement json) || json.ValueKind != JsonValueKind.Object
            || !json.TryGetProperty("kind", out JsonElement kind) || kind.ValueKind != JsonValueKind.String || !kind.ValueEquals("inline"))
        {
            return null;
        }

        try
        {
            ConsolidatedMetadata consolidated = new();
            foreach (JsonProperty entry in Members(json, "metadata"))
            {
                consolidated.Add(entry.Name, NodeMetadata.Parse(V3.V3Metadata.FileName, Object(entry), location));
            }

            return consolidated;
        }
        catch (OcdbtSharpException exception)
        {
            throw exception.At(location);
        }
    }

    /// <summary>The file of version 2.</summary>
    /// <param name="root">The group that it is of.</param>
    public JsonObject ToV2(NodeMetadata root)
    {
        JsonObject entries = new();
        foreach ((string path, NodeMetadata node) in _members.Prepend(KeyValuePair.Create("", root)))
        {
            entries[NodePath.Join(path, node.FileName)] = JsonObject.Create(node.Json);
            entries[NodePath.Join(path, V2.V2Metadata.AttributesFileName)] = JsonObject.Create(node.Attributes);
        }

        return new JsonObject { ["metadata"] = entries, ["zarr_consolidated_format"] = 1 };
    }

    /// <summary>The metadata of a group with those of its members in it.</summary>
    /// <param name="root">The group.</param>
    public JsonObject ToV3(NodeMetadata root)
    {
        JsonObject entries = new();
        foreach ((string path, NodeMetadata node) in _members)
        {
            JsonObject entry = JsonObject.Create(node.Json)!;
            entry.Remove(V3Member);
            entries[path] = entry;
        }

        JsonObject json = JsonObject.Create(root.Json)!;
        json[V3Member] = new JsonObject { ["kind"] = "inline", ["must_understand"] = false, ["metadata"] = entries };
        return json;
    }

    private static JsonElement.ObjectEnumerator Members(JsonElement json, string name)
    {
        JsonElement members = json.Required(name);
        return members.ValueKind == JsonValueKind.Object ? members.EnumerateObject() : throw MetadataJson.Bad(name, members, "an object");
    }

    private static JsonElement Object(JsonProperty member) =>
        member.Value.ValueKind == JsonValueKind.Object ? member.Value : throw MetadataJson.Bad(member.Name, member.Value, "an object");
}

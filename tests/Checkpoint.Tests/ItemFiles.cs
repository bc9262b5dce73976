using System.Text.Json;
using System.Text.Json.Nodes;
using OcdbtSharp.KvStore;

namespace OcdbtSharp.Checkpoint.Tests;

/// <summary>Writes the files of an item by hand, as Orbax lays them out without OCDBT.</summary>
/// <param name="store">Where.</param>
/// <param name="prefix">The folder of the item, empty or with a slash at its end.</param>
internal sealed class ItemFiles(MemoryKvStore store, string prefix = "")
{
    private readonly JsonObject _tree = [];
    private readonly JsonArray _arrayMetadatas = [];

    /// <summary>Adds an array of int32 at a path; a key that is a number is one of a sequence.</summary>
    public async Task AddAsync(object[] path, int[] values, string type = "jax.Array", string? keyImplementation = null)
    {
        string name = string.Join('.', path);
        AddEntry(path, type);
        bool isScalar = type == "scalar";
        _arrayMetadatas.Add((JsonNode)new JsonObject
        {
            ["array_metadata"] = new JsonObject
            {
                ["param_name"] = name,
                ["write_shape"] = isScalar ? new JsonArray() : new JsonArray(values.Length),
                ["chunk_shape"] = isScalar ? new JsonArray() : new JsonArray(values.Length),
                ["ext_metadata"] = keyImplementation is null ? null : new JsonObject { ["random_key_impl"] = keyImplementation },
            },
        });
        await AddArrayAsync(name, values, isScalar);
    }

    /// <summary>Adds an array that no tree names.</summary>
    public async Task AddArrayAsync(string name, int[] values, bool isScalar = false)
    {
        string extents = isScalar ? "" : $"{values.Length}";
        string folder = prefix + name + (name.Length == 0 ? "" : "/");
        await store.WriteAsync(
            folder + ".zarray",
            $$"""{"zarr_format": 2, "shape": [{{extents}}], "chunks": [{{(extents == "0" ? "1" : extents)}}], "dtype": "<i4", "fill_value": null, "order": "C", "filters": null, "compressor": null}""");
        await store.WriteAsync(folder + "0", values.SelectMany(BitConverter.GetBytes).ToArray());
    }

    /// <summary>Adds a leaf that is no array.</summary>
    public void AddEntry(object[] path, string type)
    {
        JsonArray keys = [];
        foreach (object key in path)
        {
            keys.Add((JsonNode)new JsonObject { ["key"] = $"{key}", ["key_type"] = key is int ? 1 : 2 });
        }

        _tree[string.Join('\0', path)] = new JsonObject
        {
            ["key_metadata"] = keys,
            ["value_metadata"] = new JsonObject { ["value_type"] = type, ["skip_deserialize"] = false },
        };
    }

    /// <summary>Writes what describes the tree, and opens the item.</summary>
    public async Task<CheckpointItem> OpenAsync(JsonNode? customMetadata = null)
    {
        JsonObject metadata = new()
        {
            ["tree_metadata"] = _tree.DeepClone(),
            ["use_ocdbt"] = false,
            ["use_zarr3"] = false,
            ["custom_metadata"] = customMetadata,
        };
        await store.WriteAsync(prefix + "_METADATA", Text(metadata));
        await store.WriteAsync(prefix + "array_metadatas/process_0", Text(new JsonObject { ["array_metadatas"] = _arrayMetadatas.DeepClone() }));
        return await (await OrbaxCheckpoint.OpenAsync(store.WithPrefix(prefix))).OpenItemAsync();
    }

    private static byte[] Text(JsonNode json)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream, new JsonWriterOptions { MaxDepth = 10_000 }))
        {
            json.WriteTo(writer);
        }

        return stream.ToArray();
    }
}

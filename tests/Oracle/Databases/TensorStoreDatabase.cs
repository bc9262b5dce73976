using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using OcdbtSharp.KvStore;
using OcdbtSharp.Ocdbt;

namespace OcdbtSharp.Oracle.Tests.Databases;

/// <summary>A database that TensorStore has open.</summary>
internal sealed class TensorStoreDatabase(string folder) : IDisposable
{
    /// <summary>Opens it again.</summary>
    /// <exception cref="OracleException">It is refused.</exception>
    public void Open(OcdbtOptions options) => Oracle.Ask("database", new() { ["folder"] = folder, ["options"] = Spec(options) });

    /// <summary>Does several things one after the other.</summary>
    /// <returns>What each returned.</returns>
    public JsonElement Act(params JsonArray[] actions) =>
        Oracle.Ask("database", new() { ["folder"] = folder, ["actions"] = new JsonArray([.. actions]) }).GetProperty("results");

    /// <summary>What it holds at versions, and which versions there are.</summary>
    /// <param name="versions">Generations, times, or null for the latest as the open store reads it.</param>
    public (string[] Digests, OcdbtVersion[] Versions) See(params JsonNode?[] versions)
    {
        JsonElement answer = Oracle.Ask("database", new() { ["folder"] = folder, ["see"] = new JsonArray(versions), ["versions"] = true });
        return (
            [.. answer.GetProperty("seen").EnumerateArray().Select(seen => seen.GetProperty("digest").GetString()!)],
            [.. answer.GetProperty("versions").EnumerateArray().Select(Version)]);
    }

    /// <summary>All keys and values of a version.</summary>
    public IEnumerable<(Key Key, byte[] Value)> Contents(JsonNode? version) =>
        Oracle.Ask("database", new() { ["folder"] = folder, ["see"] = new JsonArray(version), ["contents"] = true })
            .GetProperty("seen")[0].GetProperty("contents").EnumerateArray()
            .Select(pair => (new Key(pair[0].GetBytesFromBase64()), pair[1].GetBytesFromBase64()));

    /// <summary>Puts the keys of a database below this one into it, by reference.</summary>
    public void Copy(string source, Key prefix, Key targetPrefix) => Oracle.Ask("database_copy", new()
    {
        ["folder"] = folder,
        ["source"] = source,
        ["prefix"] = KvAction.Text(prefix),
        ["target_prefix"] = KvAction.Text(targetPrefix),
    });

    /// <summary>A commit time as TensorStore takes it.</summary>
    public static string Time(ulong nanoseconds) =>
        DateTime.UnixEpoch.AddSeconds(nanoseconds / 1_000_000_000).ToString("yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture)
        + string.Create(CultureInfo.InvariantCulture, $".{nanoseconds % 1_000_000_000:d9}Z");

    /// <inheritdoc/>
    public void Dispose() => Oracle.Ask("database_forget", new() { ["folders"] = new JsonArray(folder) });

    private static JsonObject Spec(OcdbtOptions options)
    {
        JsonObject config = [];
        Set(config, "manifest_kind", options.Config.ManifestKind is { } kind ? kind == OcdbtManifestKind.Single ? "single" : "numbered" : null);
        Set(config, "max_inline_value_bytes", options.Config.MaxInlineValueBytes);
        Set(config, "max_decoded_node_bytes", options.Config.MaxDecodedNodeBytes);
        Set(config, "version_tree_arity_log2", options.Config.VersionTreeArityLog2);
        if (options.Config.Compression is { } compression)
        {
            config["compression"] = compression.ZstdLevel is { } level ? new JsonObject { ["id"] = "zstd", ["level"] = level } : null;
        }

        return new JsonObject
        {
            ["config"] = config,
            ["value_data_prefix"] = options.DataFilePrefixes.Value,
            ["btree_node_data_prefix"] = options.DataFilePrefixes.BtreeNode,
            ["version_tree_node_data_prefix"] = options.DataFilePrefixes.VersionTreeNode,
            ["target_data_file_size"] = options.TargetDataFileSize,
        };
    }

    private static void Set(JsonObject config, string name, JsonNode? value)
    {
        if (value is not null)
        {
            config[name] = value;
        }
    }

    private static OcdbtVersion Version(JsonElement version) => new(
        version[0].GetUInt64(), ulong.Parse(version[1].GetString()!, CultureInfo.InvariantCulture), version[2].GetUInt64(), version[3].GetInt32());
}

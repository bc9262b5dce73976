using System.Buffers.Binary;
using System.Numerics;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using OcdbtSharp.Checkpoint;
using OcdbtSharp.KvStore;

namespace OcdbtSharp.Oracle.Tests.Damage;

/// <summary>What a library made of an item: its leaves, or its JSON, or why it refused.</summary>
/// <param name="Leaves">Leaves by the names on their paths as a JSON array, each as text; a JSON item as one leaf; null where it was refused.</param>
/// <param name="Refusal">Why it was refused.</param>
internal sealed record Reading(IReadOnlyDictionary<string, string>? Leaves, Exception? Refusal)
{
    // TensorStore is quick; who takes longer hangs.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    /// <summary>Restores an item with our library.</summary>
    /// <param name="folder">The folder that holds it, or is it.</param>
    /// <param name="which">Which it is.</param>
    public static async Task<Reading> OursAsync(string folder, DamagedItem which)
    {
        using CancellationTokenSource limit = new(Limit);
        try
        {
            bool isFile = which.Kind == "Msgpack";
            CheckpointItem item = await (await OrbaxCheckpoint.OpenAsync(isFile ? which.Within(folder) : folder, null, limit.Token))
                .OpenItemAsync(isFile ? null : which.Name, limit.Token);
            if (item.Kind is ItemKind.Json or ItemKind.Metrics)
            {
                return new Reading(Json(item.Json), null);
            }

            if (item.Kind == ItemKind.Other)
            {
                return new Reading(null, new StorageException("Nothing tells what this is.", item.Location));
            }

            using RestoredTree tree = await item.RestoreAsync(null, limit.Token);
            return new Reading(tree.Leaves.ToDictionary(
                leaf => Name(item.Kind is ItemKind.PyTree or ItemKind.NumpyRandomKey ? leaf.Leaf.Path.Select(key => key.Name) : []), Text), null);
        }
        catch (Exception refusal) when (refusal is OcdbtSharpException or ArgumentException { ParamName: "name" })
        {
            return new Reading(null, refusal);
        }
    }

    /// <summary>Restores an item with Orbax, or Flax.</summary>
    /// <param name="folder">The folder that holds it, or is it.</param>
    /// <param name="which">Which it is.</param>
    public static Reading Theirs(string folder, DamagedItem which)
    {
        try
        {
            JsonElement answer = Oracle.Ask("restore_item", new() { ["path"] = which.Within(folder), ["kind"] = which.Kind }, Limit);
            if (answer.TryGetProperty("json", out JsonElement json))
            {
                using JsonDocument value = JsonDocument.Parse(json.GetString()!);
                return new Reading(Json(value.RootElement), null);
            }

            return new Reading(answer.GetProperty("leaves").EnumerateArray().ToDictionary(
                leaf => Name(leaf.GetProperty("path").EnumerateArray().Select(key => key.GetString()!)), Text), null);
        }
        catch (OracleException refusal)
        {
            return new Reading(null, refusal);
        }
    }

    /// <summary>In what two readings differ; empty where in nothing.</summary>
    public string Difference(Reading other) => string.Join('\n', Leaves!.Keys.Union(other.Leaves!.Keys)
        .Where(name => Leaves.GetValueOrDefault(name) != other.Leaves.GetValueOrDefault(name))
        .Take(5).Select(name => $"{name}: {Leaves.GetValueOrDefault(name, "missing")} against {other.Leaves.GetValueOrDefault(name, "missing")}"));

    private static Dictionary<string, string> Json(JsonElement value) => new() { [""] = Canonical(value) };

    // Numbers as they are parsed, members in order.
    private static string Canonical(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => $"{{{string.Join(",", value.EnumerateObject().OrderBy(member => member.Name, StringComparer.Ordinal).Select(Canonical))}}}",
        JsonValueKind.Array => $"[{string.Join(",", value.EnumerateArray().Select(Canonical))}]",
        JsonValueKind.Number => value.TryGetInt64(out long whole) ? $"{whole}" : Bits(value.GetDouble()),
        JsonValueKind.String => JsonValue.Create(value.GetString())!.ToJsonString(),
        _ => value.GetRawText(),
    };

    private static string Canonical(JsonProperty member) => $"{JsonValue.Create(member.Name)!.ToJsonString()}:{Canonical(member.Value)}";

    private static string Name(IEnumerable<string> path) => new JsonArray([.. path.Select(name => (JsonNode)name)]).ToJsonString();

    private static string Text(RestoredLeaf leaf)
    {
        if (leaf.Leaf.Kind is LeafKind.None or LeafKind.Empty)
        {
            return "nothing";
        }

        if (leaf.Text is { } text)
        {
            return $"text {text}";
        }

        byte[] bytes = leaf.AsMemory(0, checked((int)leaf.ByteLength)).ToArray();
        if (leaf.Shape.Count == 0 && Number(leaf.DataType!.Name, bytes) is { } number)
        {
            return $"number {number}";
        }

        return $"{leaf.DataType} [{string.Join(",", leaf.Shape)}] {Convert.ToHexStringLower(SHA256.HashData(bytes))}";
    }

    // As Python has numbers: integers of any size, and doubles, here by their bits.
    private static string? Number(string type, byte[] bytes) => type switch
    {
        "bool" => bytes[0] != 0 ? "True" : "False",
        "float64" => Bits(BinaryPrimitives.ReadDoubleLittleEndian(bytes)),
        "float32" => Bits(BinaryPrimitives.ReadSingleLittleEndian(bytes)),
        "complex128" => $"{Number("float64", bytes[..8])} {Number("float64", bytes[8..])}",
        "complex64" => $"{Number("float32", bytes[..4])} {Number("float32", bytes[4..])}",
        "float16" => Bits((double)BinaryPrimitives.ReadHalfLittleEndian(bytes)),
        "uint8" or "uint16" or "uint32" or "uint64" => $"{new BigInteger(bytes, isUnsigned: true)}",
        "int8" or "int16" or "int32" or "int64" => $"{new BigInteger(bytes)}",
        _ => null,
    };

    private static string Bits(double number) => $"{BitConverter.DoubleToUInt64Bits(number):x16}";

    private static string Text(JsonElement leaf) =>
        leaf.TryGetProperty("nothing", out _) ? "nothing"
        : leaf.TryGetProperty("number", out JsonElement number) ? $"number {number.GetString()}"
        : leaf.TryGetProperty("text", out JsonElement text) ? $"text {text.GetString()}"
        : $"{leaf.GetProperty("dtype").GetString()} [{string.Join(",", leaf.GetProperty("shape").EnumerateArray())}] {leaf.GetProperty("sha256").GetString()}";
}

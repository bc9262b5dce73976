using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text.Json;

namespace OcdbtSharp.Checkpoint.Tests;

/// <summary>Compares the leaves of an item with what the golden data says.</summary>
internal static class ExpectedLeaves
{
    public static async Task CompareAsync(CheckpointItem item, JsonElement expected)
    {
        IReadOnlyDictionary<string, ArraySharding> shardings = await item.ReadShardingsAsync();
        using RestoredTree restored = await item.RestoreAsync();
        Dictionary<string, RestoredLeaf> byPath = restored.Leaves.ToDictionary(leaf => PathText(leaf.Leaf.Path.Select(key => key.Name)), StringComparer.Ordinal);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(byPath, Has.Count.EqualTo(expected.GetArrayLength()), "number of leaves");
            foreach (JsonElement leaf in expected.EnumerateArray())
            {
                string path = PathText(leaf.GetProperty("path").EnumerateArray().Select(key => key.GetProperty("key").GetString()!));
                if (!byPath.TryGetValue(path, out RestoredLeaf? found))
                {
                    Assert.Fail($"leaf {path} is missing");
                    continue;
                }

                CompareKinds(found.Leaf, leaf);
                Compare(found, leaf);
                CompareShards(found.Leaf, leaf, shardings);
            }

            Assert.That(item.Tree.Leaves().Count(), Is.EqualTo(item.Leaves.Count), "leaves of the tree");
        }
    }

    public static void Compare(RestoredLeaf found, JsonElement expected)
    {
        CheckpointLeaf leaf = found.Leaf;
        if (expected.TryGetProperty("none", out _))
        {
            Assert.That(leaf.Kind, Is.EqualTo(LeafKind.None), leaf.Name);
        }
        else if (expected.TryGetProperty("empty", out JsonElement empty))
        {
            // Classes without fields are saved as None, unless with rich types.
            string type = empty.GetString()! switch { "dict" => "Dict", "list" => "List", "tuple" => "Tuple", _ => "None" };
            Assert.That(leaf.TypeName, Is.EqualTo(type).Or.EqualTo("NamedTuple"), leaf.Name);
        }
        else if (expected.TryGetProperty("string", out JsonElement text))
        {
            Assert.That(leaf.Kind, Is.EqualTo(LeafKind.String), leaf.Name);
            Assert.That(found.Text, Is.EqualTo(text.GetString()), leaf.Name);
        }
        else if (expected.TryGetProperty("scalar", out _))
        {
            CompareScalar(found, expected.GetProperty("value"));
        }
        else
        {
            CompareArray(found, expected);
        }
    }

    public static void CompareArray(RestoredLeaf found, JsonElement expected)
    {
        CheckpointLeaf leaf = found.Leaf;
        long[] shape = [.. expected.GetProperty("shape").EnumerateArray().Select(size => size.GetInt64())];
        Assert.That(leaf.DataType?.Name, Is.EqualTo(expected.GetProperty("dtype").GetString()), leaf.Name);
        Assert.That(leaf.Shape, Is.EqualTo(shape), leaf.Name);
        Assert.That(found.ByteLength, Is.EqualTo(leaf.LogicalBytes), leaf.Name);
        Assert.That(leaf.StoredBytes, Is.Positive, leaf.Name);
        string sha256 = Convert.ToHexStringLower(SHA256.HashData(found.AsMemory(0, (int)found.ByteLength).Span));
        Assert.That(sha256, Is.EqualTo(expected.GetProperty("sha256").GetString()), leaf.Name);
        if (expected.TryGetProperty("prng_key", out JsonElement implementation))
        {
            Assert.That(leaf.Kind, Is.EqualTo(LeafKind.PrngKey), leaf.Name);
            Assert.That(leaf.KeyImplementation, Is.EqualTo(implementation.GetString()), leaf.Name);
        }
    }

    private static void CompareScalar(RestoredLeaf found, JsonElement expected)
    {
        Assert.That(found.Shape, Is.Empty, found.Leaf.Name);
        ReadOnlySpan<byte> bytes = found.AsMemory(0, (int)found.ByteLength).Span;
        object actual = found.DataType?.Name switch
        {
            "bool" => bytes[0] != 0,
            "int8" => (double)(sbyte)bytes[0],
            "int32" => (double)BinaryPrimitives.ReadInt32LittleEndian(bytes),
            "int64" => (double)BinaryPrimitives.ReadInt64LittleEndian(bytes),
            "uint64" => (double)BinaryPrimitives.ReadUInt64LittleEndian(bytes),
            "float32" => (double)BinaryPrimitives.ReadSingleLittleEndian(bytes),
            "float64" => BinaryPrimitives.ReadDoubleLittleEndian(bytes),
            "complex128" => (BinaryPrimitives.ReadDoubleLittleEndian(bytes), BinaryPrimitives.ReadDoubleLittleEndian(bytes[8..])),
            var other => $"a scalar of type {other}",
        };
        object wanted = expected.ValueKind switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            JsonValueKind.Number => expected.GetDouble(),
            _ => (expected[0].GetDouble(), expected[1].GetDouble()),
        };
        Assert.That(actual, Is.EqualTo(wanted), found.Leaf.Name);
    }

    // Flax's files know no lists: their elements are stored as entries of a dictionary.
    private static void CompareKinds(CheckpointLeaf leaf, JsonElement expected)
    {
        TreeKeyKind[] kinds = [.. expected.GetProperty("path").EnumerateArray()
            .Select(key => key.GetProperty("kind").GetString() is "sequence" or "index" ? TreeKeyKind.Sequence : TreeKeyKind.Dict)];
        if (leaf.Path.Any(key => key.Kind == TreeKeyKind.Sequence))
        {
            Assert.That(leaf.Path.Select(key => key.Kind), Is.EqualTo(kinds), leaf.Name);
        }
    }

    private static void CompareShards(CheckpointLeaf leaf, JsonElement expected, IReadOnlyDictionary<string, ArraySharding> shardings)
    {
        if (expected.TryGetProperty("shard_shape", out JsonElement shard))
        {
            long[] shape = [.. shard.EnumerateArray().Select(size => size.GetInt64())];
            // Where a shard has several replicas Orbax lets each of them write a part of it.
            Assert.That(shape.Zip(leaf.WriteShape!, (size, part) => size % part), Is.All.Zero, leaf.Name);
            Assert.That(shardings, Contains.Key(leaf.Name));
            Assert.That(shardings[leaf.Name].ShardShape(leaf.Shape), Is.EqualTo(shape), leaf.Name);
        }
    }

    private static string PathText(IEnumerable<string> names) => string.Join('\0', names);
}

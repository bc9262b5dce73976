using System.Text.Json;
using System.Text.Json.Nodes;
using OcdbtSharp.Checkpoint;

namespace OcdbtSharp.Oracle.Tests.Trees;

/// <summary>Compares what is restored here with the tree that was saved.</summary>
internal static class TreeComparison
{
    /// <summary>Opens the item that a tree was saved as.</summary>
    public static async Task<CheckpointItem> OpenAsync(string path, TreeOptions options)
    {
        OrbaxCheckpoint checkpoint = await OrbaxCheckpoint.OpenAsync(path);
        CheckpointVerification verification = await CheckpointVerification.RunAsync(checkpoint);
        Assert.That(verification.Faults, Is.Empty, "verification");
        return await checkpoint.OpenItemAsync(options.Api is "composite" or "v1" ? TreeOptions.ItemName : null);
    }

    /// <summary>Compares everything that is restored.</summary>
    public static async Task CompareAsync(CheckpointItem item, TreeCase expected)
    {
        using RestoredTree restored = await item.RestoreAsync();
        (string[] Path, TreeNode Leaf)[] leaves = [.. expected.Tree.Leaves()];
        Assert.That(restored.Leaves.Select(leaf => Text(leaf.Leaf.Path)), Is.EqualTo(leaves.Select(leaf => string.Join(" → ", leaf.Path))), "paths");
        IReadOnlyDictionary<string, ArraySharding> shardings = await item.ReadShardingsAsync();
        Random random = new(expected.ToString().Length);
        for (int index = 0; index < leaves.Length; index++)
        {
            Compare(restored.Leaves[index], leaves[index].Leaf, expected.Options);
            await CompareRegionAsync(restored.Leaves[index], random);
            CompareSharding(restored.Leaves[index].Leaf, leaves[index].Leaf, shardings);
        }

        CompareStructure(item.Tree, expected.Tree, expected.Options.RichTypes);
        if (expected.Options.Api != "v1")
        {
            Assert.That(Json(item.CustomMetadata), Is.EqualTo(Json(expected.Options.CustomJson)), "custom metadata");
        }
    }

    private static string? Json(JsonElement? element) => element is { } value ? JsonNode.Parse(value.GetRawText())!.ToJsonString() : null;

    private static string Text(IEnumerable<TreeKey> path) => string.Join(" → ", path.Select(key => key.Name));

    private static void Compare(RestoredLeaf found, TreeNode expected, TreeOptions options)
    {
        CheckpointLeaf leaf = found.Leaf;
        LeafKind kind = expected.Kind switch
        {
            NodeKind.Jax or NodeKind.NumPy => LeafKind.Array,
            NodeKind.Scalar or NodeKind.Python => LeafKind.Scalar,
            NodeKind.Key => LeafKind.PrngKey,
            NodeKind.Text => LeafKind.String,
            NodeKind.None or NodeKind.Class => LeafKind.None,
            NodeKind.Named when !options.RichTypes => LeafKind.None,
            _ => LeafKind.Empty,
        };
        Assert.That(leaf.Kind, Is.EqualTo(kind), leaf.Name);
        if (expected.Kind == NodeKind.Text)
        {
            Assert.That(found.Text, Is.EqualTo(expected.Text), leaf.Name);
        }

        if (!expected.HasElements)
        {
            return;
        }

        Assert.That(found.DataType?.Name, Is.EqualTo(expected.StoredType), leaf.Name);
        Assert.That(found.Shape, Is.EqualTo(expected.Shape), leaf.Name);
        if (expected.StoreAs is null)
        {
            string elements = Hex(found.AsMemory(0, (int)found.ByteLength).Span, found.DataType!.Bits);
            Assert.That(elements, Is.EqualTo(Hex(expected.Bytes, found.DataType.Bits)), leaf.Name);
        }

        if (expected.Kind == NodeKind.Key)
        {
            Assert.That(leaf.KeyImplementation, Is.EqualTo(expected.Implementation), leaf.Name);
        }

        if (expected.Kind is NodeKind.Jax or NodeKind.NumPy)
        {
            Assert.That(leaf.TypeName, Is.EqualTo(expected.Kind == NodeKind.Jax ? "jax.Array" : "np.ndarray"), leaf.Name);
        }
    }

    /// <summary>Elements as text. JAX leaves the bits of a byte that an element does not have as they come.</summary>
    public static string Hex(ReadOnlySpan<byte> bytes, int bits) => Convert.ToHexString(Masked(bytes, bits));

    /// <summary>Elements without the bits that they do not have.</summary>
    public static byte[] Masked(ReadOnlySpan<byte> bytes, int bits)
    {
        byte[] masked = bytes.ToArray();
        for (int index = 0; bits < 8 && index < masked.Length; index++)
        {
            masked[index] &= (byte)((1 << bits) - 1);
        }

        return masked;
    }

    private static async Task CompareRegionAsync(RestoredLeaf whole, Random random)
    {
        if (whole.DataType is not { } type || whole.Shape.Count == 0)
        {
            return;
        }

        long[] origin = [.. whole.Shape.Select(extent => random.NextInt64(extent))];
        long[] shape = [.. whole.Shape.Zip(origin, (extent, first) => 1 + random.NextInt64(extent - first))];
        using RestoredLeaf region = await whole.Leaf.RestoreAsync(origin, shape);
        byte[] elements = whole.AsMemory(0, (int)whole.ByteLength).ToArray();
        byte[] expected = Region(elements, [.. whole.Shape], type.Size, origin, shape);
        Assert.That(Convert.ToHexString(region.AsMemory(0, (int)region.ByteLength).Span), Is.EqualTo(Convert.ToHexString(expected)), $"region of {whole.Leaf.Name}");
    }

    /// <summary>The elements of a region, one after the other.</summary>
    public static byte[] Region(byte[] elements, long[] whole, int size, long[] origin, long[] shape)
    {
        byte[] region = new byte[shape.Aggregate((long)size, (product, extent) => product * extent)];
        for (long at = 0; at < region.Length / size; at++)
        {
            long rest = at;
            long source = 0;
            long stride = 1;
            for (int dimension = shape.Length - 1; dimension >= 0; dimension--)
            {
                source += (origin[dimension] + (rest % shape[dimension])) * stride;
                rest /= shape[dimension];
                stride *= whole[dimension];
            }

            elements.AsSpan((int)(source * size), size).CopyTo(region.AsSpan((int)(at * size)));
        }

        return region;
    }

    private static void CompareSharding(CheckpointLeaf leaf, TreeNode expected, IReadOnlyDictionary<string, ArraySharding> shardings)
    {
        if (expected.Kind is not (NodeKind.Jax or NodeKind.Key))
        {
            Assert.That(shardings, Does.Not.ContainKey(leaf.Name));
            return;
        }

        ArraySharding sharding = shardings[leaf.Name];
        Assert.That(sharding.MeshShape, Is.EqualTo(expected.Sharding?.Mesh ?? []), leaf.Name);
        Assert.That(sharding.AxisNames, Is.EqualTo(expected.Sharding?.Axes ?? []), leaf.Name);
        Assert.That(sharding.DeviceIds, Is.EqualTo(expected.Sharding?.Devices ?? []), leaf.Name);
        Assert.That(sharding.PartitionSpec, Is.EqualTo(expected.Sharding?.Spec ?? []), leaf.Name);
    }

    private static void CompareStructure(PyTreeNode found, TreeNode expected, bool isRich)
    {
        PyTreeNodeKind kind = expected.Kind switch
        {
            NodeKind.List => PyTreeNodeKind.List,
            NodeKind.Tuple => isRich ? PyTreeNodeKind.Tuple : PyTreeNodeKind.List,
            NodeKind.Named => isRich ? PyTreeNodeKind.NamedTuple : PyTreeNodeKind.Dict,
            _ => PyTreeNodeKind.Dict,
        };
        if (expected.Children.Length == 0)
        {
            return;
        }

        Assert.That(found.Kind, Is.EqualTo(kind), found.Key.Name);
        Assert.That(found.Children.Select(child => child.Key.Name).Order(StringComparer.Ordinal), Is.EqualTo(expected.Children.Select(child => child.Key).Order(StringComparer.Ordinal)));
        foreach ((string key, TreeNode child) in expected.Children)
        {
            CompareStructure(found.Child(key)!, child, isRich);
        }
    }
}

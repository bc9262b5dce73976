using FsCheck;
using FsCheck.Fluent;

namespace OcdbtSharp.Oracle.Tests.Trees;

/// <summary>Random trees: leaves of every kind, containers, odd names and shapes, and options of every sort.</summary>
internal sealed class TreeGenerator(Random random, int size)
{
    private static readonly string[] Names =
    [
        "a", "b", "w", "kernel", "layer_0", "0", "1", "10", "a.b", "a/b", "a/", "b/c/", ".x", "y.", "", " ", "with space", "é", "日本語", "🙂", "\uFFFD\u0001", "~1", "x~0",
        "%2F", "'", "\"", "*", "a\\b", "#", "?", "@", "c", "d", "zarr.json", ".zarray", "manifest.ocdbt", "array_metadatas", "metrics", "tree_metadata", "category", "\t",
        "0.0", "nu\0l", "a//b", "..", "x.__lock", "_METADATA", "CON", "__", "-1", "1e3", "NaN", "None", "TRUE", "ocdbt.process_0",
    ];

    private static readonly string[] Texts = ["", "text", "with \"quotes\" and \\", "日本語 🙂", "line\nbreak\0nul", "\uFEFF", "~0/~1", "NaN"];

    private static readonly string?[] Customs = [null, null, "{}", """{"a": 1, "b": [1.5, null, "x", {"c": true}]}""", """{"é": {"": []}, "big": 12345678901234567890}"""];

    /// <summary>Types of arrays that Orbax takes.</summary>
    public static string[] ArrayTypes { get; } =
    [
        "bool", "int2", "int4", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float4_e2m1fn", "float8_e3m4", "float8_e4m3b11fnuz", "float8_e4m3fn",
        "float8_e4m3fnuz", "float8_e5m2", "float8_e5m2fnuz", "float8_e8m0fnu", "bfloat16", "float16", "float32", "float64", "complex64", "complex128",
    ];

    private static readonly string[] ScalarTypes =
        ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float16", "float32", "float64", "complex64", "complex128"];

    private static readonly (string Name, int Words)[] Implementations = [("threefry2x32", 2), ("rbg", 4), ("unsafe_rbg", 4)];

    private static readonly long[][] Meshes = [[8], [4, 2], [2, 2, 2], [2], [1], [2, 4], [4]];

    private TreeOptions _options = new("pytree");

    /// <summary>Random cases, with how they shrink.</summary>
    public static Arbitrary<TreeCase> Cases() => Arb.From(
        Gen.Sized(size => Gen.Choose(0, int.MaxValue - 1).Select(seed => new TreeGenerator(new Random(seed), size).Case())), TreeShrinker.Shrink);

    /// <summary>A case.</summary>
    public TreeCase Case()
    {
        _options = Options();
        TreeNode tree = Container(0) with { Kind = Pick(NodeKind.Dict, NodeKind.Dict, NodeKind.Dict, NodeKind.List, NodeKind.Tuple) };
        tree = tree.Kind == NodeKind.Dict ? tree : tree with { Children = [.. tree.Children.Select((child, index) => (Text(index), child.Node))] };
        if (_options.Api is not "standard" && Chance(20))
        {
            tree = Leaf();
        }

        return new TreeCase(tree, _options with { Processes = Processes(tree) });
    }

    /// <summary>Elements of a type whose every bit counts; those of types of less than a byte are within it.</summary>
    public static byte[] Elements(Random random, string type, long count)
    {
        byte[] bytes = new byte[count * Zarr3.DataType.Parse(type).Size];
        random.NextBytes(bytes);
        for (int i = 0; i < bytes.Length; i++)
        {
            bytes[i] = type switch
            {
                "bool" => (byte)(bytes[i] & 1),
                "int2" => (byte)((sbyte)(bytes[i] << 6) >> 6),
                "int4" => (byte)((sbyte)(bytes[i] << 4) >> 4),
                "float4_e2m1fn" => (byte)(bytes[i] & 15),
                _ => bytes[i],
            };
        }

        // Nothing says which of all NaN comes back from a float of Python; an array of ones is common.
        if (random.Next(8) == 0)
        {
            bytes.AsSpan().Clear();
        }

        return bytes;
    }

    private static string Text(int index) => index.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private TreeOptions Options()
    {
        string api = Pick("pytree", "pytree", "pytree", "standard", "composite", "v1");
        bool isStandard = api == "standard";
        return new TreeOptions(api)
        {
            UseOcdbt = isStandard || !Chance(3),
            UseZarr3 = !isStandard && (api == "v1" ? !Chance(4) : Chance(2)),
            UseCompression = isStandard || !Chance(4),
            RichTypes = api is "pytree" or "composite" && Chance(3),
            PinnedHost = isStandard ? null : Pick<bool?>(null, null, false, true),
            DataFileBytes = isStandard ? null : Pick<long?>(null, null, null, 0, 64, 1000, 1 << 20),
            Custom = Pick(Customs),
        };
    }

    // The devices of every mesh are shared out evenly among the processes.
    private int Processes(TreeNode tree)
    {
        long[] devices = [.. tree.Leaves().Where(leaf => leaf.Leaf.Sharding is not null).Select(leaf => leaf.Leaf.Sharding!.Devices.LongLength)];
        int[] possible = [.. Enumerable.Range(1, 4).Where(count => devices.All(number => number % count == 0))];
        return Chance(3) ? possible[random.Next(possible.Length)] : 1;
    }

    private TreeNode Container(int depth)
    {
        NodeKind kind = Pick(NodeKind.Dict, NodeKind.Dict, NodeKind.List, NodeKind.Tuple, NodeKind.Named, NodeKind.Class);
        int count = random.Next(depth == 0 ? Math.Min(8, 2 + (size / 4)) : 4);
        List<(string Key, TreeNode Node)> children = [];
        for (int index = 0; index < count; index++)
        {
            string key = kind switch
            {
                NodeKind.Dict => Chance(2) ? Names[random.Next(8)] : Pick(Names),
                NodeKind.Named or NodeKind.Class => $"f{index}",
                _ => Text(index),
            };
            if (!children.Exists(child => child.Key == key))
            {
                children.Add((key, depth < 3 && Chance(3) ? Container(depth + 1) : Leaf()));
            }
        }

        return new TreeNode(kind) { Children = [.. children] };
    }

    private TreeNode Leaf()
    {
        NodeKind kind = Pick(NodeKind.Jax, NodeKind.Jax, NodeKind.Jax, NodeKind.NumPy, NodeKind.NumPy, NodeKind.Scalar, NodeKind.Python, NodeKind.Key, NodeKind.Text, NodeKind.None);
        bool isPlain = _options.Api is "standard" or "v1";
        switch (kind)
        {
            case NodeKind.None:
                return new TreeNode(kind);
            case NodeKind.Text when _options.Api != "standard":
                return new TreeNode(kind) { Text = Pick(Texts) };
            case NodeKind.Scalar when !isPlain:
                return Number(kind, Pick(ScalarTypes));
            case NodeKind.Text or NodeKind.Scalar or NodeKind.Python:
                return Number(NodeKind.Python, Pick("int64", "float64", "bool"));
            case NodeKind.Key:
                (string implementation, int words) = Pick(Implementations);
                long[] shape = [.. Enumerable.Range(0, random.Next(3)).Select(_ => (long)random.Next(1, 4)), words];
                return new TreeNode(kind) { Implementation = implementation, DataType = "uint32", Shape = shape, Bytes = Elements(random, "uint32", Count(shape)) };
            default:
                return Array(kind);
        }
    }

    private TreeNode Number(NodeKind kind, string type) => new(kind) { DataType = type, Bytes = Elements(random, type, 1) };

    private TreeNode Array(NodeKind kind)
    {
        string type = Chance(2) ? Pick("float32", "bfloat16", "int32") : Pick(ArrayTypes);
        int rank = Chance(25) ? Pick(7, 30, 31, 32, 33) : random.Next(5);
        long[] shape = [.. Enumerable.Range(0, rank).Select(_ => rank > 6 ? Chance(10) ? 2L : 1L : Pick(1L, 2L, 3L, 4L, 7L, 8L, 8L, 16L))];
        if (Chance(50) && rank > 0)
        {
            shape[random.Next(rank)] = 0;
        }

        TreeSharding? sharding = kind == NodeKind.Jax && Chance(2) && !shape.Contains(0) ? Sharding(shape) : null;
        bool isV1 = _options.Api == "v1";
        int itemSize = Zarr3.DataType.Parse(type).Size;
        return new TreeNode(kind)
        {
            DataType = type,
            Shape = shape,
            Bytes = Elements(random, type, Count(shape)),
            Sharding = sharding,
            StoreAs = !isV1 && Chance(12) && type is "float32" or "int32" ? Pick("bfloat16", "float64", "float16") : null,
            ChunkBytes = !isV1 && Chance(5) ? itemSize * Pick(8L, 16L, 64L, 1000L) : null,
            ShardAxes = !isV1 && rank > 0 && Chance(6) ? [random.Next(rank)] : [],
        };
    }

    private TreeSharding Sharding(long[] shape)
    {
        long[] mesh = Pick(Meshes);
        List<int> unused = [.. Enumerable.Range(0, mesh.Length)];
        List<string[]> spec = [];
        for (int dimension = 0; dimension < shape.Length && (dimension == 0 || !Chance(4)); dimension++)
        {
            List<string> axes = [];
            long rest = shape[dimension];
            while (unused.Count > 0 && Chance(2))
            {
                int axis = unused[random.Next(unused.Count)];
                if (rest % mesh[axis] == 0)
                {
                    rest /= mesh[axis];
                    axes.Add("xyz"[axis].ToString());
                }

                unused.Remove(axis);
            }

            spec.Add([.. axes]);
        }

        long[] devices = [.. Enumerable.Range(0, 8).Select(id => (long)id)];
        if (Chance(4))
        {
            random.Shuffle(devices);
        }

        return new TreeSharding(mesh, [.. spec], devices[..(int)Count(mesh)]);
    }

    private static long Count(long[] shape) => shape.Aggregate(1L, (product, extent) => product * extent);

    private bool Chance(int oneIn) => random.Next(oneIn) == 0;

    private T Pick<T>(params T[] values) => values[random.Next(values.Length)];
}

using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using OcdbtSharp.Checkpoint;
using OcdbtSharp.Zarr3;

namespace OcdbtSharp.Oracle.Tests.Trees;

/// <summary>Trees that two processes of JAX, with four devices each, save and restore, and two to four of ours.</summary>
[TestFixture]
internal sealed class ProcessTests
{
    private static readonly string[] DataTypes = ["float32", "bfloat16", "int64", "int4", "float8_e8m0fnu"];

    private static readonly (long[] Mesh, string[][][] Specs)[] Meshes =
    [
        ([8], [[["x"]], [[], ["x"]], [], [[]]]),
        ([4, 2], [[["x"], ["y"]], [["y"]], [["x", "y"]], [[], ["x"]], []]),
        ([2, 4], [[["x"]], [["y"], ["x"]], [[], ["y", "x"]]]),
        ([2, 2, 2], [[["x", "z"], ["y"]], [["y"]], [[], ["z"]]]),
    ];

    // JAX numbers the processors of each process from a multiple of 2048 on.
    private static readonly long[] Devices = [0, 1, 2, 3, 2048, 2049, 2050, 2051];

    private OracleGroup? _group;

    private OracleGroup Group => _group ??= new OracleGroup(Oracle.Python!, 2, 4);

    [SetUp]
    public void Require() => Oracle.Require();

    [OneTimeTearDown]
    public void Stop() => _group?.Dispose();

    [Test]
    public void Two_processes_save_there_restored_here() =>
        Runs.Check("trees saved by two processes there, restored here", 6, Cases(), value => SaveThereAsync(value).Wait());

    [Test]
    public void Several_processes_save_here_restored_by_two_there() =>
        Runs.Check("trees saved by several processes here, restored by two there", 6, Cases(), value => SaveHereAsync(value).Wait());

    private static Arbitrary<(TreeCase Saved, TreeSharding[] Wanted)> Cases() => Arb.From(Gen.Choose(0, int.MaxValue - 1).Select(Case), Smaller);

    private static IEnumerable<(TreeCase Saved, TreeSharding[] Wanted)> Smaller((TreeCase Saved, TreeSharding[] Wanted) value) =>
        Enumerable.Range(0, value.Wanted.Length > 1 ? value.Wanted.Length : 0).Select(index => (
            value.Saved with { Tree = value.Saved.Tree with { Children = [.. value.Saved.Tree.Children.Where((_, at) => at != index)] } },
            (TreeSharding[])[.. value.Wanted.Where((_, at) => at != index)]));

    private static (TreeCase Saved, TreeSharding[] Wanted) Case(int seed)
    {
        Random random = new(seed);
        (string, TreeNode)[] children = [.. Enumerable.Range(0, random.Next(1, 5)).Select(index => ($"w{index}", Array(random)))];
        TreeOptions options = new("pytree")
        {
            UseOcdbt = random.Next(4) > 0,
            UseZarr3 = random.Next(2) == 0,
            UseCompression = random.Next(4) > 0,
            PinnedHost = random.Next(3) == 0 ? true : null,
            Processes = random.Next(2) == 0 ? 2 : 4,
        };
        return (new TreeCase(new TreeNode(NodeKind.Dict) { Children = children }, options), [.. children.Select(_ => Sharding(random))]);
    }

    private static TreeNode Array(Random random)
    {
        string type = DataTypes[random.Next(DataTypes.Length)];
        long[] shape = [8L << random.Next(2), 16];
        return new TreeNode(NodeKind.Jax)
        {
            DataType = type,
            Shape = shape,
            Bytes = TreeGenerator.Elements(random, type, shape[0] * shape[1]),
            Sharding = Sharding(random),
            ShardAxes = random.Next(3) == 0 ? [random.Next(2)] : [],
            ChunkBytes = random.Next(3) == 0 ? 64 : null,
        };
    }

    private static TreeSharding Sharding(Random random)
    {
        (long[] mesh, string[][][] specs) = Meshes[random.Next(Meshes.Length)];
        return new TreeSharding(mesh, specs[random.Next(specs.Length)], Devices);
    }

    private async Task SaveThereAsync((TreeCase Saved, TreeSharding[] Wanted) value)
    {
        using SharedFolder folder = new();
        string path = folder.Combine("theirs");
        Group.Ask("save_tree", new JsonObject { ["path"] = path, ["tree"] = value.Saved.Tree.ToJson(), ["options"] = value.Saved.Options.ToJson() });
        CheckpointItem item = await TreeComparison.OpenAsync(path, value.Saved.Options);
        await TreeComparison.CompareAsync(item, value.Saved);

        // What a device of another mesh would ask for.
        for (int index = 0; index < value.Wanted.Length; index++)
        {
            TreeNode leaf = value.Saved.Tree.Children[index].Node;
            CheckpointLeaf stored = item.Find($"w{index}") ?? throw new InvalidDataException($"w{index} is missing");
            for (int device = 0; device < 8; device++)
            {
                ArrayRegion region = value.Wanted[index].ToArraySharding().ShardRegion(leaf.Shape, device);
                using RestoredLeaf part = await stored.RestoreAsync([.. region.Origin], [.. region.Shape]);
                byte[] expected = TreeComparison.Region(leaf.Bytes, leaf.Shape, stored.DataType!.Size, [.. region.Origin], [.. region.Shape]);
                Assert.That(TreeComparison.Hex(part.AsMemory(0, (int)part.ByteLength).Span, stored.DataType.Bits), Is.EqualTo(TreeComparison.Hex(expected, stored.DataType.Bits)));
            }
        }
    }

    private async Task SaveHereAsync((TreeCase Saved, TreeSharding[] Wanted) value)
    {
        using SharedFolder folder = new();
        string path = folder.Combine("ours");
        await value.Saved.Options.SaveAsync(value.Saved.Tree, path);
        JsonObject arguments = new() { ["path"] = path, ["options"] = value.Saved.Options.ToJson() };

        // As it was saved, then onto another mesh.
        Check(Group.Ask("read_tree", arguments), value.Saved.Tree, [.. value.Saved.Tree.Children.Select(child => child.Node.Sharding!)]);
        TreeNode target = value.Saved.Tree with
        {
            Children = [.. value.Saved.Tree.Children.Select((child, index) => (child.Key, child.Node with { Sharding = value.Wanted[index] }))],
        };
        arguments["target"] = target.ToJson();
        Check(Group.Ask("read_tree", arguments), value.Saved.Tree, value.Wanted);
    }

    private static void Check(JsonElement[] answers, TreeNode saved, TreeSharding[] shardings)
    {
        for (int index = 0; index < shardings.Length; index++)
        {
            TreeNode leaf = saved.Children[index].Node;
            int size = DataType.Parse(leaf.DataType).Size;
            HashSet<string> origins = [];
            foreach (JsonElement answer in answers)
            {
                JsonElement found = answer.GetProperty("tree").GetProperty("children")[index][1];
                Assert.That(found.GetProperty("dtype").GetString(), Is.EqualTo(leaf.DataType));
                Assert.That(Numbers(found, "shape"), Is.EqualTo(leaf.Shape));
                Assert.That(Numbers(found.GetProperty("sharding"), "mesh"), Is.EqualTo(shardings[index].Mesh));
                foreach (JsonElement shard in found.GetProperty("shards").EnumerateArray())
                {
                    byte[] expected = TreeComparison.Region(leaf.Bytes, leaf.Shape, size, Numbers(shard, "origin"), Numbers(shard, "shape"));
                    Assert.That(shard.GetProperty("sha256").GetString(), Is.EqualTo(Convert.ToHexStringLower(SHA256.HashData(TreeComparison.Masked(expected, DataType.Parse(leaf.DataType).Bits)))), $"w{index}");
                    origins.Add(shard.GetProperty("origin").GetRawText());
                }
            }

            ArraySharding sharding = shardings[index].ToArraySharding();
            Assert.That(origins, Has.Count.EqualTo(Enumerable.Range(0, 8).Select(device => string.Join(',', sharding.ShardRegion(leaf.Shape, device).Origin.ToArray())).Distinct().Count()));
        }
    }

    private static long[] Numbers(JsonElement element, string name) => [.. element.GetProperty(name).EnumerateArray().Select(number => number.GetInt64())];
}

using System.Text;
using System.Text.Json;
using OcdbtSharp.Testing;

namespace OcdbtSharp.Cli.Tests;

/// <summary><c>ocdbt tree</c> over every golden case.</summary>
public sealed class TreeTests
{
    private static readonly string[] _kinds = ["root", "step", "item", "ocdbt", "array", "group", "msgpack"];

    [TestCaseSource(typeof(GoldenCase), nameof(GoldenCase.Family), ["orbax"])]
    public async Task Json_has_every_leaf_of_a_checkpoint(GoldenCase golden)
    {
        JsonElement tree = (await Tool.RunAsync("tree", golden.Data, "--json")).Json;
        JsonElement expect = golden.Expect();
        Assert.That(tree.GetProperty("kind").GetString(), Is.EqualTo(
            expect.TryGetProperty("steps", out JsonElement steps) ? "root" : expect.TryGetProperty("items", out _) ? "step" : tree.GetProperty("kind").GetString()).And.AnyOf(_kinds));
        if (steps.ValueKind == JsonValueKind.Array)
        {
            Assert.That(tree.GetProperty("steps").EnumerateArray().Select(step => step.GetProperty("step").GetRawText()), Is.EqualTo(steps.EnumerateArray().Select(step => step.GetRawText())));
        }

        foreach (ExpectedItem item in ExpectedItem.Of(golden))
        {
            JsonElement[] leaves = [.. item.In(tree).GetProperty("leaves").EnumerateArray()];
            Dictionary<string, JsonElement> byPath = leaves.ToDictionary(leaf => string.Join('\0', leaf.GetProperty("path").EnumerateArray().Select(PathText)));
            Assert.That(byPath, Has.Count.EqualTo(item.Leaves.Length));
            foreach (JsonElement expected in item.Leaves)
            {
                JsonElement leaf = expected.TryGetProperty("path", out _) ? byPath[string.Join('\0', ExpectedItem.Path(expected))] : leaves.Single();
                Compare(leaf, expected, golden);
            }
        }
    }

    [TestCaseSource(typeof(GoldenCase), nameof(GoldenCase.Family), ["orbax"])]
    public async Task Stored_bytes_are_those_of_the_files(GoldenCase golden)
    {
        foreach (string folder in Directory.EnumerateDirectories(golden.Data, "*", SearchOption.AllDirectories).Prepend(golden.Data))
        {
            if (!File.Exists(Path.Combine(folder, "_METADATA")))
            {
                continue;
            }

            bool isOcdbt = File.Exists(Path.Combine(folder, "manifest.ocdbt"));
            (string Name, long Length)[] files = isOcdbt
                ? [.. (await Tool.RunAsync("kv", "ls", folder, "--json")).Json.EnumerateArray()
                    .Select(entry => (Encoding.UTF8.GetString(Convert.FromHexString(entry.GetProperty("key").GetString()!)), entry.GetProperty("length").GetInt64()))]
                : [.. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
                    .Select(path => (Path.GetRelativePath(folder, path).Replace('\\', '/'), new FileInfo(path).Length))];
            foreach (JsonElement leaf in (await Tool.RunAsync("tree", folder, "--json")).Json.GetProperty("leaves").EnumerateArray())
            {
                string name = leaf.GetProperty("name").GetString()!;
                long expected = leaf.GetProperty("dtype").ValueKind == JsonValueKind.Null ? 0
                    : Array.Exists(files, file => file.Name == "checkpoint") && !Directory.Exists(Path.Combine(folder, name)) ? leaf.GetProperty("logical_bytes").GetInt64()
                    : files.Where(file => file.Name.StartsWith(name + "/", StringComparison.Ordinal)).Sum(file => file.Length);
                Assert.That(leaf.GetProperty("stored_bytes").GetInt64(), Is.EqualTo(expected), name);
            }
        }
    }

    [TestCaseSource(typeof(GoldenCase), nameof(GoldenCase.Family), ["zarr2"])]
    [TestCaseSource(typeof(GoldenCase), nameof(GoldenCase.Family), ["zarr3"])]
    public async Task Json_has_every_array(GoldenCase golden)
    {
        JsonElement tree = (await Tool.RunAsync("tree", golden.Data, "--json")).Json;
        JsonElement[] leaves = [.. tree.GetProperty("leaves").EnumerateArray()];
        JsonElement expect = golden.Expect();
        if (expect.TryGetProperty("array", out JsonElement array))
        {
            Assert.That(tree.GetProperty("kind").GetString(), Is.EqualTo(expect.TryGetProperty("kvstore", out _) ? "ocdbt" : "array"));
            Assert.That(leaves, Has.Length.EqualTo(1));
            CompareArray(leaves[0], array);
        }

        if (expect.TryGetProperty("arrays", out JsonElement arrays))
        {
            Assert.That(tree.GetProperty("kind").GetString(), Is.EqualTo("group"));
            Assert.That(leaves.Select(leaf => leaf.GetProperty("name").GetString()), Is.EquivalentTo(arrays.EnumerateObject().Select(member => member.Name)));
            foreach (JsonElement leaf in leaves)
            {
                CompareArray(leaf, arrays.GetProperty(leaf.GetProperty("name").GetString()!));
            }
        }
    }

    [TestCaseSource(typeof(GoldenCase), nameof(GoldenCase.Family), ["ocdbt"])]
    public async Task A_database_without_arrays_has_no_leaves(GoldenCase golden)
    {
        JsonElement tree = (await Tool.RunAsync("tree", golden.Data, "--json")).Json;
        Assert.That(tree.GetProperty("kind").GetString(), Is.EqualTo("ocdbt"));
        Assert.That(tree.GetProperty("leaves").GetArrayLength(), Is.Zero);
    }

    [TestCaseSource(typeof(GoldenCase), nameof(GoldenCase.Family), ["orbax"])]
    public async Task Text_names_every_leaf_of_the_latest_step(GoldenCase golden)
    {
        string text = (await Tool.RunAsync("tree", golden.Data)).Text;
        ExpectedItem? last = ExpectedItem.Of(golden).LastOrDefault();
        foreach (JsonElement leaf in last?.Leaves ?? [])
        {
            Assert.That(text, Does.Contain(string.Join('.', ExpectedItem.Path(leaf))));
        }

        Assert.That(text, Does.Not.Contain('\r').And.EndsWith("\n"));
    }

    private static void Compare(JsonElement leaf, JsonElement expected, GoldenCase golden)
    {
        string name = leaf.GetProperty("name").GetString()!;
        if (expected.TryGetProperty("path", out _))
        {
            Assert.That(name, Is.EqualTo(string.Join('.', ExpectedItem.Path(expected))));
        }

        if (expected.TryGetProperty("sha256", out _) && !expected.TryGetProperty("scalar", out _))
        {
            CompareArray(leaf, expected);
        }

        (string kind, string type) = expected switch
        {
            _ when expected.TryGetProperty("none", out _) => ("none", "None"),
            _ when expected.TryGetProperty("empty", out JsonElement empty) => ("empty", empty.GetString() switch { "dict" => "Dict", "list" => "List", "tuple" => "Tuple", _ => "None" }),
            _ when expected.TryGetProperty("string", out _) => ("string", "string"),
            _ when expected.TryGetProperty("scalar", out _) => ("scalar", "scalar"),
            _ when expected.TryGetProperty("prng_key", out _) => ("prng_key", "jax.Array"),
            _ when expected.TryGetProperty("kind", out JsonElement recorded) && recorded.GetString() != "scalar" => ("array", recorded.GetString()!),
            _ => (leaf.GetProperty("kind").GetString()!, leaf.GetProperty("type").GetString()!),
        };

        // Before releases recorded the types, an array is all that is known of it; and containers without fields are saved as None or as named tuples.
        // Where a type was asked for in which to save, the expected array is one of JAX whatever was saved; some handlers save NumPy's scalars as arrays.
        bool hasTypes = Directory.EnumerateFiles(golden.Data, "_METADATA", SearchOption.AllDirectories).Any();
        if (hasTypes && type != "None")
        {
            Assert.That(leaf.GetProperty("kind").GetString(), Is.EqualTo(kind), name);
            Assert.That(leaf.GetProperty("type").GetString(), type is "jax.Array" or "np.ndarray" ? Is.AnyOf("jax.Array", "np.ndarray") : Is.EqualTo(type), name);
        }
    }

    private static void CompareArray(JsonElement leaf, JsonElement expected)
    {
        string? name = leaf.GetProperty("name").GetString();
        Assert.That(leaf.GetProperty("dtype").GetString(), Is.EqualTo(expected.GetProperty("dtype").GetString()), name);
        Assert.That(leaf.GetProperty("shape").EnumerateArray().Select(extent => extent.GetInt64()), Is.EqualTo(expected.GetProperty("shape").EnumerateArray().Select(extent => extent.GetInt64())), name);
        Assert.That(leaf.GetProperty("stored_bytes").GetInt64(), Is.Positive, name);
    }

    private static string PathText(JsonElement key) => key.ValueKind == JsonValueKind.String ? key.GetString()! : key.GetRawText();
}

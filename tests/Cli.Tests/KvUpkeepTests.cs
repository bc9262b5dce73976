using System.Text.Json;
using OcdbtSharp.Testing;

namespace OcdbtSharp.Cli.Tests;

/// <summary><c>ocdbt kv dump</c> and <c>verify</c>.</summary>
public sealed class KvUpkeepTests
{
    [TestCaseSource(typeof(GoldenCase), nameof(GoldenCase.Family), ["ocdbt"])]
    public async Task Dumps_what_TensorStore_dumps(GoldenCase golden)
    {
        JsonElement expect = golden.Expect();
        Assert.That(JsonElement.DeepEquals((await Tool.RunAsync("kv", "dump", golden.Data)).Json, expect.GetProperty("manifest")));
        foreach (JsonProperty node in expect.TryGetProperty("nodes", out JsonElement nodes) ? nodes.EnumerateObject().Take(5) : [])
        {
            Assert.That(JsonElement.DeepEquals((await Tool.RunAsync("kv", "dump", golden.Data, "--node", node.Name, "--json")).Json, node.Value), node.Name);
        }
    }

    [TestCase("--node", "nonsense")]
    [TestCase("--node", "btreenode:d/0:1")]
    [TestCase("--version", "yesterday")]
    [TestCase("--version", "v1", "--node", "btreenode::d/0:0:1")]
    public async Task Dump_of_nothing_that_can_be_is_wrong_usage(params string[] options) =>
        Assert.That(await Tool.FailAsync(CommandLine.WrongUsage, ["kv", "dump", Data("deep-tree"), .. options]), Is.Not.Empty);

    [TestCaseSource(typeof(GoldenCase), nameof(GoldenCase.Family), ["ocdbt"])]
    public async Task Verifies_what_is_whole(GoldenCase golden)
    {
        JsonElement result = (await Tool.RunAsync("kv", "verify", golden.Data, "--json")).Json;
        Assert.That(result.GetProperty("clean").GetBoolean());
        Assert.That(result.GetProperty("faults").GetArrayLength(), Is.Zero);
        Assert.That((await Tool.RunAsync("kv", "verify", golden.Data)).Text, Does.Contain("whole: "));
    }

    [Test]
    public async Task Verify_names_the_damaged_place_and_fails()
    {
        using TemporaryFolder folder = new();
        Copy(Data("small-data-files"), folder.Path);
        string file = Directory.GetFiles(folder.Combine("d")).Order(StringComparer.Ordinal).First();
        File.Delete(file);
        ToolResult result = await Tool.TryAsync("kv", "verify", folder.Path);
        Assert.That(result.ExitCode, Is.EqualTo(CommandLine.Failure));
        Assert.That(result.Text, Does.Contain(file + ": data file is missing").And.Contain("1 fault"));
        JsonElement json = (await Tool.TryAsync("kv", "verify", folder.Path, "--json")).Json;
        Assert.That(json.GetProperty("faults")[0].GetProperty("file").GetString(), Is.EqualTo("d/" + Path.GetFileName(file)));
    }

    private static string Data(string name) => Path.Combine(GoldenCase.Root, "ocdbt", name, "data");

    private static void Copy(string source, string destination)
    {
        foreach (string file in Directory.GetFiles(source, "*", SearchOption.AllDirectories))
        {
            string target = Path.Combine(destination, Path.GetRelativePath(source, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }
}

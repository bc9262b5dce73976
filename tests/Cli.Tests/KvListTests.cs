using System.Text.Json;
using OcdbtSharp.Testing;

namespace OcdbtSharp.Cli.Tests;

/// <summary><c>ocdbt kv ls</c>, <c>get</c> and <c>versions</c> over every golden database.</summary>
public sealed class KvListTests
{
    [TestCaseSource(typeof(GoldenCase), nameof(GoldenCase.Family), ["ocdbt"])]
    public async Task Lists_what_was_written(GoldenCase golden)
    {
        ToolResult result = await Tool.RunAsync("kv", "ls", golden.Data, "--json", "--sha256");
        Compare(result.Json, golden.Expect().GetProperty("contents"));
    }

    [TestCaseSource(typeof(GoldenCase), nameof(GoldenCase.Family), ["ocdbt"])]
    public async Task Lists_what_every_version_held(GoldenCase golden)
    {
        JsonElement listed = (await Tool.RunAsync("kv", "versions", golden.Data, "--json")).Json;
        if (!golden.Expect().TryGetProperty("versions", out JsonElement versions))
        {
            return;
        }

        foreach (JsonProperty version in versions.EnumerateObject())
        {
            string time = listed.EnumerateArray().Single(one => one.GetProperty("generation").GetRawText() == version.Name).GetProperty("time").GetString()!;
            foreach (string spec in new[] { "v" + version.Name, time })
            {
                Compare((await Tool.RunAsync("kv", "ls", golden.Data, "--version", spec, "--json", "--sha256")).Json, version.Value);
            }
        }
    }

    [TestCaseSource(typeof(GoldenCase), nameof(GoldenCase.Family), ["ocdbt"])]
    public async Task Gets_values_by_the_keys_that_it_prints(GoldenCase golden)
    {
        foreach (JsonElement entry in golden.Expect().GetProperty("contents").EnumerateArray().Take(20))
        {
            ToolResult value = await Tool.RunAsync("kv", "get", golden.Data, "hex:" + entry.GetProperty("key").GetString());
            Assert.That(value.Output, Has.Length.EqualTo(entry.GetProperty("length").GetInt64()));
            if (entry.TryGetProperty("value", out JsonElement hex))
            {
                Assert.That(Convert.ToHexStringLower(value.Output), Is.EqualTo(hex.GetString()));
            }
        }
    }

    private static void Compare(JsonElement listed, JsonElement expected)
    {
        string[] wanted = [.. expected.EnumerateArray().Select(Text).Order(StringComparer.Ordinal)];
        Assert.That(listed.EnumerateArray().Select(Text), Is.EqualTo(wanted));
    }

    private static string Text(JsonElement entry) =>
        $"{entry.GetProperty("key").GetString()} {entry.GetProperty("length").GetInt64()} {entry.GetProperty("sha256").GetString()}";
}

using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using OcdbtSharp.Testing;

namespace OcdbtSharp.Cli.Tests;

/// <summary><c>ocdbt cat</c> over every leaf of every golden checkpoint and array.</summary>
public sealed class CatTests
{
    [TestCaseSource(typeof(GoldenCase), nameof(GoldenCase.Family), ["orbax"])]
    public async Task Every_leaf_of_a_checkpoint_has_the_value_that_was_saved(GoldenCase golden)
    {
        foreach (ExpectedItem item in ExpectedItem.Of(golden))
        {
            foreach (JsonElement leaf in item.Leaves)
            {
                // An item of one array has no names in it.
                string[] name = leaf.TryGetProperty("path", out _) ? ["--", golden.Data, string.Join('.', ExpectedItem.Path(leaf))] : [golden.Data];
                await CompareAsync(["cat", .. item.Options], name, leaf);
            }
        }
    }

    [TestCaseSource(typeof(GoldenCase), nameof(GoldenCase.Family), ["zarr2"])]
    [TestCaseSource(typeof(GoldenCase), nameof(GoldenCase.Family), ["zarr3"])]
    public async Task Every_array_has_the_elements_that_were_written(GoldenCase golden)
    {
        JsonElement expect = golden.Expect();
        if (expect.TryGetProperty("array", out JsonElement array))
        {
            string[] name = expect.TryGetProperty("path", out JsonElement path) ? [path.GetString()!.TrimEnd('/')] : [];
            await CompareDigestAsync(["cat", golden.Data, .. name], array);
        }

        if (expect.TryGetProperty("arrays", out JsonElement arrays))
        {
            foreach (JsonProperty member in arrays.EnumerateObject())
            {
                await CompareDigestAsync(["cat", golden.Data, member.Name], member.Value);
            }
        }
    }

    [Test]
    public async Task Raw_writes_the_bytes_and_json_the_values()
    {
        string data = Example("item-zarr3-ocdbt-zstd");
        ToolResult raw = await Tool.RunAsync("cat", data, "np", "--raw", "--slice", "1,:2");
        Assert.That(raw.Output, Is.EqualTo(new long[] { 3, 4 }.SelectMany(BitConverter.GetBytes)));
        Assert.That((await Tool.RunAsync("cat", data, "np", "--json")).Json.GetRawText().Where(c => !char.IsWhiteSpace(c)), Is.EqualTo("[[0,1,2],[3,4,5]]"));
        Assert.That((await Tool.RunAsync("cat", data, "np", "--json", "--slice", "...,-1")).Json.GetRawText().Where(c => !char.IsWhiteSpace(c)), Is.EqualTo("[2,5]"));
        Assert.That((await Tool.RunAsync("cat", data, "np", "--json", "--slice", "1,2")).Json.GetInt64(), Is.EqualTo(5));
    }

    [Test]
    public async Task Text_is_a_table()
    {
        string data = Example("item-zarr3-ocdbt-zstd");
        Assert.That((await Tool.RunAsync("cat", data, "np")).Text, Is.EqualTo("int64 [2, 3]\n0  1  2\n3  4  5\n"));
        Assert.That((await Tool.RunAsync("cat", data, "step")).Text, Is.EqualTo("int64 []\n7\n"));
        Assert.That((await Tool.RunAsync("cat", data, "name")).Text, Is.EqualTo("tiny\n"));
        Assert.That((await Tool.RunAsync("cat", Example("tree-shapes"), "none")).Text, Is.EqualTo("None\n"));
    }

    [Test]
    public async Task A_large_table_is_cut_and_says_so()
    {
        string[] lines = (await Tool.RunAsync("cat", Example("item-zarr3-ocdbt-zstd"), "params.dense.kernel")).Text.TrimEnd('\n').Split('\n');
        using (Assert.EnterMultipleScope())
        {
            Assert.That(lines, Has.Length.EqualTo(1 + 24 + 1));
            Assert.That(lines[..^1], Has.All.Length.LessThanOrEqualTo(120));
            Assert.That(lines[1], Does.EndWith("…"));
            Assert.That(lines[^1], Does.Match(@"^\d+ of 384 values"));
        }
    }

    [TestCaseSource(typeof(GoldenCase), nameof(GoldenCase.Family), ["zarr2"])]
    public async Task Records_are_printed_field_by_field(GoldenCase golden)
    {
        if (!golden.Expect().TryGetProperty("fields", out JsonElement fields))
        {
            return;
        }

        JsonElement[] records = [.. (await Tool.RunAsync("cat", golden.Data, "--json")).Json.EnumerateArray()];
        foreach (JsonProperty field in fields.EnumerateObject())
        {
            byte[] elements = golden.ReadFile(field.Value.GetProperty("file").GetString()!);
            JsonElement[] values = [.. records.Select(record => record.GetProperty(field.Name)).SelectMany(value => value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray()] : (JsonElement[])[value])];
            string type = field.Value.GetProperty("dtype").GetString()!;
            double[] expected = type switch
            {
                "int16" => [.. elements.Chunk(2).Select(bytes => (double)BitConverter.ToInt16(bytes))],
                "float32" => [.. elements.Chunk(4).Select(bytes => (double)BitConverter.ToSingle(bytes))],
                "uint8" => [.. elements.Select(value => (double)value)],
                _ => throw new NotSupportedException(type),
            };
            Assert.That(values.Select(value => (double)(float)value.GetDouble()), Is.EqualTo(expected), field.Name);
        }

        Assert.That((await Tool.RunAsync("cat", golden.Data)).Text, Does.Match(@"^struct \[\d+\]\n *\(.*\[.*\].*\)"));
    }

    [Test]
    public async Task A_json_item_is_its_value()
    {
        string data = Example("seed-example");
        Assert.That((await Tool.RunAsync("cat", data, "custom_data")).Json.GetProperty("lang").GetString(), Is.EqualTo("en"));
        Assert.That((await Tool.RunAsync("cat", data, "--item", "custom_data", "--json")).Json.GetProperty("version").GetDouble(), Is.EqualTo(1.2));
    }

    [Test]
    public async Task Leaves_are_found_by_item_and_by_slashes()
    {
        string data = Example("items-all-handlers");
        string byOption = (await Tool.RunAsync("cat", data, "params.dense.bias", "--item", "pytree", "--sha256")).Text;
        Assert.That((await Tool.RunAsync("cat", data, "pytree/params.dense.bias", "--sha256")).Text, Is.EqualTo(byOption));
        Assert.That((await Tool.RunAsync("cat", data, "pytree/params/dense/bias", "--sha256")).Text, Is.EqualTo(byOption));
        Assert.That((await Tool.RunAsync("cat", data, "array", "--sha256")).Text, Is.EqualTo((await Tool.RunAsync("cat", data, "--item", "array", "--sha256")).Text));
        Assert.That(await Tool.FailAsync(CommandLine.WrongUsage, "cat", data, "params.dense.bias"), Does.Contain("pytree, std"));
    }

    private static string Example(string name) => Path.Combine(GoldenCase.Root, "orbax", name, "data");

    private static async Task CompareAsync(string[] options, string[] leafName, JsonElement leaf)
    {
        string what = string.Join(' ', leafName);
        if (leaf.TryGetProperty("none", out _))
        {
            Assert.That((await Tool.RunAsync([.. options, "--json", .. leafName])).Json.ValueKind, Is.EqualTo(JsonValueKind.Null), what);
        }
        else if (leaf.TryGetProperty("empty", out _))
        {
            Assert.That((await Tool.RunAsync([.. options, "--json", .. leafName])).Json.GetRawText(), Is.AnyOf("{}", "[]", "null"), what);
        }
        else if (leaf.TryGetProperty("string", out JsonElement text))
        {
            Assert.That(Encoding.UTF8.GetString((await Tool.RunAsync([.. options, "--raw", .. leafName])).Output), Is.EqualTo(text.GetString()), what);
            Assert.That((await Tool.RunAsync([.. options, "--json", .. leafName])).Json.GetString(), Is.EqualTo(text.GetString()), what);
            string digest = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.GetString()!)));
            Assert.That((await Tool.RunAsync([.. options, "--sha256", .. leafName])).Text, Is.EqualTo(digest + "\n"), what);
        }
        else if (leaf.TryGetProperty("scalar", out _))
        {
            // A scalar compares by its value, whatever width it was stored in.
            JsonElement value = (await Tool.RunAsync([.. options, "--json", .. leafName])).Json;
            Assert.That(Numbers(value), Is.EqualTo(Numbers(leaf.GetProperty("value"))), what);
        }
        else
        {
            await CompareDigestAsync([.. options, .. leafName], leaf);
        }
    }

    private static async Task CompareDigestAsync(string[] command, JsonElement expected)
    {
        ToolResult result = await Tool.RunAsync([command[0], "--sha256", .. command[1..]]);
        Assert.That(result.Text, Is.EqualTo(expected.GetProperty("sha256").GetString() + "\n"), string.Join(' ', command));
    }

    private static string Numbers(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Array => string.Join(' ', value.EnumerateArray().Select(Numbers)),
        JsonValueKind.Number => value.GetDouble().ToString(CultureInfo.InvariantCulture),
        _ => value.GetRawText(),
    };
}

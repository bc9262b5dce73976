using System.Text.Json;
using OcdbtSharp.Testing;

namespace OcdbtSharp.Cli.Tests;

/// <summary><c>ocdbt convert</c>, <c>diff</c>, <c>verify</c> and <c>steps</c> as a user runs them.</summary>
public sealed class ConvertTests
{
    private static string Golden(string name) => Path.Combine(GoldenCase.Root, "orbax", name, "data");

    [TestCase("--zarr3")]
    [TestCase("--no-ocdbt", "--no-compression")]
    [TestCase("--v1", "--chunk-bytes", "256", "--data-file-bytes", "4096")]
    [TestCase("--processes", "3")]
    [TestCase("--processes", "3", "--process-bytes", "1")]
    public async Task What_is_converted_differs_in_nothing(params string[] options)
    {
        using TemporaryFolder folder = new();
        string source = Golden("sharded-mesh-zarr2");
        string copy = folder.Combine("copy");
        ToolResult converted = await Tool.RunAsync(["convert", source, copy, .. options]);
        Assert.That(converted.Text, Does.StartWith($"{copy}: 9 arrays, ").And.Contains("/s"));
        ToolResult compared = await Tool.RunAsync("diff", source, copy);
        Assert.That(compared.Text.Trim(), Is.EqualTo("9 equal"));
        ToolResult verified = await Tool.RunAsync("verify", copy);
        Assert.That(verified.Text, Does.EndWith("nothing is wrong\n"));
    }

    [Test]
    public async Task Goes_through_safetensors_with_other_names_and_types()
    {
        using TemporaryFolder folder = new();
        string tensors = folder.Combine("model.safetensors");
        await Tool.RunAsync("convert", Golden("item-zarr3-ocdbt-zstd"), tensors, "--include", "params.*", "--rename", "params.*=model.*", "--dtype", "bfloat16");
        await Tool.RunAsync("convert", tensors, folder.Combine("back"), "--no-ocdbt");
        JsonElement tree = (await Tool.RunAsync("tree", folder.Combine("back"), "--json")).Json;
        Assert.That(tree.ToString(), Does.Contain("model.dense.kernel").And.Contain("bfloat16").And.Not.Contain("float32"));
        ToolResult compared = await Tool.TryAsync("diff", tensors, folder.Combine("back"), "--json");
        Assert.That(compared.Json.EnumerateArray().Select(leaf => leaf.GetProperty("state").GetString()), Is.All.EqualTo("equal"));
    }

    [Test]
    public async Task Differences_end_with_one()
    {
        ToolResult result = await Tool.TryAsync("diff", Golden("item-zarr2-ocdbt-zstd"), Golden("cast-on-save"));
        Assert.That(result.ExitCode, Is.EqualTo(CommandLine.Failure));
        Assert.That(result.Text, Does.Contain("only in A: params.dense.kernel").And.Contain("only in B: w"));
    }

    [Test]
    public async Task Faults_are_told_with_their_place()
    {
        using TemporaryFolder folder = new();
        string copy = folder.Combine("copy");
        await Tool.RunAsync("convert", Golden("item-zarr2-ocdbt-zstd"), copy, "--no-ocdbt");
        File.WriteAllText(Path.Combine(copy, "np", "0.0"), "damaged");
        ToolResult result = await Tool.TryAsync("verify", copy);
        Assert.That(result.ExitCode, Is.EqualTo(CommandLine.Failure));
        Assert.That(result.Text, Does.Contain("np/0.0").And.Contain("1 faults"));
    }

    [Test]
    public async Task Steps_are_listed()
    {
        ToolResult text = await Tool.RunAsync("steps", Golden("manager-metrics"));
        Assert.That(text.Text, Does.Contain("300").And.Contain("\"loss\": 0.5").And.Contain("default, metrics"));
        JsonElement json = (await Tool.RunAsync("steps", Golden("manager-step-names"), "--json")).Json;
        Assert.That(json.GetProperty("steps").EnumerateArray().Select(step => step.GetProperty("step").GetInt64()), Is.EqualTo(new long[] { 0, 5, 120 }));
        Assert.That(json.GetProperty("unfinished").GetArrayLength(), Is.EqualTo(1));
    }

    [Test]
    public async Task A_dry_run_tells_what_it_would_cost_and_writes_nothing()
    {
        using TemporaryFolder folder = new();
        ToolResult told = await Tool.RunAsync("convert", Golden("sharded-mesh-zarr2"), folder.Combine("copy"), "--dry-run", "--memory", "256MiB");
        Assert.That(told.Text, Does.StartWith($"{folder.Combine("copy")}: 9 arrays, ").And.Contains("passes 1, temporary files 0 B, memory "));
        Assert.That(Directory.EnumerateFileSystemEntries(folder.Path), Is.Empty);
    }

    [TestCase("1000", 1000)]
    [TestCase("0", 0)]
    [TestCase("512MiB", 512L << 20)]
    [TestCase("1GB", 1_000_000_000)]
    [TestCase("1.5 GiB", 3L << 29)]
    [TestCase("20kB", 20_000)]
    [TestCase("7B", 7)]
    public void Sizes_have_one_syntax(string text, long bytes) => Assert.That(Output.ByteText.Parse(text), Is.EqualTo(bytes));

    [TestCase("")]
    [TestCase("MiB")]
    [TestCase("-1")]
    [TestCase("1e3")]
    [TestCase("10 XB")]
    [TestCase("9EiB")]
    public void What_is_no_size_is_refused(string text) => Assert.That(() => Output.ByteText.Parse(text), Throws.TypeOf<UsageException>());

    [TestCase("--memory", "x")]
    [TestCase("--memory", "1000")]
    [TestCase("--chunk-bytes", "1 parsec")]
    public async Task A_size_that_makes_no_sense_is_wrong_usage(string option, string value)
    {
        using TemporaryFolder folder = new();
        string error = await Tool.FailAsync(CommandLine.WrongUsage, ["convert", Golden("cast-on-save"), folder.Combine("x"), option, value]);
        Assert.That(error, Does.Contain("MiB"));
    }

    [TestCase("--rename", "a")]
    [TestCase("--to", "hdf5")]
    [TestCase("--processes", "0")]
    [TestCase("--dtype", "float3")]
    public async Task Nonsense_is_refused(params string[] options)
    {
        using TemporaryFolder folder = new();
        await Tool.FailAsync(CommandLine.WrongUsage, ["convert", Golden("cast-on-save"), folder.Combine("x"), .. options]);
        Assert.That(Directory.GetFileSystemEntries(folder.Path), Is.Empty);
    }
}

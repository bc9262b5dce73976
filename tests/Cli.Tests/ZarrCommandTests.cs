using System.Security.Cryptography;
using System.Text.Json;
using OcdbtSharp.KvStore;
using OcdbtSharp.Testing;
using OcdbtSharp.Zarr3;

namespace OcdbtSharp.Cli.Tests;

/// <summary><c>ocdbt zarr info</c> and <c>ocdbt zarr copy</c>.</summary>
public sealed class ZarrCommandTests
{
    private static string Group => Path.Combine(GoldenCase.Root, "zarr3", "python-group", "data");

    [TestCaseSource(typeof(GoldenCase), nameof(GoldenCase.Family), ["zarr2"])]
    [TestCaseSource(typeof(GoldenCase), nameof(GoldenCase.Family), ["zarr3"])]
    public async Task Info_tells_of_every_golden_array(GoldenCase golden)
    {
        JsonElement expect = golden.Expect();
        string path = expect.TryGetProperty("path", out JsonElement inside) ? Path.Combine(golden.Data, inside.GetString()!) : golden.Data;
        JsonElement[] arrays = [.. (await Tool.RunAsync("zarr", "info", path, "--json")).Json.EnumerateArray().Where(member => member.GetProperty("node_type").ValueEquals("array"))];
        Assert.That(arrays, Is.Not.Empty);
        foreach (JsonElement array in arrays)
        {
            string name = array.GetProperty("path").GetString()!;
            JsonElement known = name.Length == 0 ? expect.TryGetProperty("array", out JsonElement only) ? only : default : expect.GetProperty("arrays").GetProperty(name);
            if (known.ValueKind == JsonValueKind.Object)
            {
                Assert.That(array.GetProperty("data_type").GetString(), Is.EqualTo(known.GetProperty("dtype").GetString()));
                Assert.That(JsonElement.DeepEquals(array.GetProperty("shape"), known.GetProperty("shape")));
            }

            Assert.That(array.GetProperty("stored_chunks").GetInt64(), Is.LessThanOrEqualTo(array.GetProperty("chunks").GetInt64()));
        }

        Assert.That((await Tool.RunAsync("zarr", "info", path)).Text, Is.Not.Empty);
    }

    [Test]
    public async Task Info_shows_an_array_line_by_line()
    {
        string text = (await Tool.RunAsync("zarr", "info", Path.Combine(GoldenCase.Root, "zarr3", "python-sharded", "data"))).Text;
        Assert.That(text, Does.Match("type +int64\n").And.Match("chunks +\\[4, 6\\]\n").And.Match("shards +\\[12, 18\\]\n")
            .And.Contain("sharding_indexed (bytes, zstd:5)").And.Match("stored +4 of 4 shards"));
    }

    [Test]
    public async Task Info_shows_a_group_as_a_table()
    {
        string text = (await Tool.RunAsync("zarr", "info", Group)).Text;
        Assert.That(text, Does.Match("(?m)^model/w +float32 +\\[4, 5\\]").And.Match("(?m)^model +group").And.Match("(?m)^3 arrays"));
    }

    [Test]
    public async Task Copies_change_version_chunks_codecs_and_type()
    {
        using TemporaryFolder folder = new();
        GoldenCase golden = (GoldenCase)GoldenCase.Family("zarr3").Single(data => data.Arguments[0]!.ToString() == "python-default").Arguments[0]!;
        string[] steps = [Path.Combine(folder.Path, "a"), Path.Combine(folder.Path, "b"), Path.Combine(folder.Path, "c")];
        await Tool.RunAsync("zarr", "copy", golden.Data, steps[0], "--format", "2", "--chunks", "5,30", "--codec", "zlib:3", "--separator", "/");
        await Tool.RunAsync("zarr", "copy", steps[0], steps[1], "--format", "3", "--chunks", "4,5", "--shards", "8,10", "--codec", "zstd:5", "--memory", "1MiB", "--jobs", "2");
        await Tool.RunAsync("zarr", "copy", steps[1], steps[2], "--shards", "none", "--codec", "none", "--dtype", "float32");
        Assert.That(await DigestAsync(steps[0]), Is.EqualTo(golden.Expect().GetProperty("array").GetProperty("sha256").GetString()));
        Assert.That(await DigestAsync(steps[1]), Is.EqualTo(golden.Expect().GetProperty("array").GetProperty("sha256").GetString()));
        Assert.That(File.Exists(Path.Combine(steps[0], "0", "0")), "keys with slashes");
        ZarrArray last = await ZarrArray.OpenAsync(new FileKvStore(steps[2]));
        Assert.That(last.DataType.Name, Is.EqualTo("float32"));
        float[] singles = new float[20 * 30];
        double[] doubles = new double[20 * 30];
        await last.ReadAsync<float>(singles);
        await (await ZarrArray.OpenAsync(new FileKvStore(golden.Data))).ReadAsync<double>(doubles);
        Assert.That(singles, Is.EqualTo(doubles.Select(value => (float)value)));
    }

    [Test]
    public async Task Groups_go_into_databases_and_out_of_them()
    {
        using TemporaryFolder folder = new();
        string database = Path.Combine(folder.Path, "db");
        string output = Path.Combine(folder.Path, "out");
        await Tool.RunAsync("zarr", "copy", Group, database, "--ocdbt", "--codec", "gzip:1");
        await Tool.RunAsync("zarr", "copy", Group, Path.Combine(database, "more", "of", "it"), "--consolidate");
        Assert.That(File.Exists(Path.Combine(database, "manifest.ocdbt")));
        await Tool.RunAsync("zarr", "copy", Path.Combine(database, "more", "of", "it", "model"), output);
        foreach (string path in (string[])["model/w", "model/b"])
        {
            string digest = await DigestAsync(Path.Combine(Group, path));
            Assert.That(await DigestAsync(Path.Combine(output, Path.GetFileName(path))), Is.EqualTo(digest));
        }

        Assert.That((await Tool.RunAsync("zarr", "info", database)).Text, Does.Contain("gzip:1").And.Contain("more/of/it/model/w"));
    }

    [Test]
    public async Task What_is_there_is_replaced_only_where_it_is_told_and_is_zarrs()
    {
        using TemporaryFolder folder = new();
        string output = Path.Combine(folder.Path, "out");
        await Tool.RunAsync("zarr", "copy", Group, output);
        await Tool.FailAsync(CommandLine.Failure, "zarr", "copy", Group, output);
        await Tool.RunAsync("zarr", "copy", Path.Combine(Group, "step"), output, "--force");
        Assert.That(Directory.Exists(Path.Combine(output, "model")), Is.False);
        string other = Path.Combine(folder.Path, "other");
        Directory.CreateDirectory(other);
        await File.WriteAllTextAsync(Path.Combine(other, "thesis.txt"), "mine");
        await Tool.FailAsync(CommandLine.WrongUsage, "zarr", "copy", Group, other, "--force");
        Assert.That(File.Exists(Path.Combine(other, "thesis.txt")));
        await Tool.FailAsync(CommandLine.WrongUsage, "zarr", "copy", output, Path.Combine(output, "below"));
    }

    [TestCase("--format", "4")]
    [TestCase("--chunks", "0,1")]
    [TestCase("--chunks", "5")]
    [TestCase("--codec", "none:1")]
    [TestCase("--codec", "zstd:{")]
    [TestCase("--dtype", "float31")]
    [TestCase("--memory", "much")]
    [TestCase("--separator", "-")]
    [TestCase("--shards", "3,3")]
    public async Task Wrong_options_are_told_in_one_line(string option, string value)
    {
        using TemporaryFolder folder = new();
        string source = Path.Combine(GoldenCase.Root, "zarr3", "python-default", "data");
        await Tool.FailAsync(CommandLine.WrongUsage, "zarr", "copy", source, Path.Combine(folder.Path, "out"), option, value);
    }

    [Test]
    public async Task A_path_with_nothing_is_told_in_one_line()
    {
        await Tool.FailAsync(CommandLine.Failure, "zarr", "info", Path.Combine(GoldenCase.Root, "nothing"));
        await Tool.FailAsync(CommandLine.Failure, "zarr", "info", Path.Combine(GoldenCase.Root, "zarr3", "in-ocdbt", "data", "no", "such"));
    }

    private static async Task<string> DigestAsync(string folder)
    {
        ZarrArray array = await ZarrArray.OpenAsync(new FileKvStore(folder));
        byte[] elements = new byte[array.ByteCount];
        await array.ReadAsync(elements);
        return Convert.ToHexStringLower(SHA256.HashData(elements));
    }
}

using System.Buffers.Binary;
using System.Text.Json;
using OcdbtSharp.Testing;

namespace OcdbtSharp.Cli.Tests;

/// <summary><c>ocdbt export</c> of every golden checkpoint, read back by the rules of each format.</summary>
public sealed class ExportTests
{
    private static readonly Dictionary<string, string> _safetensorsTypes = new()
    {
        ["bool"] = "BOOL",
        ["bfloat16"] = "BF16",
        ["float8_e4m3fn"] = "F8_E4M3",
        ["float8_e4m3fnuz"] = "F8_E4M3FNUZ",
        ["float8_e5m2fnuz"] = "F8_E5M2FNUZ",
        ["float8_e5m2"] = "F8_E5M2",
        ["complex64"] = "C64",
    };

    private static string Example => Path.Combine(GoldenCase.Root, "orbax", "item-zarr3-ocdbt-zstd", "data");

    [TestCaseSource(typeof(GoldenCase), nameof(GoldenCase.Family), ["orbax"])]
    public async Task Every_array_is_in_the_file(GoldenCase golden)
    {
        using TemporaryFolder folder = new();
        int number = 0;
        foreach (ExpectedItem item in ExpectedItem.Of(golden))
        {
            string output = folder.Combine($"{number++}");
            foreach (string ending in new[] { ".safetensors", ".npz", "" })
            {
                // complex128 has no place in safetensors, and none to be converted to.
                string[] leftOut = ending == ".safetensors" ? [.. item.Leaves.Where(leaf => TypeOf(leaf) == "complex128").SelectMany(leaf => (string[])["--exclude", Name(leaf)])] : [];
                await Tool.RunAsync(["export", golden.Data, output + ending, "--convert", .. item.Options, .. leftOut]);
            }

            (Dictionary<string, ExportedArray> safetensors, Dictionary<string, string> texts) = ExportedFiles.ReadSafetensors(output + ".safetensors");
            Dictionary<string, ExportedArray> npz = ExportedFiles.ReadNpz(output + ".npz");
            Dictionary<string, ExportedArray> npy = ExportedFiles.ReadNpyFolder(output);
            JsonElement[] arrays = [.. item.Leaves.Where(leaf => leaf.TryGetProperty("sha256", out _) || leaf.TryGetProperty("scalar", out _))];
            Assert.That(npz, Has.Count.EqualTo(arrays.Length));
            Assert.That(npy, Has.Count.EqualTo(arrays.Length));
            foreach (JsonElement leaf in arrays.Where(leaf => leaf.TryGetProperty("file", out _) && !leaf.TryGetProperty("scalar", out _)))
            {
                // An item of one array has a name of its own in the file.
                string name = leaf.TryGetProperty("path", out _) ? Name(leaf) : npz.Keys.Single();
                byte[] elements = golden.ReadFile(leaf.GetProperty("file").GetString()!);
                Compare(npz[name], leaf, elements, NumpyType(TypeOf(leaf)!));
                Compare(npy[name], leaf, elements, NumpyType(TypeOf(leaf)!));
                if (TypeOf(leaf) != "complex128")
                {
                    Compare(safetensors[name], leaf, elements, SafetensorsType(TypeOf(leaf)!));
                }
            }

            Assert.That(texts, Is.EquivalentTo(item.Leaves.Where(leaf => leaf.TryGetProperty("string", out _))
                .Select(leaf => KeyValuePair.Create(Name(leaf), leaf.GetProperty("string").GetString()!))));
        }

        Assert.That(Directory.EnumerateFileSystemEntries(folder.Path).Where(path => path.EndsWith(".partial", StringComparison.Ordinal)), Is.Empty);
    }

    [Test]
    public async Task Types_that_a_format_lacks_are_an_error_that_says_what_to_do([Values("x.npz", "x")] string name)
    {
        using TemporaryFolder folder = new();
        string error = await Tool.FailAsync(CommandLine.Failure, "export", Example, folder.Combine(name));
        Assert.That(error, Does.Contain("params.out.kernel").And.Contain("bfloat16").And.Contain("float32").And.Contain("--convert"));
        Assert.That(Directory.EnumerateFileSystemEntries(folder.Path), Is.Empty);
    }

    [Test]
    public async Task Patterns_select_what_is_written()
    {
        using TemporaryFolder folder = new();
        string file = folder.Combine("x.npz");
        await Tool.RunAsync("export", Example, file, "--include", "params.*", "--include", "np", "--exclude", "*.kernel");
        Assert.That(ExportedFiles.ReadNpz(file).Keys, Is.EquivalentTo(new[] { "params.dense.bias", "params.out.bias", "np" }));
        Assert.That(await Tool.FailAsync(CommandLine.WrongUsage, "export", Example, folder.Combine("y.npz"), "--include", "nothing*"), Does.Contain("no arrays"));
    }

    [Test]
    public async Task What_is_there_is_replaced_only_when_told([Values("x.safetensors", "x.npz", "x")] string name)
    {
        using TemporaryFolder folder = new();
        string output = folder.Combine(name);
        string[] command = ["export", Example, output, "--include", "np"];
        await Tool.RunAsync(command);
        byte[] before = Content(output);
        Assert.That(await Tool.FailAsync(CommandLine.Failure, command), Does.Contain(output).And.Contain("--force"));
        Assert.That(Content(output), Is.EqualTo(before));
        await Tool.RunAsync("export", Example, output, "--include", "npscalar", "--force");
        Assert.That(Content(output), Is.Not.EqualTo(before));
        Assert.That(Directory.EnumerateFileSystemEntries(folder.Path).Count(), Is.EqualTo(1));
    }

    [Test]
    public async Task A_folder_with_other_files_is_never_replaced()
    {
        using TemporaryFolder folder = new();
        Directory.CreateDirectory(folder.Combine("x"));
        await Tool.RunAsync("export", Example, folder.Combine("x"), "--include", "np");
        File.WriteAllText(folder.Combine("x", "notes.txt"), "mine");
        Assert.That(await Tool.FailAsync(CommandLine.Failure, "export", Example, folder.Combine("x"), "--include", "np", "--force"), Does.Contain("notes.txt"));
        Assert.That(File.ReadAllText(folder.Combine("x", "notes.txt")), Is.EqualTo("mine"));
    }

    [Test]
    public async Task Names_that_no_file_can_have_are_spelled_otherwise()
    {
        using TemporaryFolder folder = new();
        await Tool.RunAsync("export", Path.Combine(GoldenCase.Root, "orbax", "tree-shapes", "data"), folder.Combine("x"), "--include", "odd keys.*");
        Assert.That(ExportedFiles.ReadNpyFolder(folder.Combine("x")).Keys, Contains.Item("odd keys.a/b").And.Contains("odd keys.%2F").And.Contains("odd keys."));
        Assert.That(Directory.EnumerateDirectories(folder.Combine("x")), Is.Empty);
    }

    private static byte[] Content(string path) =>
        File.Exists(path) ? File.ReadAllBytes(path) : [.. Directory.EnumerateFiles(path).Order(StringComparer.Ordinal).SelectMany(File.ReadAllBytes)];

    private static string Name(JsonElement leaf) => string.Join('.', ExpectedItem.Path(leaf));

    private static string? TypeOf(JsonElement leaf) => leaf.TryGetProperty("dtype", out JsonElement type) ? type.GetString() : null;

    private static void Compare(ExportedArray array, JsonElement leaf, byte[] elements, string type)
    {
        Assert.That(array.DataType, Is.EqualTo(type), Name(leaf));
        Assert.That(array.Shape, Is.EqualTo(leaf.GetProperty("shape").EnumerateArray().Select(extent => extent.GetInt64())), Name(leaf));
        string original = TypeOf(leaf)!;
        if (type is "F32" or "<f4" && original != "float32")
        {
            Assert.That(Floats(array.Bytes), Is.EqualTo(SmallFloats.Decode(original, elements)), Name(leaf));
        }
        else
        {
            // Small integers take a byte each in both; NumPy's has the sign in all its upper bits.
            int unused = original is "int2" or "int4" ? 8 - (original[3] - '0') : 0;
            Assert.That(array.Bytes, Is.EqualTo(unused == 0 ? elements : elements.Select(bits => (byte)((sbyte)(bits << unused) >> unused))), Name(leaf));
        }
    }

    private static float[] Floats(byte[] bytes) => [.. bytes.Chunk(sizeof(float)).Select(chunk => BinaryPrimitives.ReadSingleLittleEndian(chunk))];

    private static string SafetensorsType(string type) =>
        _safetensorsTypes.TryGetValue(type, out string? name) ? name
        : type.StartsWith("float8", StringComparison.Ordinal) || type.StartsWith("float4", StringComparison.Ordinal) ? "F32"
        : type is "int2" or "int4" ? "I8"
        : type.Replace("uint", "U", StringComparison.Ordinal).Replace("int", "I", StringComparison.Ordinal).Replace("float", "F", StringComparison.Ordinal);

    private static string NumpyType(string type) => type switch
    {
        "bool" => "|b1",
        "int8" or "int2" or "int4" => "|i1",
        "uint8" => "|u1",
        "bfloat16" => "<f4",
        _ when type.StartsWith("float8", StringComparison.Ordinal) || type.StartsWith("float4", StringComparison.Ordinal) => "<f4",
        _ => $"<{(type.StartsWith('u') ? 'u' : type[0])}{int.Parse(type.TrimStart("abcdefghijklmnopqrstuvwxyz".ToCharArray()), System.Globalization.CultureInfo.InvariantCulture) / 8}",
    };
}

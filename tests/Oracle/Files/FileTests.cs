using System.Text.Json;
using System.Text.Json.Nodes;
using OcdbtSharp.Checkpoint;
using OcdbtSharp.KvStore;
using OcdbtSharp.Testing;

namespace OcdbtSharp.Oracle.Tests;

[TestFixture]
internal sealed class FileTests
{
    [Test]
    public void Files_of_Python_are_read_and_converted_to_checkpoints_and_back() =>
        Runs.Check("files written by Python, converted to a checkpoint and back", 100, FileCase.Arbitrary(anyType: false), value => FromPython(value).GetAwaiter().GetResult());

    [Test]
    public void Checkpoints_of_Orbax_are_exported_to_files_that_Python_reads() =>
        Runs.Check("checkpoints of Orbax exported to files", 100, FileCase.Arbitrary(anyType: true), value => ToPython(value).GetAwaiter().GetResult());

    [Test]
    public void Types_that_no_checkpoint_has_are_refused_by_name()
    {
        Oracle.Require();
        using TemporaryFolder folder = new();
        Oracle.Ask("files_odd", new JsonObject { ["folder"] = folder.Path });
        string[] files = Directory.GetFiles(folder.Path);
        Assert.That(files, Has.Length.EqualTo(10));
        foreach (string file in files)
        {
            Assert.That(() => CheckpointConversion.TryOpenFile(file), Throws.TypeOf<UnsupportedFormatException>().With.Message.Contains(file), file);
        }
    }

    private static async Task FromPython(FileCase value)
    {
        using TemporaryFolder folder = TemporaryFolder.InMemory();
        string file = folder.Combine("file" + value.Format);
        Oracle.Ask("files_write", new JsonObject
        {
            ["path"] = file,
            ["arrays"] = value.ToJson(),
            ["metadata"] = value.Texts.Count == 0 ? null : value.TextsToJson(),
            ["compressed"] = value.IsCompressed,
            ["fortran"] = value.IsFortran,
            ["big"] = value.IsBig,
        });
        FileArray[] arrays = value.Format == ".npy" ? [value.Arrays[0] with { Path = ["file"] }] : [.. value.Arrays];
        FileCase expected = value with { Arrays = arrays };
        CheckpointItem item = CheckpointConversion.TryOpenFile(file)!;
        await RequireSame(item, arrays);
        string copy = folder.Combine("copy" + value.Format);
        await CheckpointConversion.RunAsync(file, copy);
        Require("a copy of the file", Compare(copy, expected, value.Format == ".safetensors" ? value.TextsToJson() : null));
        string checkpoint = folder.Combine("checkpoint");
        if (arrays.Any(array => array.Shape.Contains(0)))
        {
            // Orbax cannot save them either.
            await Assert.ThatAsync(() => CheckpointConversion.RunAsync(file, checkpoint), Throws.ArgumentException);
            return;
        }

        await CheckpointConversion.RunAsync(file, checkpoint);
        Require("the checkpoint in Orbax", Oracle.Ask("files_restore", new JsonObject { ["path"] = checkpoint, ["arrays"] = expected.ToJson() }));
        string back = folder.Combine("back" + value.Format);
        await CheckpointConversion.RunAsync(checkpoint, back);
        Require("a file of the checkpoint", Compare(back, expected, value.Format == ".safetensors" ? value.TextsToJson() : null));
    }

    private static async Task ToPython(FileCase value)
    {
        using TemporaryFolder folder = TemporaryFolder.InMemory();
        string checkpoint = folder.Combine("checkpoint");
        JsonArray values = [.. value.Texts.Select(text => (JsonNode)new JsonObject { ["path"] = new JsonArray(text.Key), ["value"] = text.Value })];
        Oracle.Ask("files_save", new JsonObject { ["path"] = checkpoint, ["arrays"] = value.ToJson(), ["values"] = values });
        CheckpointItem item = await (await OrbaxCheckpoint.OpenAsync(checkpoint)).OpenItemAsync();
        await RequireSame(item, value.Arrays);
        string file = folder.Combine("file" + value.Format);
        bool fits = value.Arrays.All(array => FileCase.Has(value.Format, array.Element));
        try
        {
            await CheckpointConversion.RunAsync(checkpoint, file, new ConversionOptions { ConvertTypes = value.Convert });
        }
        catch (UnsupportedFormatException) when (!fits && (!value.Convert || value.Arrays.Any(array => array.Element.Name == "complex128")))
        {
            Tally.Add("exports refused for their types");
            return;
        }

        FileCase expected = value.Format == ".npy" ? value with { Arrays = [.. value.Arrays.Select(array => array with { Path = [FileName(array.Name)] })] } : value;
        Require("the file", Compare(file, expected, value.Format == ".safetensors" ? value.TextsToJson() : null, value.Convert));
    }

    /// <summary>What the file of a leaf is called in a folder of .npy files.</summary>
    private static string FileName(string name) =>
        string.Concat(name.Select(letter => letter < ' ' || "/\\:*?\"<>|%".Contains(letter, StringComparison.Ordinal) ? $"%{(int)letter:X2}" : letter.ToString()));

    private static async Task RequireSame(CheckpointItem item, IReadOnlyList<FileArray> arrays)
    {
        foreach (FileArray array in arrays)
        {
            CheckpointLeaf leaf = item.Find(array.Name)
                ?? throw new AssertionException($"There is no leaf {array} among {string.Join(", ", item.Leaves.Select(leaf => leaf.Name))}.");
            using RestoredLeaf restored = await leaf.RestoreAsync();
            if (leaf.DataType!.Name != array.Element.Name || !leaf.Shape.SequenceEqual(array.Shape)
                || !restored.AsMemory(0, (int)restored.ByteLength).Span.SequenceEqual(array.Data))
            {
                throw new AssertionException($"{array} is read as {leaf.DataType} [{string.Join(", ", leaf.Shape)}], or with other values.");
            }
        }
    }

    private static JsonElement Compare(string path, FileCase expected, JsonObject? texts, bool converted = false) => Oracle.Ask(
        "files_compare", new JsonObject { ["path"] = path, ["arrays"] = expected.ToJson(), ["metadata"] = texts, ["converted"] = converted });

    private static void Require(string what, JsonElement differences)
    {
        if (differences.GetArrayLength() > 0)
        {
            throw new AssertionException($"In {what}: " + string.Join("\n", differences.EnumerateArray().Select(difference => difference.GetString())));
        }
    }
}

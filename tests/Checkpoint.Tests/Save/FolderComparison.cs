using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using OcdbtSharp.KvStore;
using OcdbtSharp.Ocdbt;

namespace OcdbtSharp.Checkpoint.Tests.Save;

/// <summary>Compares two checkpoints file by file: everything but random names, times and the path in the commit files must be equal.</summary>
internal static partial class FolderComparison
{
    private static readonly string[] _databases = ["manifest.ocdbt"];

    public static async Task RunAsync(string expected, string actual)
    {
        Dictionary<string, string> wanted = Files(expected);
        Dictionary<string, string> found = Files(actual);
        Assert.That(found.Keys, Is.EquivalentTo(wanted.Keys), "files");
        using (Assert.EnterMultipleScope())
        {
            foreach ((string name, string path) in wanted)
            {
                await CompareFileAsync(name, path, found[name]);
            }

            await CompareLeavesAsync(await OrbaxCheckpoint.OpenAsync(expected), await OrbaxCheckpoint.OpenAsync(actual));
        }
    }

    /// <summary>Compares the values of all leaves of two checkpoints, whatever their kinds.</summary>
    public static async Task CompareLeavesAsync(OrbaxCheckpoint expected, OrbaxCheckpoint actual)
    {
        Assert.That(actual.Kind, Is.EqualTo(expected.Kind));
        if (expected.Kind == CheckpointKind.Root)
        {
            Assert.That(actual.Steps, Is.EqualTo(expected.Steps));
            foreach (StepInfo step in expected.Steps)
            {
                await CompareLeavesAsync(await expected.OpenStepAsync(step.Step), await actual.OpenStepAsync(step.Step));
            }

            return;
        }

        foreach (string? item in expected.Kind == CheckpointKind.Step ? [.. expected.ItemNames] : new string?[] { null })
        {
            await CompareLeavesAsync(await expected.OpenItemAsync(item), await actual.OpenItemAsync(item));
        }
    }

    /// <summary>Compares the values of all leaves of two items.</summary>
    public static async Task CompareLeavesAsync(CheckpointItem expected, CheckpointItem actual)
    {
        using RestoredTree wanted = await expected.RestoreAsync();
        using RestoredTree found = await actual.RestoreAsync();
        Assert.That(found.Leaves.Select(leaf => leaf.Leaf.Name), Is.EquivalentTo(wanted.Leaves.Select(leaf => leaf.Leaf.Name)));
        foreach (RestoredLeaf leaf in wanted.Leaves)
        {
            RestoredLeaf other = found[leaf.Leaf.Name];
            Assert.That(other.Leaf.Kind, Is.EqualTo(leaf.Leaf.Kind), leaf.Leaf.Name);
            Assert.That(other.Text, Is.EqualTo(leaf.Text), leaf.Leaf.Name);
            Assert.That(other.DataType, Is.EqualTo(leaf.DataType), leaf.Leaf.Name);
            Assert.That(other.Shape, Is.EqualTo(leaf.Shape), leaf.Leaf.Name);
            Assert.That(Bytes(other).SequenceEqual(Bytes(leaf)), $"the values of {leaf.Leaf.Name}");
        }

        static ReadOnlySpan<byte> Bytes(RestoredLeaf leaf) => leaf.AsMemory(0, (int)leaf.ByteLength).Span;
    }

    private static async Task CompareFileAsync(string name, string expected, string actual)
    {
        string file = Path.GetFileName(name);
        if (_databases.Contains(file))
        {
            Assert.That(await ContentsAsync(actual), Is.EqualTo(await ContentsAsync(expected)), name);
        }
        else if (file == "_CHECKPOINT_METADATA")
        {
            Assert.That(WithoutTimes(actual), Is.EqualTo(WithoutTimes(expected)), name);
        }
        else if (file == "commit_success.txt")
        {
            Assert.That(Tail(File.ReadAllText(actual)), Is.EqualTo(Tail(File.ReadAllText(expected))), name);
        }
        else if (file.StartsWith('_') || file is ".zarray" or "zarr.json" or "metadata" or "metrics" || file.StartsWith("process_", StringComparison.Ordinal))
        {
            Assert.That(File.ReadAllText(actual), Is.EqualTo(File.ReadAllText(expected)), name);
        }
    }

    /// <summary>The keys of a database, and what those of them hold that describe arrays.</summary>
    private static async Task<string[]> ContentsAsync(string manifest)
    {
        OcdbtStore database = await OcdbtStore.OpenAsync(new FileKvStore(Path.GetDirectoryName(manifest)!));
        List<string> contents = [];
        await foreach (ListEntry entry in database.ListAsync())
        {
            string key = entry.Key.ToString();
            bool isMetadata = Path.GetFileName(key) is ".zarray" or "zarr.json";
            contents.Add(isMetadata ? $"{key}: {Encoding.UTF8.GetString((await database.ReadAsync(entry.Key)).Value.Span)}" : key);
        }

        return [.. contents];
    }

    private static string WithoutTimes(string path)
    {
        JsonObject json = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        Assert.That(json["init_timestamp_nsecs"]!.GetValue<long>(), Is.LessThanOrEqualTo(json["commit_timestamp_nsecs"]!.GetValue<long>()));
        json.Remove("init_timestamp_nsecs");
        json.Remove("commit_timestamp_nsecs");
        return json.ToJsonString();
    }

    // The path of a checkpoint is another; what follows its temporary name is not.
    private static string Tail(string text) => text[..text.IndexOf('/', StringComparison.Ordinal)]
        + (text.Contains(".orbax-checkpoint-tmp", StringComparison.Ordinal) ? text[text.IndexOf(".orbax-checkpoint-tmp", StringComparison.Ordinal)..] : "");

    /// <summary>The files below a folder; the random names of data files are one name.</summary>
    private static Dictionary<string, string> Files(string folder)
    {
        Dictionary<string, string> files = new(StringComparer.Ordinal);
        foreach (string path in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
        {
            string name = Path.GetRelativePath(folder, path).Replace('\\', '/');

            // What the golden case has beside its checkpoints.
            if (!name.Contains(".orbax-checkpoint-tmp", StringComparison.Ordinal) && name != "notes.txt")
            {
                files[DataFile().Replace(name, "d/*")] = path;
            }
        }

        return files;
    }

    [GeneratedRegex("d/[0-9a-f]{32}$")]
    private static partial Regex DataFile();
}

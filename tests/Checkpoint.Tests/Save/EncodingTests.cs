using System.Text;
using System.Text.Json;
using OcdbtSharp.Checkpoint.Format;
using OcdbtSharp.Testing;

namespace OcdbtSharp.Checkpoint.Tests.Save;

/// <summary>Every small file of the golden checkpoints that today's release wrote, read and written again letter by letter.</summary>
public sealed class EncodingTests
{
    private static IEnumerable<TestCaseData> Cases() => SavedByOrbax.Cases();

    [TestCaseSource(nameof(Cases))]
    public async Task Files_are_spelled_as_Orbax_spells_them(GoldenCase golden)
    {
        int compared = 0;
        foreach (string path in Directory.EnumerateFiles(golden.Data, "*", SearchOption.AllDirectories))
        {
            if (await EncodeAgainAsync(path) is { } encoded)
            {
                Assert.That(Encoding.UTF8.GetString(encoded), Is.EqualTo(Encoding.UTF8.GetString(File.ReadAllBytes(path))), path);
                compared++;
            }
        }

        Assert.That(compared, Is.Positive);
    }

    private static async Task<byte[]?> EncodeAgainAsync(string path)
    {
        byte[] bytes = await File.ReadAllBytesAsync(path);
        string folder = Path.GetFileName(Path.GetDirectoryName(path)!);
        switch (Path.GetFileName(path))
        {
            case CheckpointLayout.TreeMetadataFile:
                return await EncodeTreeAsync(TreeMetadata.Decode(bytes, path), path);
            case CheckpointLayout.StepMetadataFile:
                return EncodeStep(bytes, path);
            case CheckpointLayout.ShardingFile:
                return ArraySharding.EncodeFile(ArraySharding.DecodeFile(bytes, path).Select(pair => (pair.Key, pair.Value))).ToArray();
            case CheckpointLayout.StringsFile:
                StringsFile.Decode(bytes, path);
                return StringsFile.Encode(Strings(PythonJson.Parse(bytes, path), ""));
            case CheckpointLayout.RootMetadataFile:
                return RootMetadata.Encode(RootMetadata.Decode(bytes, path));
            case CheckpointLayout.MetricsName or CheckpointLayout.JsonFile when folder != "metadata":
                return JsonFile.Encode(PythonJson.Parse(bytes, path));
            case var name when name.StartsWith(CheckpointLayout.ProcessFilePrefix, StringComparison.Ordinal):
                Dictionary<string, ArrayMetadataEntry> arrays = new(StringComparer.Ordinal);
                ArrayMetadatas.Decode(bytes, path, arrays);
                return ArrayMetadatas.Encode(arrays.Select(pair => (pair.Key, pair.Value))).ToArray();
            default:
                return null;
        }
    }

    private static async Task<byte[]> EncodeTreeAsync(TreeMetadata metadata, string path)
    {
        string? rich = null;
        if (metadata.RichTree is not null)
        {
            CheckpointItem item = await (await OrbaxCheckpoint.OpenAsync(Path.GetDirectoryName(path)!)).OpenItemAsync();
            rich = RichTreeText.Encode(PyTree.FromItem(item), metadata.Entries.ToDictionary(entry => LeafNames.PathText(entry.Path), StringComparer.Ordinal));
        }

        return new TreeMetadata
        {
            Entries = metadata.Entries,
            UseOcdbt = metadata.UseOcdbt,
            UseZarr3 = metadata.UseZarr3,
            StoresFillValue = metadata.StoresFillValue,
            CustomMetadata = metadata.CustomMetadata,
            RichTree = rich,
        }.Encode().ToArray();
    }

    private static byte[] EncodeStep(byte[] bytes, string path)
    {
        StepMetadata metadata = StepMetadata.Decode(bytes, path);
        (string?, string?)[] handlers = metadata.ItemHandler is { } single
            ? [(null, single)]
            : [.. metadata.ItemHandlers.Select(pair => ((string?)pair.Key, (string?)pair.Value))];
        return StepMetadata.Encode(handlers, metadata.CustomMetadata, metadata.InitTimestamp!.Value, metadata.CommitTimestamp);
    }

    private static IEnumerable<(string, string)> Strings(JsonElement members, string prefix) => members.EnumerateObject().SelectMany(member =>
        member.Value.ValueKind == JsonValueKind.Object ? Strings(member.Value, prefix + member.Name + "/") : [(prefix + member.Name, member.Value.GetString()!)]);
}

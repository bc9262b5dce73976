using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using OcdbtSharp.KvStore;
using OcdbtSharp.Testing;
using OcdbtSharp.Zarr3.Groups;
using OcdbtSharp.Zarr3.Tests.Codecs;

namespace OcdbtSharp.Zarr3.Tests;

/// <summary>Metadata that is damaged, or means harm, gives an error of ours or a meaning that can be written again.</summary>
[TestFixture]
public sealed class MetadataDamageTests
{
    private static readonly string[] Strange =
    [
        "null", "true", "-1", "0", "1", "9223372036854775807", "18446744073709551616", "1e300", "0.5", "\"\"", "\"x\"", "\"NaN\"", "[]", "[1]", "[-1,0]",
        "[4611686018427387904,4611686018427387904]", "{}", "{\"name\":\"bytes\"}", "[[[[1]]]]", "\"|V1048577\"", "\"r8\"",
    ];

    [TestCase("zarr2", ".zarray")]
    [TestCase("zarr3", "zarr.json")]
    public void Arrays(string family, string name)
    {
        ZarrFormat format = family == "zarr2" ? ZarrFormat.V2 : ZarrFormat.V3;
        void Read(byte[] file)
        {
            ArrayMetadata metadata = ArrayMetadata.Parse(file, format, "here");
            _ = metadata.InnerChunkShape;

            // What has a meaning is written so that it has the same again.
            byte[] written = JsonSpelling.Write(metadata.ToJson());
            byte[] again = JsonSpelling.Write(ArrayMetadata.Parse(written, format, "here").ToJson());
            Assert.That(again, Is.EqualTo(written), Encoding.UTF8.GetString(file));
        }

        // Files that differ in a number or a name only would be damaged in the same way again.
        foreach (byte[] file in Files(family, name).DistinctBy(file => string.Concat(Encoding.UTF8.GetString(file).Where(c => !char.IsAsciiLetterOrDigit(c) && c > ' '))))
        {
            Mutation.Check(file, Read, seed: 7, rounds: 30);
            ReplaceEachValue(file, Read);
        }
    }

    [Test]
    public void Consolidated_metadata()
    {
        byte[] version3 = File.ReadAllBytes(Path.Combine(GoldenCase.Root, "zarr3", "python-group", "data", "zarr.json"));
        void Read3(byte[] file) => _ = ConsolidatedMetadata.ParseV3(NodeMetadata.Parse("zarr.json", MetadataJson.Parse(file), "here").Json, "here");
        Mutation.Check(version3, Read3, seed: 8, rounds: 200);
        ReplaceEachValue(version3, Read3);

        byte[] version2 = Encoding.UTF8.GetBytes(
            """{"metadata":{".zgroup":{"zarr_format":2},".zattrs":{},"a/.zarray":{"zarr_format":2},"a/.zattrs":{"b":1},"g/.zgroup":{"zarr_format":2}},"zarr_consolidated_format":1}""");
        void Read2(byte[] file)
        {
            foreach (ZarrNode node in ConsolidatedMetadata.ParseV2(file, "here").Below("", recursive: true))
            {
                _ = node.Path;
            }
        }

        Mutation.Check(version2, Read2, seed: 9, rounds: 200);
        ReplaceEachValue(version2, Read2);
    }

    private static IEnumerable<byte[]> Files(string family, string name) =>
        Directory.EnumerateFiles(Path.Combine(GoldenCase.Root, family), name, SearchOption.AllDirectories).Order(StringComparer.Ordinal).Select(File.ReadAllBytes);

    /// <summary>Puts something strange in the place of each value, of each member and of each item, and leaves each out.</summary>
    private static void ReplaceEachValue(byte[] file, Action<byte[]> read)
    {
        foreach (string path in Paths(JsonNode.Parse(file)!, "").ToArray())
        {
            Try(file, path, null, read);
            foreach (string strange in Strange)
            {
                Try(file, path, strange, read);
            }
        }
    }

    private static void Try(byte[] file, string path, string? strange, Action<byte[]> read)
    {
        JsonNode root = JsonNode.Parse(file)!;
        JsonNode parent = root;
        string[] steps = path.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        foreach (string step in steps[..^1])
        {
            parent = parent is JsonArray list ? list[int.Parse(step, CultureInfo.InvariantCulture)]! : parent[step]!;
        }

        int index = parent is JsonArray ? int.Parse(steps[^1], CultureInfo.InvariantCulture) : 0;
        switch (parent, strange)
        {
            case (JsonArray list, null):
                list.RemoveAt(index);
                break;
            case (JsonArray list, _):
                list[index] = JsonNode.Parse(strange);
                break;
            case (_, null):
                parent.AsObject().Remove(steps[^1]);
                break;
            default:
                parent[steps[^1]] = JsonNode.Parse(strange);
                break;
        }

        byte[] damaged = JsonSpelling.WriteUnsorted(JsonSpelling.ToElement(root));
        try
        {
            read(damaged);
        }
        catch (Exception error) when (error is CorruptDataException or UnsupportedFormatException)
        {
            // One of the two answers that are allowed.
        }
        catch (Exception error) when (error is not AssertionException)
        {
            Assert.Fail($"{Encoding.UTF8.GetString(damaged)}: {error}");
        }
    }

    /// <summary>The ways to all values, their steps set apart by line ends.</summary>
    private static IEnumerable<string> Paths(JsonNode node, string path)
    {
        IEnumerable<(string Step, JsonNode? Value)> children = node switch
        {
            JsonObject json => json.Select(member => (member.Key, member.Value)),
            JsonArray list => list.Select((item, index) => ($"{index}", item)),
            _ => [],
        };
        foreach ((string step, JsonNode? value) in children)
        {
            string below = $"{path}\n{step}";
            yield return below;
            foreach (string deeper in value is null ? [] : Paths(value, below))
            {
                yield return deeper;
            }
        }
    }
}

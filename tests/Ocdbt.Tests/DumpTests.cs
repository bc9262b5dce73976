using System.Text.Json;
using OcdbtSharp.KvStore;
using OcdbtSharp.Ocdbt.Format;
using OcdbtSharp.Testing;

namespace OcdbtSharp.Ocdbt.Tests;

/// <summary>A dump has the structure and the values of TensorStore's own.</summary>
[TestFixture]
public sealed class DumpTests
{
    private static IEnumerable<TestCaseData> Cases => GoldenCase.Family("ocdbt");

    [TestCaseSource(nameof(Cases))]
    public async Task Of_the_manifest_equals_that_of_TensorStore(GoldenCase golden) =>
        AssertSame(await DumpAsync(json => OcdbtDump.WriteManifestAsync(new FileKvStore(golden.Data), json)), golden.Expect().GetProperty("manifest"), "manifest");

    [TestCaseSource(nameof(Cases))]
    public async Task Of_every_node_equals_that_of_TensorStore(GoldenCase golden)
    {
        FileKvStore store = new(golden.Data);
        List<string> found = [.. (await StoredNodes.OfAsync(store)).Select(node => node.ToString())];
        if (!golden.Expect().TryGetProperty("nodes", out JsonElement nodes))
        {
            Assert.That(found, Is.Not.Empty);
            return;
        }

        foreach (JsonProperty node in nodes.EnumerateObject())
        {
            AssertSame(await DumpAsync(json => OcdbtDump.WriteNodeAsync(store, node.Name, json)), node.Value, node.Name);
        }

        Assert.That(found, Is.EquivalentTo(nodes.EnumerateObject().Select(node => node.Name)));
    }

    [TestCaseSource(nameof(Cases))]
    public async Task Of_a_version_is_its_root(GoldenCase golden)
    {
        FileKvStore store = new(golden.Data);
        JsonElement latest = golden.Expect().GetProperty("manifest").GetProperty("versions").EnumerateArray().Last();
        VersionSpec version = VersionSpec.OfGeneration(latest.GetProperty("generation_number").GetUInt64());
        if (!latest.GetProperty("root").TryGetProperty("location", out JsonElement location))
        {
            Assert.That(async () => await DumpAsync(json => OcdbtDump.WriteRootAsync(store, version, json)), Throws.TypeOf<StorageException>());
            return;
        }

        JsonElement root = await DumpAsync(json => OcdbtDump.WriteNodeAsync(store, location.GetString()!, json));
        AssertSame(await DumpAsync(json => OcdbtDump.WriteRootAsync(store, version, json)), root, "root");
    }

    [TestCase("btreenode:abc:def%20:1:36", "abc", "def ")]
    [TestCase("value::d/0123:9223372036854775806:1", "", "d/0123")]
    [TestCase("versionnode:a%2F%C3%A4:b%25%00:0:0", "a/ä", "b%\0")]
    public void Places_are_read_and_written(string text, string basePath, string relativePath)
    {
        LabeledIndirectDataReference place = LabeledIndirectDataReference.Parse(text);
        Assert.That(new Key(place.Location.File.BasePath.ToArray()), Is.EqualTo(new Key(basePath)));
        Assert.That(new Key(place.Location.File.RelativePath.ToArray()), Is.EqualTo(new Key(relativePath)));
        Assert.That(LabeledIndirectDataReference.Parse(place.ToString()), Is.EqualTo(place));
    }

    [TestCase("")]
    [TestCase("abc:abc:def:0:10")]
    [TestCase("btreenode:d/0123:0:10")]
    [TestCase("btreenode::d/0123:0:-1")]
    [TestCase("btreenode::d/0123:9223372036854775807:1")]
    [TestCase("btreenode::d/0123:9223372036854775808:0")]
    [TestCase("btreenode::d/01%2:0:0")]
    public void Places_that_are_none_are_refused(string text) => Assert.That(() => LabeledIndirectDataReference.Parse(text), Throws.TypeOf<FormatException>());

    internal static async Task<JsonElement> DumpAsync(Func<Utf8JsonWriter, ValueTask> write)
    {
        using MemoryStream stream = new();
        await using (Utf8JsonWriter json = new(stream))
        {
            await write(json);
        }

        using JsonDocument document = JsonDocument.Parse(stream.ToArray());
        return document.RootElement.Clone();
    }

    private static void AssertSame(JsonElement found, JsonElement expected, string what) =>
        Assert.That(JsonElement.DeepEquals(found, expected), Is.True, () => $"{what}: {found} instead of {expected}");
}

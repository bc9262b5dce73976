using System.Security.Cryptography;
using System.Text.Json;
using OcdbtSharp.KvStore;
using OcdbtSharp.Testing;

namespace OcdbtSharp.Ocdbt.Tests;

/// <summary>Every database that TensorStore wrote holds what TensorStore says, at every version.</summary>
[TestFixture]
public sealed class GoldenDatabaseTests
{
    private static IEnumerable<TestCaseData> Cases => GoldenCase.Family("ocdbt");

    [TestCaseSource(nameof(Cases))]
    public async Task Contents_are_what_was_written(GoldenCase golden) =>
        await CheckAsync(await OcdbtStore.OpenAsync(new FileKvStore(golden.Data)), golden.Expect().GetProperty("contents"));

    [TestCaseSource(nameof(Cases))]
    public async Task Old_versions_are_what_was_written(GoldenCase golden)
    {
        if (!golden.Expect().TryGetProperty("versions", out JsonElement versions))
        {
            return;
        }

        OcdbtStore latest = await OcdbtStore.OpenAsync(new FileKvStore(golden.Data));
        List<OcdbtVersion> all = await latest.ListVersionsAsync().ToListAsync();
        foreach ((ulong generation, JsonElement contents) in Versions(versions))
        {
            OcdbtVersion version = all.Single(candidate => candidate.Generation == generation);
            foreach (VersionSpec spec in new[] { VersionSpec.OfGeneration(generation), VersionSpec.OfCommitTime(version.CommitTime) })
            {
                await CheckAsync(await OcdbtStore.OpenAsync(new FileKvStore(golden.Data), new OcdbtOptions { Version = spec }), contents);
            }
        }
    }

    private static IEnumerable<(ulong Generation, JsonElement Contents)> Versions(JsonElement versions) => versions.ValueKind == JsonValueKind.Object
        ? versions.EnumerateObject().Select(member => (ulong.Parse(member.Name.TrimStart('v'), System.Globalization.CultureInfo.InvariantCulture), member.Value))
        : versions.EnumerateArray().Select(item => (item.GetProperty("generation").GetUInt64(), item.GetProperty("contents")));

    private static async Task CheckAsync(OcdbtStore store, JsonElement contents)
    {
        List<ListEntry> entries = await store.ListAsync().ToListAsync();

        // The golden data names the keys in no order; hexadecimal digits sort as the bytes do.
        JsonElement[] expected = [.. contents.EnumerateArray().OrderBy(item => item.GetProperty("key").GetString(), StringComparer.Ordinal)];
        Assert.That(entries.Select(entry => Convert.ToHexStringLower(entry.Key.Bytes.Span)), Is.EqualTo(expected.Select(item => item.GetProperty("key").GetString())));
        foreach ((ListEntry entry, JsonElement item) in entries.Zip(expected))
        {
            ReadResult value = await store.ReadAsync(entry.Key);
            Assert.That(value.Value.Length, Is.EqualTo(item.GetProperty("length").GetInt64()));
            Assert.That(entry.Length, Is.EqualTo(value.Value.Length));
            Assert.That(Convert.ToHexStringLower(SHA256.HashData(value.Value.Span)), Is.EqualTo(item.GetProperty("sha256").GetString()));
        }
    }
}

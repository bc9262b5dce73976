using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using OcdbtSharp.KvStore;
using OcdbtSharp.Testing;

namespace OcdbtSharp.Ocdbt.Tests;

/// <summary>Neuroglancer's reader finds what this library wrote. Skipped unless <c>OCDBTSHARP_PEER</c> says where it was built (tests/peer).</summary>
[TestFixture]
public sealed class PeerReaderTests
{
    private const int Versions = 12;
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    private static string? Peer => Environment.GetEnvironmentVariable("OCDBTSHARP_PEER");

    [OneTimeSetUp]
    public void SkipWithoutPeer()
    {
        if (string.IsNullOrEmpty(Peer) || !ChildProcess.Exists("node"))
        {
            Assert.Ignore("OCDBTSHARP_PEER is not set, or there is no Node: see tests/peer/README.md.");
        }
    }

    [Test]
    public async Task Reads_every_version([Values(1u, 300u, 8u << 20)] uint nodeBytes, [Values] bool isCompressed)
    {
        using TemporaryFolder folder = new();
        FileKvStore files = new(folder.Path);
        OcdbtStore store = await OcdbtStore.OpenAsync(files, Options(nodeBytes, isCompressed));
        Random random = new((int)nodeBytes);
        for (int version = 0; version < Versions; version++)
        {
            await using OcdbtTransaction transaction = store.BeginTransaction();
            for (int i = 0; i < 15; i++)
            {
                byte[] value = new byte[random.Next(0, 4) * random.Next(0, 60)];
                random.NextBytes(value);
                await transaction.WriteAsync($"layer_{random.Next(60):d2}/kernel", value);
            }

            await transaction.DeleteAsync($"layer_{random.Next(60):d2}/kernel");
            Assert.That(await transaction.CommitAsync());
        }

        foreach (ulong generation in (ulong[])[1, 4, 9, Versions, Versions + 1])
        {
            await CompareAsync(folder.Path, generation);
        }

        await store.CompactAsync();
        await store.PruneAsync(new OcdbtRetention { Count = 5 });
        await store.CollectGarbageAsync(TimeSpan.Zero);
        foreach (ulong generation in (ulong[])[Versions - 3, Versions - 1, Versions + 1])
        {
            await CompareAsync(folder.Path, generation);
        }
    }

    [Test]
    public async Task Reads_what_was_merged_by_reference()
    {
        using TemporaryFolder folder = new();
        OcdbtStore store = await OcdbtStore.OpenAsync(new FileKvStore(folder.Path), Options(500, isCompressed: true));
        for (int part = 0; part < 3; part++)
        {
            OcdbtStore child = await OcdbtStore.OpenAsync(
                new FileKvStore(folder.Combine($"ocdbt.process_{part}")), Options(300, isCompressed: part == 1));
            await Task.WhenAll(Enumerable.Range(0, 40).Select(i => child.WriteAsync($"array{i}/c/{part}", new byte[i * 5]).AsTask()));
            await store.CopyRangeAsync(child);
        }

        Assert.That(await store.ListAsync().CountAsync(), Is.EqualTo(120));
        await CompareAsync(folder.Path, store.Version!.Generation);
    }

    private static OcdbtOptions Options(uint nodeBytes, bool isCompressed) => new()
    {
        Mode = OcdbtOpenMode.CreateNew,
        Config = new OcdbtConfig
        {
            MaxDecodedNodeBytes = nodeBytes,
            MaxInlineValueBytes = 50,
            VersionTreeArityLog2 = 1,
            Compression = isCompressed ? OcdbtCompression.Zstd() : OcdbtCompression.None,
        },
    };

    private static async Task CompareAsync(string folder, ulong generation)
    {
        OcdbtStore store = await OcdbtStore.OpenAsync(new FileKvStore(folder), new OcdbtOptions { Version = VersionSpec.OfGeneration(generation) });
        List<string> expected = [];
        await foreach (ListEntry entry in store.ListAsync())
        {
            byte[] digest = SHA256.HashData((await store.ReadAsync(entry.Key)).Value.Span);
            expected.Add($"{Convert.ToHexStringLower(entry.Key.Bytes.Span)} {entry.Length} {Convert.ToHexStringLower(digest)}");
        }

        string printed = await ChildProcess.RunAsync(
            "node", [Path.Combine(Peer!, "bin", "read-ocdbt.mjs"), folder, generation.ToString(CultureInfo.InvariantCulture)], Limit);
        List<string> found = [.. JsonElement.Parse(printed).EnumerateArray().Select(entry =>
            $"{entry.GetProperty("key").GetString()} {entry.GetProperty("length").GetInt64()} {entry.GetProperty("sha256").GetString()}")];
        found.Sort(StringComparer.Ordinal);
        Assert.That(found, Is.EqualTo(expected), $"version {generation}");
    }
}

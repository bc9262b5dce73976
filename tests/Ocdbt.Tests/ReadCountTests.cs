using OcdbtSharp.KvStore;
using OcdbtSharp.Ocdbt.Format;
using OcdbtSharp.Ocdbt.IO;
using OcdbtSharp.Ocdbt.Operations;
using OcdbtSharp.Testing;

namespace OcdbtSharp.Ocdbt.Tests;

/// <summary>What an operation costs, counted in reads of the base store.</summary>
[TestFixture]
public sealed class ReadCountTests
{
    // The manifest is read when the database is opened, and not again.
    private static readonly OcdbtOptions Snapshot = new() { MaxStaleness = Timeout.InfiniteTimeSpan };

    private static IEnumerable<TestCaseData> Cases => GoldenCase.Family("ocdbt");

    [TestCaseSource(nameof(Cases))]
    public async Task One_key_costs_the_manifest_and_one_read_a_level_and_one_for_an_indirect_value(GoldenCase golden)
    {
        OcdbtStore whole = await OcdbtStore.OpenAsync(new FileKvStore(golden.Data));
        OcdbtVersion latest = await whole.ListVersionsAsync().LastAsync();
        List<ListEntry> entries = await whole.ListAsync().ToListAsync();
        foreach (ListEntry entry in entries.Where((_, index) => index % Math.Max(1, entries.Count / 5) == 0))
        {
            CountingKvStore counting = new(new FileKvStore(golden.Data));
            OcdbtStore cold = await OcdbtStore.OpenAsync(counting, Snapshot);
            int manifests = counting.Reads.Count;
            Assert.That(manifests, Is.EqualTo(Directory.GetFiles(golden.Data, "manifest.0*").Length > 0 ? 2 : 1));
            await cold.StatAsync(entry.Key);
            int nodes = counting.Reads.Count - manifests;
            Assert.That(nodes, Is.EqualTo(latest.RootHeight + 1), $"nodes for {entry.Key}");
            await cold.ReadAsync(entry.Key);
            Assert.That(counting.Reads.Count - manifests - nodes, Is.InRange(0, entry.Length > 0 ? 1 : 0), $"warm read of {entry.Key}");
        }
    }

    [TestCaseSource(nameof(Cases))]
    public async Task List_reads_each_node_once(GoldenCase golden)
    {
        CountingKvStore counting = new(new FileKvStore(golden.Data));
        OcdbtStore store = await OcdbtStore.OpenAsync(counting, Snapshot with { CacheBytes = 0 });
        int manifests = counting.Reads.Count;
        await store.ListAsync().CountAsync();
        Assert.That(counting.Reads[manifests..], Is.Unique);
        Assert.That(counting.Reads.Count - manifests, Is.EqualTo(await CountNodesAsync(golden)));
    }

    [TestCaseSource(nameof(Cases))]
    public async Task List_of_one_key_reads_one_node_a_level(GoldenCase golden)
    {
        CountingKvStore counting = new(new FileKvStore(golden.Data));
        OcdbtStore store = await OcdbtStore.OpenAsync(counting, Snapshot with { CacheBytes = 0 });
        OcdbtVersion latest = await store.ListVersionsAsync().LastAsync();
        List<ListEntry> entries = await store.ListAsync().ToListAsync();
        foreach (ListEntry entry in entries.Where((_, index) => index % Math.Max(1, entries.Count / 5) == 0))
        {
            counting.Reads.Clear();
            Assert.That(await store.ListAsync(KeyRange.Of(entry.Key)).ToListAsync(), Is.EqualTo([entry]));
            Assert.That(counting.Reads, Has.Count.EqualTo(latest.RootHeight + 1));
        }
    }

    [TestCaseSource(nameof(Cases))]
    public async Task An_old_version_costs_one_node_a_level_of_the_version_tree(GoldenCase golden)
    {
        CountingKvStore counting = new(new FileKvStore(golden.Data));
        IoHandle io = new(counting, 0);
        Manifest manifest = await io.GetManifestAsync(default);
        int height = manifest.VersionTreeNodes.Select(node => node.Height + 1).DefaultIfEmpty(0).Max();
        await foreach (BtreeGenerationReference version in ReadVersionOperation.ListAsync(new IoHandle(new FileKvStore(golden.Data), 0), manifest, default))
        {
            foreach (VersionSpec spec in (VersionSpec[])[VersionSpec.OfGeneration(version.GenerationNumber), VersionSpec.OfCommitTime(version.CommitTime)])
            {
                counting.Reads.Clear();
                Assert.That(await ReadVersionOperation.FindAsync(io, manifest, spec, default), Is.EqualTo(version));
                Assert.That(counting.Reads, Has.Count.LessThanOrEqualTo(height));
            }
        }
    }

    private static async Task<int> CountNodesAsync(GoldenCase golden)
    {
        IoHandle io = new(new FileKvStore(golden.Data), 0);
        Manifest manifest = await io.GetManifestAsync(default);
        return manifest.Latest.Root.Location.IsMissing ? 0 : await CountAsync(manifest.Latest.Root.Location);

        async Task<int> CountAsync(IndirectDataReference location)
        {
            BtreeNode node = await io.GetBtreeNodeAsync(location, default);
            int count = 1;
            for (int i = 0; i < (node.Height > 0 ? node.Count : 0); i++)
            {
                count += await CountAsync(node.LocationAt(i));
            }

            return count;
        }
    }
}

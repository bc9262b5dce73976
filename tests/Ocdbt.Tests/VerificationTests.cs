using OcdbtSharp.KvStore;
using OcdbtSharp.Ocdbt.Format;
using OcdbtSharp.Ocdbt.Operations;
using OcdbtSharp.Testing;

namespace OcdbtSharp.Ocdbt.Tests;

/// <summary>A check of a whole database is clean where nothing is wrong, and names the place where something is.</summary>
[TestFixture]
public sealed class VerificationTests
{
    private const int Seed = 20260131;

    private static IEnumerable<TestCaseData> Cases => GoldenCase.Family("ocdbt");

    /// <summary>Every folder of the golden data with a manifest, whatever it belongs to.</summary>
    private static IEnumerable<TestCaseData> Databases() =>
        Directory.EnumerateFiles(GoldenCase.Root, Manifest.FileName, SearchOption.AllDirectories)
            .Select(file => Path.GetDirectoryName(file)!)
            .Order(StringComparer.Ordinal)
            .Select(folder => new TestCaseData(folder).SetArgDisplayNames(Path.GetRelativePath(GoldenCase.Root, folder)));

    [TestCaseSource(nameof(Databases))]
    public async Task Of_a_golden_database_is_clean(string folder)
    {
        CountingKvStore store = new(new FileKvStore(folder));
        OcdbtVerification result = await OcdbtVerification.RunAsync(store);
        Assert.That(result.Faults, Is.Empty);
        Assert.That(result.IsClean);
        Assert.That(store.Reads, Is.Unique, "each node is read once");
        List<LabeledIndirectDataReference> nodes = await StoredNodes.OfAsync(store);
        Assert.That(result.NodeCount, Is.EqualTo(nodes.Count));
        Assert.That(result.NodeBytes, Is.EqualTo(nodes.Sum(node => node.Location.Length)));
        Assert.That(result.VersionCount, Is.EqualTo(await (await OcdbtStore.OpenAsync(store)).ListVersionsAsync().CountAsync()));
        OcdbtVerification forgetful = await new VerifyOperation(store, null, summaryBytes: 0).RunAsync(default);
        Assert.That(forgetful.Faults, Is.Empty);
        Assert.That(forgetful.NodeCount, Is.GreaterThanOrEqualTo(nodes.Count));
    }

    [TestCaseSource(nameof(Cases))]
    public async Task Of_a_changed_byte_names_the_node(GoldenCase golden)
    {
        MemoryKvStore copy = await golden.CopyAsync();
        List<LabeledIndirectDataReference> nodes = await StoredNodes.OfAsync(copy);
        Random random = new(Seed);
        foreach (LabeledIndirectDataReference node in nodes.Where((_, index) => index % Math.Max(1, nodes.Count / 10) == 0))
        {
            IndirectDataReference place = node.Location;
            byte[] whole = (await copy.ReadAsync(place.File.Path)).Value.ToArray();
            byte[] changed = [.. whole];
            changed[place.Offset + random.NextInt64(place.Length)] ^= (byte)random.Next(1, 256);
            await copy.WriteAsync(place.File.Path, changed);
            OcdbtVerification result = await OcdbtVerification.RunAsync(copy);
            Assert.That(result.Faults, Has.Count.EqualTo(1));
            Assert.That((result.Faults[0].File, result.Faults[0].Offset, result.Faults[0].Length), Is.EqualTo((place.File.Path, place.Offset, place.Length)));
            Assert.That(result.Orphans, Is.Null);
            await copy.WriteAsync(place.File.Path, whole);
        }
    }

    [TestCaseSource(nameof(Cases))]
    public async Task Of_a_changed_manifest_names_it(GoldenCase golden)
    {
        MemoryKvStore copy = await golden.CopyAsync();
        List<Key> manifests = await copy.ListAsync(KeyRange.Prefix("manifest.")).Select(entry => entry.Key).ToListAsync();
        foreach (Key manifest in manifests)
        {
            byte[] whole = (await copy.ReadAsync(manifest)).Value.ToArray();
            byte[] changed = [.. whole];
            changed[whole.Length / 2] ^= 0x10;
            await copy.WriteAsync(manifest, changed);
            OcdbtVerification result = await OcdbtVerification.RunAsync(copy);
            Assert.That(result.Faults.Select(fault => (fault.File, fault.Offset, fault.Length)), Is.EqualTo([(manifest, (long?)0, (long?)whole.Length)]));
            await copy.WriteAsync(manifest, whole);
        }
    }

    [TestCaseSource(nameof(Cases))]
    public async Task Of_missing_and_cut_files_names_them(GoldenCase golden)
    {
        MemoryKvStore copy = await golden.CopyAsync();
        List<Key> keys = await copy.ListAsync().Select(entry => entry.Key).Where(key => !key.ToString().Contains("manifest.", StringComparison.Ordinal)).ToListAsync();
        OcdbtVerification sound = await OcdbtVerification.RunAsync(copy);
        foreach (Key key in keys.Where(key => !sound.Orphans!.Any(orphan => orphan.Key == key)).Take(10))
        {
            byte[] whole = (await copy.ReadAsync(key)).Value.ToArray();
            await copy.DeleteAsync(key);
            OcdbtVerification missing = await OcdbtVerification.RunAsync(copy);
            await copy.WriteAsync(key, whole.AsMemory(0, whole.Length - 1));
            OcdbtVerification cut = await OcdbtVerification.RunAsync(copy);
            await copy.WriteAsync(key, whole);
            if (missing.DataFileCount < sound.DataFileCount && missing.IsClean)
            {
                // A database merged by reference uses only the values of a file, if any.
                continue;
            }

            if (!missing.IsClean)
            {
                Assert.That(missing.Faults.Select(fault => (fault.File, fault.Offset)), Is.EqualTo([(key, (long?)null)]));
                Assert.That(cut.Faults.Select(fault => fault.File), Is.All.EqualTo(key));
                Assert.That(cut.Faults.Select(fault => fault.Offset + fault.Length), Is.All.EqualTo(whole.Length));
            }
        }
    }

    [Test]
    public async Task Tells_apart_what_nothing_refers_to()
    {
        GoldenCase golden = GoldenCase.Family("ocdbt").Select(data => (GoldenCase)data.Arguments[0]!).First(one => one.Name == "prefixes");
        MemoryKvStore copy = await golden.CopyAsync();
        Key left = new("nodes/b-0123456789abcdef0123456789abcdef");
        foreach (Key key in (Key[])[left, "other/0123456789abcdef0123456789abcdef", "_METADATA", "nodes/b-notes"])
        {
            await copy.WriteAsync(key, new byte[100]);
        }

        OcdbtVerification result = await OcdbtVerification.RunAsync(copy);
        Assert.That(result.IsClean);
        Assert.That(result.Orphans!.Select(orphan => (orphan.Key, orphan.Length)), Is.EqualTo([(left, 100L)]));
    }

    [Test]
    public async Task Finds_statistics_and_keys_that_disagree()
    {
        RawDatabase raw = new();
        IndirectDataReference first = raw.AddLeaf(("a", "1"), ("c", "2"));
        IndirectDataReference second = raw.AddLeaf(("b", "3"));
        IndirectDataReference root = raw.AddInterior(1, ("a", 0, first), ("b", 0, second));
        OcdbtVerification result = await OcdbtVerification.RunAsync(await raw.FinishAsync(root, 1));

        // The first leaf reaches into the second; both references and the manifest speak of no keys at all.
        Assert.That(result.Faults.Count(fault => fault.Offset == first.Offset && fault.Problem.Contains("belongs below the next entry", StringComparison.Ordinal)), Is.EqualTo(1));
        Assert.That(result.Faults.Count(fault => fault.File == root.File.Path && fault.Offset == root.Offset && fault.Problem.Contains("entry", StringComparison.Ordinal)), Is.EqualTo(2));
        Assert.That(result.Faults.Count(fault => fault.File == (Key)Manifest.FileName), Is.EqualTo(1));
        Assert.That(result.FaultCount, Is.EqualTo(4));
    }

    [Test]
    public async Task Ends_where_nodes_lead_in_circles()
    {
        // The place of a node is known before it is written, so it can refer to itself.
        RawDatabase raw = new();
        IndirectDataReference itself = raw.AddInterior(3, ("a", 0, raw.Next(37)));
        Assert.That(itself, Is.EqualTo(new IndirectDataReference(itself.File, 0, 37)));
        OcdbtVerification result = await OcdbtVerification.RunAsync(await raw.FinishAsync(itself, 3));
        Assert.That(result.Faults.Select(fault => fault.Problem), Has.Some.Contains("height 3 instead of 2"));
    }
}

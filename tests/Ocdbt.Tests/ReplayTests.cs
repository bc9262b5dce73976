using System.Text;
using OcdbtSharp.KvStore;
using OcdbtSharp.Ocdbt.Format;
using OcdbtSharp.Ocdbt.IO;
using OcdbtSharp.Testing;

namespace OcdbtSharp.Ocdbt.Tests;

/// <summary>
/// The same mutations, with the same configuration, make a database of the same shape as TensorStore's: at every version the same keys, the same
/// nodes with the same keys in them, the same statistics, and the same version tree. <c>testdata/make/make_ocdbt.py</c> has the mutations.
/// </summary>
[TestFixture]
public sealed class ReplayTests
{
    private static IEnumerable<TestCaseData> Cases => GoldenCase.Family("ocdbt");

    [TestCaseSource(nameof(Cases))]
    public async Task Makes_the_same_versions(GoldenCase golden)
    {
        IKvStore goldenFiles = new FileKvStore(golden.Data);
        MemoryKvStore files = new();
        await CopyOthersAsync(goldenFiles, files);
        OcdbtStore original = await OcdbtStore.OpenAsync(goldenFiles);
        OcdbtStore replayed = await OcdbtStore.OpenAsync(files, OptionsOf(golden, original.Config));
        List<OcdbtVersion> versions = await original.ListVersionsAsync().ToListAsync();
        for (int i = 1; i < versions.Count; i++)
        {
            OcdbtStore before = await OpenAsync(goldenFiles, versions[i - 1]);
            OcdbtStore after = await OpenAsync(goldenFiles, versions[i]);
            await MutateAsync(golden, files, replayed, before, after, versions[i].Generation);
            await AssertSameContentsAsync(replayed, after);
        }

        List<OcdbtVersion> made = await replayed.ListVersionsAsync().ToListAsync();
        Assert.That(made.Select(version => version with { CommitTime = 0 }), Is.EqualTo(versions.Select(version => version with { CommitTime = 0 })));
        Assert.That(await ShapeAsync(files), Is.EqualTo(await ShapeAsync(goldenFiles)));
    }

    private static ValueTask<OcdbtStore> OpenAsync(IKvStore files, OcdbtVersion version) =>
        OcdbtStore.OpenAsync(files, new OcdbtOptions { Version = VersionSpec.OfGeneration(version.Generation) });

    private static OcdbtOptions OptionsOf(GoldenCase golden, OcdbtConfig config)
    {
        OcdbtOptions options = new() { Mode = OcdbtOpenMode.CreateNew, Config = config };
        return golden.Name switch
        {
            "prefixes" => options with
            {
                DataFilePrefixes = new DataFilePrefixes { Value = "values/", BtreeNode = "nodes/b-", VersionTreeNode = "history/" },
            },
            "small-data-files" => options with { TargetDataFileSize = 2000 },
            _ => options,
        };
    }

    /// <summary>The databases that were merged, but not that which they were merged into.</summary>
    private static async Task CopyOthersAsync(IKvStore from, MemoryKvStore to)
    {
        await foreach (ListEntry entry in from.ListAsync())
        {
            string key = entry.Key.ToString();
            if (key.StartsWith("ocdbt.process_", StringComparison.Ordinal) || key.StartsWith("host_", StringComparison.Ordinal))
            {
                await to.WriteAsync(entry.Key, (await from.ReadAsync(entry.Key)).Value);
            }
        }
    }

    private static async Task MutateAsync(
        GoldenCase golden, MemoryKvStore files, OcdbtStore store, OcdbtStore before, OcdbtStore after, ulong generation)
    {
        string[] merged = (golden.Name, generation) switch
        {
            ("merged", _) => ["ocdbt.process_0/", "ocdbt.process_1/", "ocdbt.process_2/"],
            ("merged-twice", 2) => ["host_0/"],
            ("merged-twice", _) => ["host_1/"],
            _ => [],
        };
        if (golden.Name == "deletes" && generation == 3)
        {
            await store.DeleteRangeAsync(new KeyRange("a/00050", "a/00250"));
            return;
        }

        await using OcdbtTransaction transaction = store.BeginTransaction();
        foreach (string folder in merged)
        {
            await transaction.CopyRangeAsync(await OcdbtStore.OpenAsync(files.WithPrefix(folder)));
        }

        if (merged.Length == 0)
        {
            await ApplyDifferenceAsync(transaction, before, after);
        }

        Assert.That(await transaction.CommitAsync(), Is.True);
    }

    private static async Task ApplyDifferenceAsync(OcdbtTransaction transaction, OcdbtStore before, OcdbtStore after)
    {
        Dictionary<Key, StorageGeneration> old = [];
        await foreach (ListEntry entry in before.ListAsync())
        {
            old.Add(entry.Key, (await before.StatAsync(entry.Key)).Generation);
        }

        await foreach (ListEntry entry in after.ListAsync())
        {
            ReadResult value = await after.ReadAsync(entry.Key);
            if (!old.Remove(entry.Key, out StorageGeneration generation) || generation != value.Generation)
            {
                await transaction.WriteAsync(entry.Key, value.Value);
            }
        }

        foreach (Key key in old.Keys)
        {
            await transaction.DeleteAsync(key);
        }
    }

    private static async Task AssertSameContentsAsync(OcdbtStore actual, OcdbtStore expected)
    {
        List<ListEntry> entries = await expected.ListAsync().ToListAsync();
        Assert.That(await actual.ListAsync().ToListAsync(), Is.EqualTo(entries));
        foreach (ListEntry entry in entries)
        {
            ReadOnlyMemory<byte> value = (await actual.ReadAsync(entry.Key)).Value;
            ReadOnlyMemory<byte> original = (await expected.ReadAsync(entry.Key)).Value;
            Assert.That(value.Span.SequenceEqual(original.Span), $"{entry.Key}");
        }
    }

    /// <summary>
    /// Every version and node without where they lie. Lengths of nodes depend on the compressor and on random names, so only that of leaves
    /// without either is in; the sums over them must be right in any case.
    /// </summary>
    private static async Task<string> ShapeAsync(IKvStore files)
    {
        IoHandle io = new(files, 1 << 28);
        Manifest manifest = await io.GetManifestAsync(default);
        bool exact = manifest.Config.Compression == OcdbtCompression.None;
        List<string> text = [];
        foreach (VersionNodeReference reference in manifest.VersionTreeNodes)
        {
            await AppendVersionsAsync(reference);
        }

        foreach (BtreeGenerationReference version in manifest.Versions)
        {
            await AppendVersionAsync(version);
        }

        return string.Join('\n', text);

        async Task AppendVersionsAsync(VersionNodeReference reference)
        {
            VersionTreeNode node = await io.GetVersionTreeNodeAsync(reference.Location, default);
            Line($"version node: height {node.Height}, last {reference.GenerationNumber}, of {reference.NumGenerations}");
            foreach (VersionNodeReference child in node.Children)
            {
                await AppendVersionsAsync(child);
            }

            foreach (BtreeGenerationReference version in node.Versions)
            {
                await AppendVersionAsync(version);
            }
        }

        async Task AppendVersionAsync(BtreeGenerationReference version)
        {
            Line($"version {version.GenerationNumber}: height {version.RootHeight}, {Statistics(version.Root)}");
            if (!version.Root.Location.IsMissing)
            {
                await AppendNodeAsync(version.Root);
            }
        }

        async Task<ulong> AppendNodeAsync(BtreeNodeReference reference)
        {
            BtreeNode node = await io.GetBtreeNodeAsync(reference.Location, default);
            bool isExact = exact && Enumerable.Range(0, node.Count).All(node.IsInline);
            Line($" node of height {node.Height}{(isExact ? $", {reference.Location.Length} bytes" : "")}");
            for (int i = 0; i < node.Count; i++)
            {
                string key = Convert.ToHexStringLower(node.FullKey(i, default));
                Line(node.Height > 0
                    ? $"  {key} less {node.SubtreePrefixLength(i)}: {Statistics(node.ChildAt(i))}"
                    : $"  {key}: {(node.IsInline(i) ? "inline" : $"in '{Encoding.UTF8.GetString(node.LocationAt(i).File.BasePath)}'")} {node.ValueLength(i)}");
            }

            ulong sum = (ulong)reference.Location.Length;
            for (int i = 0; node.Height > 0 && i < node.Count; i++)
            {
                sum += await AppendNodeAsync(node.ChildAt(i));
            }

            Assert.That(reference.Statistics.NumTreeBytes, Is.EqualTo(sum));
            return sum;
        }

        void Line(string line) => text.Add(line);

        static string Statistics(BtreeNodeReference node) => $"{node.Statistics.NumKeys} keys, {node.Statistics.NumIndirectValueBytes} bytes outside";
    }
}

using System.Text;
using OcdbtSharp.KvStore;
using OcdbtSharp.Ocdbt.Format;
using OcdbtSharp.Ocdbt.Operations;
using OcdbtSharp.Testing;

namespace OcdbtSharp.Ocdbt.Tests;

/// <summary>Pruning, compacting and collecting garbage: what stays holds what it held, and nothing is left that is not needed.</summary>
[TestFixture]
public sealed class UpkeepTests
{
    private const int Seed = 20260131;

    private static IEnumerable<TestCaseData> Cases => GoldenCase.Family("ocdbt");

    [TestCaseSource(nameof(Cases))]
    public async Task Compacted_database_holds_the_same_in_fresh_files(GoldenCase golden)
    {
        MemoryKvStore store = await golden.CopyAsync();
        Dictionary<ulong, string> before = await ContentsAsync(store);
        HashSet<Key> oldFiles = await DataFilesAsync(store);
        OcdbtCompaction result = await (await OpenAsync(store)).CompactAsync(includeBasePaths: true);
        Dictionary<ulong, string> after = await ContentsAsync(store);
        Assert.That(after.Where(version => before.ContainsKey(version.Key)), Is.EquivalentTo(before));
        Assert.That(result.Versions, Is.EqualTo(before.Count));

        OcdbtVerification verified = await OcdbtVerification.RunAsync(store);
        Assert.That(verified.Faults, Is.Empty);
        List<LabeledIndirectDataReference> nodes = await StoredNodes.OfAsync(store);
        Assert.That(nodes.Select(node => node.Location.File.Path).Where(oldFiles.Contains), Is.Empty);
        Assert.That(nodes.Select(node => node.Location.File.BaseLength), Is.All.Zero);
        Assert.That(result.Nodes, Is.EqualTo(nodes.Count(node => node.Kind == IndirectDataKind.BtreeNode)));

        // Without the databases that were merged by reference, and without the old files, all is still there.
        foreach (Key old in oldFiles)
        {
            await store.DeleteAsync(old);
        }

        Assert.That(await ContentsAsync(store), Is.EqualTo(after));
        Assert.That((await OcdbtVerification.RunAsync(store)).Faults, Is.Empty);
    }

    [TestCaseSource(nameof(Cases))]
    public async Task Compacted_database_leaves_base_paths_unless_told(GoldenCase golden)
    {
        MemoryKvStore store = await golden.CopyAsync();
        Dictionary<ulong, string> before = await ContentsAsync(store);
        HashSet<Key> basePaths = [.. await ReachedFilesAsync(store, file => file.BaseLength > 0)];
        await (await OpenAsync(store)).CompactAsync();
        Assert.That(await ReachedFilesAsync(store, file => file.BaseLength > 0), Is.EquivalentTo(basePaths));
        OcdbtGarbage garbage = await (await OpenAsync(store)).CollectGarbageAsync(TimeSpan.Zero);
        Assert.That(garbage.Deleted.Select(file => file.Key).Intersect(basePaths), Is.Empty);
        Assert.That((await ContentsAsync(store)).Where(version => before.ContainsKey(version.Key)), Is.EquivalentTo(before));
        OcdbtVerification verified = await OcdbtVerification.RunAsync(store);
        Assert.That(verified.Faults, Is.Empty);
        Assert.That(verified.Orphans, Is.Empty);
    }

    [TestCaseSource(nameof(Cases))]
    public async Task Pruned_database_holds_what_the_kept_versions_held(GoldenCase golden)
    {
        MemoryKvStore source = await golden.CopyAsync();
        Dictionary<ulong, string> before = await ContentsAsync(source);
        bool isNumbered = (await OpenAsync(source)).Config.ManifestKind == OcdbtManifestKind.Numbered;
        foreach (int count in (int[])[1, 2, 3, 5, 8, 13, 16, 17, 31, 32, 33, before.Count - 1, before.Count, before.Count + 1])
        {
            if (count < 1)
            {
                continue;
            }

            MemoryKvStore store = await golden.CopyAsync();
            OcdbtStore database = await OpenAsync(store);
            OcdbtRetention retention = new() { Count = count };
            OcdbtPruning promised = await database.PruneAsync(retention, dryRun: true);
            Assert.That(await ContentsAsync(store), Is.EqualTo(before), "a dry run changes nothing");
            Assert.That(await database.PruneAsync(retention), Is.EqualTo(promised));
            Dictionary<ulong, string> after = await ContentsAsync(store);
            Assert.That(after, Has.Count.EqualTo(Math.Min(count, before.Count)));
            Assert.That(promised.Kept, Is.EqualTo(after.Count));
            Assert.That(after.Values, Is.EqualTo((isNumbered && count < before.Count ? before.Values.Append(before.Values.Last()) : before.Values).TakeLast(count)));
            Assert.That((await OcdbtVerification.RunAsync(store)).Faults, Is.Empty);
            Assert.That((await database.PruneAsync(retention)).Dropped, Is.Zero, "a second time there is nothing to do");

            // It can be written on, until the version tree has grown past what was cut.
            for (int i = 0; i < 5; i++)
            {
                await database.WriteAsync($"written after {i}", "value");
            }

            await database.CollectGarbageAsync(TimeSpan.Zero);
            OcdbtVerification verified = await OcdbtVerification.RunAsync(store);
            Assert.That(verified.Faults, Is.Empty);
            Assert.That(verified.Orphans, Is.Empty);
            Assert.That((await ContentsAsync(store)).Take(after.Count), Is.EqualTo(after));
        }
    }

    [Test]
    public async Task Prune_by_age_keeps_what_was_committed_since([Values] OcdbtManifestKind kind)
    {
        MemoryKvStore store = new();
        OcdbtStore database = await CreateAsync(store, kind);
        for (int i = 0; i < 40; i++)
        {
            await database.WriteAsync("key", $"{i}");
        }

        List<OcdbtVersion> versions = await database.ListVersionsAsync().ToListAsync();
        OcdbtVersion border = versions[25];
        DateTimeOffset since = DateTimeOffset.UnixEpoch.AddTicks((long)(border.CommitTime / 100));
        await database.PruneAsync(new OcdbtRetention { Since = since });
        List<OcdbtVersion> kept = await database.ListVersionsAsync().ToListAsync();
        Assert.That(kept[0].CommitTime / 100, Is.EqualTo(border.CommitTime / 100));
        Assert.That(kept, Has.Count.EqualTo(versions.Count - 25 + (kind == OcdbtManifestKind.Numbered ? 1 : 0)).Or.Count.GreaterThan(versions.Count - 25));

        // Either rule keeps a version.
        await database.PruneAsync(new OcdbtRetention { Since = DateTimeOffset.UtcNow.AddDays(1), Count = 3 });
        Assert.That(await database.ListVersionsAsync().CountAsync(), Is.EqualTo(3));
        await database.PruneAsync(new OcdbtRetention { Since = DateTimeOffset.UtcNow.AddDays(1) });
        Assert.That(await database.ListVersionsAsync().CountAsync(), Is.EqualTo(1));
        Assert.That(Encoding.UTF8.GetString((await database.ReadAsync("key")).Value.Span), Is.EqualTo("39"));
    }

    [Test]
    public void Prune_without_a_rule_is_refused()
    {
        foreach (OcdbtRetention retention in (OcdbtRetention[])[new(), new() { Count = 0 }, new() { Count = -1 }])
        {
            Assert.That(
                async () => await (await CreateAsync(new MemoryKvStore(), OcdbtManifestKind.Single)).PruneAsync(retention),
                Throws.TypeOf<ArgumentException>());
        }
    }

    [Test]
    public async Task Any_order_of_commits_and_upkeep_keeps_what_is_kept([Values] OcdbtManifestKind kind, [Values(1, 2, 3)] int arityLog2)
    {
        Random random = new(Seed + arityLog2);
        MemoryKvStore store = new();
        OcdbtConfig config = new() { ManifestKind = kind, VersionTreeArityLog2 = arityLog2, MaxDecodedNodeBytes = 300, MaxInlineValueBytes = 20 };
        OcdbtStore database = await OcdbtStore.OpenAsync(store, new OcdbtOptions { Mode = OcdbtOpenMode.CreateNew, Config = config });
        SortedDictionary<string, string> current = new(StringComparer.Ordinal);
        SortedDictionary<ulong, string> model = new() { [1] = Text(current) };
        for (int step = 0; step < 300; step++)
        {
            int count = random.Next(1, 20);
            switch (random.Next(16))
            {
                case 0:
                    int before = model.Count;
                    OcdbtPruning pruned = await database.PruneAsync(new OcdbtRetention { Count = count });
                    await FollowAsync();
                    Assert.That(pruned.Kept, Is.EqualTo(Math.Min(before, count)).And.EqualTo(model.Count));
                    break;
                case 1:
                    await database.CompactAsync();
                    await FollowAsync();
                    break;
                case 2:
                    await database.CollectGarbageAsync(TimeSpan.Zero);
                    Assert.That((await OcdbtVerification.RunAsync(store)).Orphans, Is.Empty);
                    break;
                default:
                    string key = $"key {random.Next(30)}";
                    current[key] = new string((char)('a' + random.Next(26)), random.Next(40));
                    await database.WriteAsync(key, current[key]);
                    model[database.Version!.Generation] = Text(current);
                    break;
            }

            if (step % 25 == 24)
            {
                Assert.That((await OcdbtVerification.RunAsync(store)).Faults, Is.Empty);
                foreach ((ulong generation, string contents) in model)
                {
                    OcdbtStore old = await OcdbtStore.OpenAsync(store, new OcdbtOptions { Version = VersionSpec.OfGeneration(generation) });
                    SortedDictionary<string, string> found = new(StringComparer.Ordinal);
                    await foreach (ListEntry entry in old.ListAsync())
                    {
                        found[entry.Key.ToString()] = Encoding.UTF8.GetString((await old.ReadAsync(entry.Key)).Value.Span);
                    }

                    Assert.That(Text(found), Is.EqualTo(contents));
                }
            }
        }

        async Task FollowAsync()
        {
            List<ulong> versions = await database.ListVersionsAsync().Select(version => version.Generation).ToListAsync();
            model.TryAdd(versions[^1], Text(current));
            foreach (ulong dropped in model.Keys.Where(generation => generation < versions[0]).ToList())
            {
                model.Remove(dropped);
            }

            Assert.That(versions, Is.EqualTo(model.Keys));
        }

        static string Text(SortedDictionary<string, string> contents) => string.Join(',', contents.Select(pair => $"{pair.Key}={pair.Value}"));
    }

    /// <summary>Whoever commits between the last look at the manifest and its replacement loses nothing.</summary>
    [Test]
    public async Task Commits_that_come_in_between_are_kept([Values] OcdbtManifestKind kind, [Values] bool prune)
    {
        MemoryKvStore store = new();
        OcdbtStore other = await CreateAsync(store, kind);
        for (int i = 0; i < 20; i++)
        {
            await other.WriteAsync($"key {i}", new byte[300]);
        }

        int left = 3;
        InterruptedKvStore interrupted = new(store, async () =>
        {
            if (left-- > 0)
            {
                await other.WriteAsync($"in between {left}", new byte[200]);
            }
        });
        OcdbtStore database = await OcdbtStore.OpenAsync(interrupted);
        if (prune)
        {
            await database.PruneAsync(new OcdbtRetention { Count = 2 });
        }
        else
        {
            await database.CompactAsync();
        }

        Assert.That(left, Is.Negative);
        foreach (OcdbtStore reader in (OcdbtStore[])[other, database, await OcdbtStore.OpenAsync(store)])
        {
            Assert.That(await reader.ListAsync().CountAsync(), Is.EqualTo(23));
            Assert.That((await reader.ReadAsync("in between 0")).Value.Length, Is.EqualTo(200));
        }

        await other.WriteAsync("afterwards", "value");
        await database.CollectGarbageAsync(TimeSpan.Zero);
        OcdbtVerification verified = await OcdbtVerification.RunAsync(store);
        Assert.That(verified.Faults, Is.Empty);
        Assert.That(await other.ListAsync().CountAsync(), Is.EqualTo(24));
    }

    [Test]
    public async Task Garbage_goes_when_it_is_old_enough([Values] OcdbtManifestKind kind)
    {
        using TemporaryFolder folder = new();
        FileKvStore store = new(folder.Path);
        OcdbtStore database = await CreateAsync(store, kind);
        for (int i = 0; i < 10; i++)
        {
            await database.WriteAsync("key", Encoding.UTF8.GetBytes($"{i}{new string('x', 1000)}"));
        }

        OcdbtStore reader = await OcdbtStore.OpenAsync(store, new OcdbtOptions { Version = VersionSpec.OfGeneration(3), CacheBytes = 0 });
        await database.WriteAsync(Key.Empty, "");
        await store.WriteAsync("d/0123456789abcdef0123456789abcdef", "left by a writer that was killed");
        await store.WriteAsync("_METADATA", "not ours");
        string[] unfinished = [.. ((string[])["00", "11"]).Select(digits => $"{string.Concat(Enumerable.Repeat(digits, 16))}.{Guid.NewGuid():n}.__lock")];
        Array.ForEach((string[])[.. unfinished, "notes.__lock", "manifest.ocdbt.__lock"], name => File.WriteAllText(folder.Combine("d", name), "never in use"));
        Age(folder.Path, TimeSpan.FromDays(3));
        File.SetLastWriteTimeUtc(folder.Combine("d", unfinished[1]), DateTime.UtcNow);
        OcdbtGarbage first = await database.CollectGarbageAsync(TimeSpan.FromDays(2), dryRun: true);
        Assert.That(first.Deleted.Select(file => file.Key), Is.EquivalentTo((Key[])["d/0123456789abcdef0123456789abcdef", "d/" + unfinished[0][..32]]));
        Assert.That(first.Kept.Select(file => file.Key), Is.EqualTo([(Key)("d/" + unfinished[1][..32])]));
        Assert.That((await store.ReadAsync(first.Deleted[0].Key)).HasValue, "a dry run deletes nothing");

        // The files are old, but only pruning makes them garbage: whoever reads an old version has time to end.
        await database.PruneAsync(new OcdbtRetention { Count = 1 });
        OcdbtGarbage young = await database.CollectGarbageAsync(TimeSpan.FromDays(2));
        Assert.That(young.Deleted.Select(file => file.Key), Is.EqualTo([(Key)("d/" + unfinished[0][..32])]), "what never was in use need not wait");
        Assert.That(young.Kept, Has.Count.GreaterThan(1));
        Assert.That(Encoding.UTF8.GetString((await reader.ReadAsync("key")).Value.Span), Does.StartWith("1x"));

        Age(folder.Path, TimeSpan.FromDays(3));
        OcdbtGarbage old = await database.CollectGarbageAsync(TimeSpan.FromDays(2));
        Assert.That(old.Deleted.Select(file => file.Key), Is.EquivalentTo(young.Kept.Select(file => file.Key)));
        Assert.That(old.Kept, Is.Empty);
        Assert.That(async () => await reader.ReadAsync("key"), Throws.TypeOf<CorruptDataException>());
        Assert.That(Encoding.UTF8.GetString((await database.ReadAsync("key")).Value.Span), Does.StartWith("9x"));
        Assert.That((await store.ReadAsync("_METADATA")).HasValue);
        Assert.That(Directory.GetFiles(folder.Path, "*.__lock", SearchOption.AllDirectories).Select(Path.GetFileName), Is.EquivalentTo((string[])["notes.__lock", "manifest.ocdbt.__lock"]));
        OcdbtVerification verified = await OcdbtVerification.RunAsync(store);
        Assert.That(verified.Faults, Is.Empty);
        Assert.That(verified.Orphans, Is.Empty);
    }

    [Test]
    public async Task Garbage_stays_where_something_is_damaged()
    {
        MemoryKvStore store = new();
        OcdbtStore database = await CreateAsync(store, OcdbtManifestKind.Single);
        await database.WriteAsync("key", new byte[1000]);
        await store.WriteAsync("d/0123456789abcdef0123456789abcdef", "left by a writer that was killed");
        LabeledIndirectDataReference node = (await StoredNodes.OfAsync(store))[0];
        byte[] file = (await store.ReadAsync(node.Location.File.Path)).Value.ToArray();
        file[node.Location.Offset + 20] ^= 1;
        await store.WriteAsync(node.Location.File.Path, file);
        Assert.That(
            async () => await database.CollectGarbageAsync(TimeSpan.Zero),
            Throws.TypeOf<CorruptDataException>().With.Message.Contain(node.Location.File.Path.ToString()).And.Message.Contain("Nothing is deleted"));
        Assert.That((await store.ReadAsync("d/0123456789abcdef0123456789abcdef")).HasValue);
    }

    [Test]
    public async Task Readers_go_on_while_the_database_is_compacted([Values] OcdbtManifestKind kind)
    {
        using TemporaryFolder folder = new();
        FileKvStore store = new(folder.Path);
        OcdbtStore database = await CreateAsync(store, kind);
        byte[] value = [.. Enumerable.Range(0, 1000).Select(i => (byte)i)];
        await Task.WhenAll(Enumerable.Range(0, 300).Select(i => database.WriteAsync($"key {i:d3}", value).AsTask()));
        using CancellationTokenSource done = new();
        Task<int>[] readers = [.. Enumerable.Range(0, 2).Select(_ => Task.Run(() => ReadAllAsync(store, value, done.Token)))];
        for (int round = 0; round < 5; round++)
        {
            await database.CompactAsync();
            await database.PruneAsync(new OcdbtRetention { Count = 1 });
            await database.CollectGarbageAsync(TimeSpan.FromHours(1));
        }

        await done.CancelAsync();
        Assert.That(await Task.WhenAll(readers), Is.All.Positive);
    }

    private static async Task<int> ReadAllAsync(IKvStore store, byte[] value, CancellationToken done)
    {
        int rounds = 0;
        do
        {
            OcdbtStore reader = await OcdbtStore.OpenAsync(store, new OcdbtOptions { CacheBytes = 0 }, CancellationToken.None);
            int count = 0;
            await foreach (ListEntry entry in reader.ListAsync(cancellationToken: CancellationToken.None))
            {
                if (count++ % 10 == 0)
                {
                    Assert.That((await reader.ReadAsync(entry.Key, cancellationToken: CancellationToken.None)).Value.Span.SequenceEqual(value), entry.Key.ToString());
                }
            }

            Assert.That(count, Is.EqualTo(300));
            rounds++;
        }
        while (!done.IsCancellationRequested);
        return rounds;
    }

    private static async Task<OcdbtStore> OpenAsync(IKvStore store) => await OcdbtStore.OpenAsync(store);

    private static async Task<OcdbtStore> CreateAsync(IKvStore store, OcdbtManifestKind kind) => await OcdbtStore.OpenAsync(
        store, new OcdbtOptions { Mode = OcdbtOpenMode.CreateNew, Config = new OcdbtConfig { ManifestKind = kind, VersionTreeArityLog2 = 2, MaxDecodedNodeBytes = 1000 } });

    /// <summary>What each version holds.</summary>
    private static async Task<Dictionary<ulong, string>> ContentsAsync(IKvStore store)
    {
        Dictionary<ulong, string> contents = [];
        await foreach (OcdbtVersion version in (await OpenAsync(store)).ListVersionsAsync())
        {
            OcdbtStore database = await OcdbtStore.OpenAsync(store, new OcdbtOptions { Version = VersionSpec.OfGeneration(version.Generation) });
            StringBuilder text = new();
            await foreach (ListEntry entry in database.ListAsync())
            {
                byte[] digest = System.Security.Cryptography.SHA256.HashData((await database.ReadAsync(entry.Key)).Value.Span);
                text.Append(entry.Key).Append(' ').Append(entry.Length).Append(' ').Append(Convert.ToHexString(digest)).Append('\n');
            }

            contents.Add(version.Generation, text.ToString());
        }

        return contents;
    }

    private static async Task<HashSet<Key>> DataFilesAsync(MemoryKvStore store) =>
        [.. await store.ListAsync().Select(entry => entry.Key).Where(key => !key.ToString().StartsWith("manifest.", StringComparison.Ordinal)).ToListAsync()];

    private static async Task<List<Key>> ReachedFilesAsync(MemoryKvStore store, Func<DataFileId, bool> filter)
    {
        HashSet<Key> files = [];
        IO.IoHandle io = new(store, 0);
        foreach (LabeledIndirectDataReference node in await StoredNodes.OfAsync(store))
        {
            Add(node.Location);
            if (node.Kind == IndirectDataKind.BtreeNode && await io.GetBtreeNodeAsync(node.Location, default) is { Height: 0 } leaf)
            {
                foreach (int i in Enumerable.Range(0, leaf.Count).Where(i => !leaf.IsInline(i)))
                {
                    Add(leaf.LocationAt(i));
                }
            }
        }

        return [.. files];

        void Add(IndirectDataReference place)
        {
            if (place.Length > 0 && filter(place.File))
            {
                files.Add(place.File.Path);
            }
        }
    }

    private static void Age(string folder, TimeSpan age)
    {
        foreach (string file in Directory.GetFiles(folder, "*", SearchOption.AllDirectories))
        {
            File.SetLastWriteTimeUtc(file, DateTime.UtcNow - age);
        }
    }

    /// <summary>A store in which something happens just before what is in use is replaced.</summary>
    private sealed class InterruptedKvStore(IKvStore store, Func<Task> interrupt) : ForwardingKvStore(store)
    {
        public override async ValueTask<StorageGeneration> WriteAsync(
            Key key, System.Buffers.ReadOnlySequence<byte> value, WriteOptions options = default, CancellationToken cancellationToken = default)
        {
            if (key == (Key)RewriteOperation.MarkerFile)
            {
                await interrupt();
            }

            return await base.WriteAsync(key, value, options, cancellationToken);
        }
    }
}

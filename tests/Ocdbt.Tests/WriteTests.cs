using OcdbtSharp.KvStore;

namespace OcdbtSharp.Ocdbt.Tests;

/// <summary>What is written is read, at once and after the database is opened again.</summary>
[TestFixture]
public sealed class WriteTests
{
    private static readonly OcdbtOptions Create = new() { Mode = OcdbtOpenMode.OpenOrCreate };

    [Test]
    public async Task A_new_database_holds_what_is_put()
    {
        MemoryKvStore files = new();
        OcdbtStore store = await OcdbtStore.OpenAsync(files, Create);
        byte[] large = new byte[5000];
        Random.Shared.NextBytes(large);
        await store.WriteAsync("a", "inline");
        await store.WriteAsync("b", large);

        foreach (OcdbtStore reader in new[] { store, await OcdbtStore.OpenAsync(files) })
        {
            Assert.That((await reader.ReadAsync("a")).Value.ToArray(), Is.EqualTo("inline"u8.ToArray()));
            Assert.That((await reader.ReadAsync("b")).Value.ToArray(), Is.EqualTo(large));
            Assert.That((await reader.ReadAsync("c")).State, Is.EqualTo(ReadState.Missing));
        }
    }

    [Test]
    public async Task A_transaction_sees_its_writes_and_nobody_else_does_before_it_commits()
    {
        OcdbtStore store = await OcdbtStore.OpenAsync(new MemoryKvStore(), Create);
        await store.WriteAsync("a", "1");
        await using OcdbtTransaction transaction = store.BeginTransaction();
        await transaction.WriteAsync("b", new byte[1000]);
        await transaction.DeleteAsync("a");
        Assert.That((await transaction.ReadAsync("b")).Value.Length, Is.EqualTo(1000));
        Assert.That((await transaction.ListAsync().ToListAsync()).Select(entry => entry.Key.ToString()), Is.EqualTo(new[] { "b" }));
        Assert.That((await store.ListAsync().ToListAsync()).Select(entry => entry.Key.ToString()), Is.EqualTo(new[] { "a" }));

        Assert.That(await transaction.CommitAsync(), Is.True);
        Assert.That((await store.ListAsync().ToListAsync()).Select(entry => entry.Key.ToString()), Is.EqualTo(new[] { "b" }));
    }

    [Test]
    public async Task A_transaction_fails_where_what_it_read_has_changed()
    {
        OcdbtStore store = await OcdbtStore.OpenAsync(new MemoryKvStore(), Create);
        await store.WriteAsync("a", "1");
        await using OcdbtTransaction first = store.BeginTransaction();
        await first.ReadAsync("a");
        await first.WriteAsync("b", "from first");
        await store.WriteAsync("c", "unrelated");
        await store.WriteAsync("a", "2");
        Assert.That(await first.CommitAsync(), Is.False);
        Assert.That((await store.ReadAsync("b")).State, Is.EqualTo(ReadState.Missing));
    }

    [Test]
    public async Task Many_writes_at_once_make_few_versions([Values] OcdbtManifestKind kind)
    {
        const int Count = 10_000;
        OcdbtStore store = await OcdbtStore.OpenAsync(new MemoryKvStore(), Create with { Config = new OcdbtConfig { ManifestKind = kind } });
        await Task.WhenAll(Enumerable.Range(0, Count).Select(i => store.WriteAsync($"key{i:d5}", $"value {i}").AsTask()));
        List<OcdbtVersion> versions = await store.ListVersionsAsync().ToListAsync();
        Assert.That(versions, Has.Count.LessThan(200));
        Assert.That(versions[^1].KeyCount, Is.EqualTo(Count));
        Assert.That(versions.Select(version => version.CommitTime), Is.Unique.And.Ordered);
    }

    [Test]
    public async Task A_conditional_write_conflicts_only_where_that_key_has_changed()
    {
        OcdbtStore store = await OcdbtStore.OpenAsync(new MemoryKvStore(), Create);
        StorageGeneration a = await store.WriteAsync("a", "1");
        await store.WriteAsync("b", "2");
        Assert.That((await store.ReadAsync("a")).Generation, Is.EqualTo(a));
        Assert.That((await store.WriteAsync("a", "3", new WriteOptions { IfEqual = a })).IsUnknown, Is.False);
        Assert.That((await store.WriteAsync("a", "4", new WriteOptions { IfEqual = a })).IsUnknown, Is.True);
        Assert.That((await store.WriteAsync("c", "5", new WriteOptions { IfEqual = StorageGeneration.NoValue })).IsUnknown, Is.False);
        Assert.That(await store.DeleteAsync("c", new WriteOptions { IfEqual = StorageGeneration.NoValue }), Is.False);
    }

    [Test]
    public async Task A_configuration_that_differs_is_named()
    {
        MemoryKvStore files = new();
        await OcdbtStore.OpenAsync(files, Create);
        OcdbtOptions other = Create with { Config = new OcdbtConfig { MaxInlineValueBytes = 7 } };
        Assert.That(
            async () => await OcdbtStore.OpenAsync(files, other),
            Throws.InstanceOf<StorageException>().With.Message.Contains("max_inline_value_bytes"));
    }

    [Test]
    public async Task Writers_that_know_nothing_of_each_other_lose_no_update([Values] OcdbtManifestKind kind)
    {
        const int Writers = 4;
        const int Rounds = 15;
        MemoryKvStore files = new();
        OcdbtOptions options = Create with { Config = new OcdbtConfig { ManifestKind = kind, VersionTreeArityLog2 = 1, MaxDecodedNodeBytes = 100 } };
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(() => RunAsync(writer))));

        OcdbtStore reader = await OcdbtStore.OpenAsync(files);
        Assert.That((await reader.ReadAsync("counter")).Value.Length, Is.EqualTo(Writers * Rounds));
        Assert.That(await reader.ListAsync().CountAsync(), Is.EqualTo(1 + (Writers * Rounds)));

        async Task RunAsync(int writer)
        {
            OcdbtStore store = await OcdbtStore.OpenAsync(files, options);
            for (int round = 0; round < Rounds; round++)
            {
                await store.WriteAsync($"writer {writer}, round {round}", "done");
                StorageGeneration written;
                do
                {
                    ReadResult counter = await store.ReadAsync("counter");
                    written = await store.WriteAsync(
                        "counter", new byte[counter.Value.Length + 1], new WriteOptions { IfEqual = counter.Generation });
                }
                while (written.IsUnknown);
            }
        }
    }

    [Test]
    public async Task A_transaction_that_read_a_range_fails_where_a_key_of_it_appears()
    {
        OcdbtStore store = await OcdbtStore.OpenAsync(new MemoryKvStore(), Create);
        await store.WriteAsync("a/1", "1");
        await using OcdbtTransaction inside = store.BeginTransaction();
        await using OcdbtTransaction outside = store.BeginTransaction();
        await inside.WriteAsync("count", new byte[await inside.ListAsync(KeyRange.Prefix("a/")).CountAsync()]);
        await outside.WriteAsync("count of b", new byte[await outside.ListAsync(KeyRange.Prefix("b/")).CountAsync()]);
        await store.WriteAsync("a/2", "2");
        Assert.That(await inside.CommitAsync(), Is.False);
        Assert.That(await outside.CommitAsync(), Is.True);
        Assert.That((await store.ReadAsync("count")).HasValue, Is.False);
    }

    [Test]
    public async Task As_many_numbered_manifests_stay_as_TensorStore_keeps()
    {
        MemoryKvStore files = new();
        OcdbtStore store = await OcdbtStore.OpenAsync(files, Create with { Config = new OcdbtConfig { ManifestKind = OcdbtManifestKind.Numbered } });
        for (int i = 0; i < 140; i++)
        {
            await store.WriteAsync("key", $"{i}");
        }

        List<ListEntry> manifests = await files.ListAsync(Format.Manifest.NumberedKeys).ToListAsync();
        ulong[] numbers = [.. manifests.Select(entry => Format.Manifest.NumberedGeneration(entry.Key)!.Value)];
        Assert.That(numbers, Is.EqualTo(Enumerable.Range(141 - 128, 129).Select(number => (ulong)number)));
        Assert.That(await store.ListVersionsAsync().CountAsync(), Is.EqualTo(141));
    }

    [Test]
    public async Task A_transaction_that_is_given_up_leaves_no_file()
    {
        MemoryKvStore files = new();
        OcdbtStore store = await OcdbtStore.OpenAsync(files, Create);
        await using (OcdbtTransaction transaction = store.BeginTransaction())
        {
            await transaction.WriteAsync("key", new byte[100_000]);
        }

        Assert.That((await files.ListAsync().ToListAsync()).Select(entry => entry.Key.ToString()), Is.EqualTo(new[] { "manifest.ocdbt" }));
    }

    [Test]
    public async Task What_others_commit_is_seen_at_once()
    {
        MemoryKvStore files = new();
        OcdbtStore one = await OcdbtStore.OpenAsync(files, Create);
        OcdbtStore two = await OcdbtStore.OpenAsync(files);
        await one.WriteAsync("key", "1");
        Assert.That((await two.ReadAsync("key")).Value.ToArray(), Is.EqualTo("1"u8.ToArray()));
        await two.WriteAsync("key", "2");
        Assert.That((await one.ReadAsync("key")).Value.ToArray(), Is.EqualTo("2"u8.ToArray()));
    }
}

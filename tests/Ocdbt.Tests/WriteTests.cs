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
}

using OcdbtSharp.KvStore;
using OcdbtSharp.Ocdbt.Format;

namespace OcdbtSharp.Ocdbt.Tests;

/// <summary>A database that its first commit creates.</summary>
[TestFixture]
public sealed class CreationTests
{
    private static readonly OcdbtOptions Create = new() { Mode = OcdbtOpenMode.CreateNew, IsCreatedByCommit = true };

    [Test]
    public async Task Its_first_commit_is_its_first_version([Values] bool inTransaction)
    {
        MemoryKvStore files = new();
        OcdbtStore store = await OcdbtStore.OpenAsync(files, Create);
        Assert.That(store.Version, Is.Null);
        Assert.That((await store.ReadAsync("a")).State, Is.EqualTo(ReadState.Missing));
        Assert.That(await store.ListAsync().CountAsync(), Is.Zero);
        Assert.That(await files.ListAsync().CountAsync(), Is.Zero);
        await WriteAsync(store, inTransaction);
        foreach (OcdbtStore reader in new[] { store, await OcdbtStore.OpenAsync(files) })
        {
            Assert.That((await reader.ListVersionsAsync().ToListAsync()).Select(version => version.Generation), Is.EqualTo(new ulong[] { 1 }));
            Assert.That((await reader.ReadAsync("a")).Value.ToArray(), Is.EqualTo("1"u8.ToArray()));
        }

        await store.WriteAsync("b", "2");
        Assert.That(store.Version!.Generation, Is.EqualTo(2));
    }

    [Test]
    public async Task Who_else_creates_it_is_found([Values] bool inTransaction, [Values] bool isCreatedByCommit)
    {
        MemoryKvStore files = new();
        OcdbtStore store = await OcdbtStore.OpenAsync(files, Create);
        OcdbtStore other = await OcdbtStore.OpenAsync(files, Create with { IsCreatedByCommit = isCreatedByCommit });
        await other.WriteAsync("a", "2");
        Assert.That(async () => await WriteAsync(store, inTransaction), Throws.InstanceOf<StorageException>());
        Assert.That((await (await OcdbtStore.OpenAsync(files)).ReadAsync("a")).Value.ToArray(), Is.EqualTo("2"u8.ToArray()));
    }

    [Test]
    public async Task Of_many_who_create_it_at_once_one_does()
    {
        MemoryKvStore files = new();
        int[] created = await Task.WhenAll(Enumerable.Range(0, 8).Select(index => Task.Run(async () =>
        {
            try
            {
                OcdbtStore store = await OcdbtStore.OpenAsync(files, Create);
                await store.WriteAsync("a", $"{index}");
                return 1;
            }
            catch (StorageException)
            {
                return 0;
            }
        })));
        Assert.That(created.Sum(), Is.EqualTo(1));
    }

    [Test]
    public async Task It_must_not_exist()
    {
        MemoryKvStore files = new();
        await OcdbtStore.OpenAsync(files, new OcdbtOptions { Mode = OcdbtOpenMode.CreateNew });
        Assert.That(async () => await OcdbtStore.OpenAsync(files, Create), Throws.InstanceOf<StorageException>());
        Assert.That((await files.ListAsync().ToListAsync()).Select(entry => entry.Key.ToString()), Is.EqualTo(new[] { Manifest.FileName }));
    }

    private static async Task WriteAsync(OcdbtStore store, bool inTransaction)
    {
        if (!inTransaction)
        {
            await store.WriteAsync("a", "1");
            return;
        }

        await using OcdbtTransaction transaction = store.BeginTransaction();
        await transaction.WriteAsync("a", "1");
        await transaction.CommitAsync();
    }
}

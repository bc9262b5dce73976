using System.Text;
using OcdbtSharp.KvStore.Files;
using OcdbtSharp.Testing;

namespace OcdbtSharp.KvStore.Tests.Files;

/// <summary>What a folder does beyond what every store does.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class FileKvStoreTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [TestCase("")]
    [TestCase(".")]
    [TestCase("..")]
    [TestCase("../x")]
    [TestCase("a/../../x")]
    [TestCase("a/./x")]
    [TestCase("a\\..\\x")]
    [TestCase("/etc/passwd")]
    [TestCase("a//b")]
    [TestCase("a/")]
    [TestCase("a\0b")]
    [TestCase("a.__lock")]
    [TestCase("a.__lock/b")]
    public void RefusesKeysThatAreNotBelowTheFolder(string key)
    {
        FileKvStore store = new(_folder.Path);
        Assert.That(async () => await store.ReadAsync(key), Throws.ArgumentException);
        Assert.That(async () => await store.StatAsync(key), Throws.ArgumentException);
        Assert.That(async () => await store.WriteAsync(key, "x"), Throws.ArgumentException);
        Assert.That(async () => await store.DeleteAsync(key), Throws.ArgumentException);
        Assert.That(async () => await store.RenamePrefixAsync(new Key(key).Append("/"), "b/"), Throws.ArgumentException);
        Assert.That(Directory.EnumerateFileSystemEntries(_folder.Path), Is.Empty);
    }

    [Test]
    public void RefusesKeysThatAreNotText() =>
        Assert.That(async () => await new FileKvStore(_folder.Path).ReadAsync(new Key(new byte[] { 0xFF })), Throws.ArgumentException);

    [Test]
    public async Task ReadsAreCompleteWhenTheyReturn()
    {
        FileKvStore store = new(_folder.Path);
        await store.WriteAsync("k", "0123456789");
        ValueTask<ReadResult> whole = store.ReadAsync("k");
        ValueTask<ReadResult> part = store.ReadAsync("k", new ReadOptions { Range = ByteRange.FromOffset(1, 1) });
        ValueTask<ReadResult> missing = store.ReadAsync("none");
        ValueTask<ReadResult> stat = store.StatAsync("k");
        Assert.That(whole.IsCompletedSuccessfully && part.IsCompletedSuccessfully && missing.IsCompletedSuccessfully && stat.IsCompletedSuccessfully);
        await whole;
        await part;
        await missing;
        await stat;
    }

    [Test]
    public async Task KeepsFilesOpenOnlyForPartialReads()
    {
        FileKvStore store = new(_folder.Path);
        await store.WriteAsync("k", "0123456789");
        await store.ReadAsync("k");
        Assert.That(store.OpenFileCount, Is.Zero);
        await ReadPart(store, "k");
        await ReadPart(store, "k");
        Assert.That(store.OpenFileCount, Is.EqualTo(1));
    }

    [Test]
    public async Task SeesThatAnOpenFileWasReplacedOrDeleted()
    {
        FileKvStore store = new(_folder.Path);
        await store.WriteAsync("k", "old");
        Assert.That(await ReadPart(store, "k"), Is.EqualTo("o"));

        // By another store, as another process would.
        FileKvStore other = new(_folder.Path);
        for (int i = 0; i < 10; i++)
        {
            await other.WriteAsync("k", $"{i}ew");
            Assert.That(await ReadPart(store, "k"), Is.EqualTo($"{i}"));
        }

        await other.DeleteAsync("k");
        Assert.That(await store.ReadAsync("k", new ReadOptions { Range = ByteRange.FromOffset(0, 1) }), Is.EqualTo(ReadResult.Missing));
        Assert.That(store.OpenFileCount, Is.Zero);
    }

    [Test]
    public async Task BoundsTheNumberOfOpenFilesWhileTheyAreRead()
    {
        const int Limit = 3;
        const int Files = 10;
        FileKvStore store = new(_folder.Path, Limit);
        for (int i = 0; i < Files; i++)
        {
            await store.WriteAsync($"{i}", $"{i}{i}");
        }

        await Task.WhenAll(Enumerable.Range(0, 8).Select(task => Task.Run(async () =>
        {
            for (int i = 0; i < 500; i++)
            {
                int file = (i * (task + 1)) % Files;
                Assert.That(await ReadPart(store, $"{file}"), Is.EqualTo($"{file}"));
            }
        })));
        Assert.That(store.OpenFileCount, Is.EqualTo(Limit));
    }

    [Test]
    public async Task HidesLockFilesAndTakesOverWhatAKilledWriterLeft()
    {
        FileKvStore store = new(_folder.Path);
        File.WriteAllText(_folder.Combine("k.__lock"), "a value longer than what comes next");
        await store.WriteAsync("k", "short");
        File.WriteAllText(_folder.Combine("l.__lock"), "left over");
        Assert.That(await List(store), Is.EqualTo((string[])["k"]));
        Assert.That(File.ReadAllText(_folder.Combine("k")), Is.EqualTo("short"));
        await store.DeleteAsync("l");
        Assert.That(Directory.GetFiles(_folder.Path).Select(Path.GetFileName), Is.EqualTo((string[])["k"]));
    }

    [Test]
    public async Task LeavesNoLockFileBehindWhereTheConditionDoesNotHold()
    {
        FileKvStore store = new(_folder.Path);
        await store.WriteAsync("k", "x", new WriteOptions { IfEqual = new StorageGeneration("other") });
        await store.DeleteAsync("k", new WriteOptions { IfEqual = new StorageGeneration("other") });
        Assert.That(Directory.EnumerateFileSystemEntries(_folder.Path), Is.Empty);
    }

    [Test]
    public async Task WaitsForTheLockUntilCancelled()
    {
        FileKvStore store = new(_folder.Path);
        using CancellationTokenSource source = new();
        using (FileLock held = FileLock.Acquire(_folder.Combine("k.__lock"), CancellationToken.None))
        {
            ValueTask<StorageGeneration> write = store.WriteAsync("k", "x", default, source.Token);
            await source.CancelAsync();
            Assert.That(async () => await write, Throws.InstanceOf<OperationCanceledException>());
            Assert.That((await store.StatAsync("k")).HasValue, Is.False);
        }

        await store.WriteAsync("k", "x");
        Assert.That((await store.StatAsync("k")).HasValue);
    }

    [Test]
    public async Task DeletingAWholeFolderRemovesIt()
    {
        FileKvStore store = new(_folder.Path);
        await store.WriteAsync("a/b/c", "");
        await store.WriteAsync("a/d", "");
        await store.DeleteRangeAsync(KeyRange.Prefix("a/b/"));
        Assert.That(Directory.Exists(_folder.Combine("a", "b")), Is.False);
        Assert.That(Directory.Exists(_folder.Combine("a")));
        await store.DeleteRangeAsync(KeyRange.All);
        Assert.That(Directory.Exists(_folder.Path));
        Assert.That(Directory.EnumerateFileSystemEntries(_folder.Path), Is.Empty);
    }

    [Test]
    public async Task ReadsThroughLinksButDoesNotWalkThem()
    {
        FileKvStore store = new(_folder.Path);
        await store.WriteAsync("folder/file", "12345");
        File.CreateSymbolicLink(_folder.Combine("link"), "folder/file");
        Directory.CreateSymbolicLink(_folder.Combine("folder", "up"), _folder.Path);
        List<ListEntry> entries = [];
        await foreach (ListEntry entry in store.ListAsync())
        {
            entries.Add(entry);
        }

        Assert.That(entries.Select(entry => (entry.Key, entry.Length)), Is.EqualTo(((Key, long)[])[("folder/file", 5), ("link", 5)]));
        Assert.That(entries.Select(entry => entry.Modified), Is.All.EqualTo(DateTimeOffset.UtcNow).Within(TimeSpan.FromHours(1)));
        Assert.That((await store.ReadAsync("folder/up/link")).TotalLength, Is.EqualTo(5));
    }

    [Test]
    public async Task FailuresNameTheFile()
    {
        FileKvStore store = new(_folder.Path);
        await store.WriteAsync("file", "");
        StorageException? failure = await Assert.ThrowsAsync<StorageException>(async () => await store.WriteAsync("file/below", "x"));
        Assert.That(failure!.Location, Is.EqualTo(_folder.Combine("file", "below")));
    }

    private static async Task<string> ReadPart(FileKvStore store, Key key) =>
        Encoding.UTF8.GetString((await store.ReadAsync(key, new ReadOptions { Range = ByteRange.FromOffset(0, 1) })).Value.Span);

    private static async Task<List<string>> List(FileKvStore store)
    {
        List<string> keys = [];
        await foreach (ListEntry entry in store.ListAsync())
        {
            keys.Add(entry.Key.ToString());
        }

        return keys;
    }
}

using OcdbtSharp.Testing;

namespace OcdbtSharp.KvStore.Tests.Files;

/// <summary>Deleting ranges of keys that lie in one folder.</summary>
public sealed class FolderDeletionTests
{
    [TestCase("a/b/", "a/b.c;a/bc/d;a/e")]
    [TestCase("a/b", "a/e")]
    [TestCase("a/", "")]
    [TestCase("a/x/", "a/b.c;a/b/c/d;a/b/e;a/bc/d;a/e")]
    [TestCase("a/../", "a/b.c;a/b/c/d;a/b/e;a/bc/d;a/e")]
    public async Task What_does_not_begin_with_the_prefix_stays(string prefix, string left)
    {
        using TemporaryFolder folder = new();
        FileKvStore store = new(folder.Path);
        foreach (string key in new[] { "a/b.c", "a/b/c/d", "a/b/e", "a/bc/d", "a/e", "f" })
        {
            await store.WriteAsync(key, key);
        }

        await store.DeleteRangeAsync(KeyRange.Prefix(prefix));
        List<string> keys = [];
        await foreach (ListEntry entry in store.ListAsync())
        {
            keys.Add(entry.Key.ToString());
        }

        Assert.That(keys, Is.EqualTo((left + ";f").Split(';', StringSplitOptions.RemoveEmptyEntries)));
    }

    [Test]
    public async Task Links_are_not_followed()
    {
        using TemporaryFolder folder = new();
        string outside = Path.Combine(folder.Path, "outside");
        await new FileKvStore(outside).WriteAsync("b/c", "stays");
        string root = Directory.CreateDirectory(Path.Combine(folder.Path, "store")).FullName;
        Directory.CreateSymbolicLink(Path.Combine(root, "a"), outside);
        FileKvStore store = new(root);
        await store.DeleteRangeAsync(KeyRange.Prefix("a/"));
        await store.DeleteRangeAsync(KeyRange.Prefix("a/b/"));
        await store.DeleteRangeAsync(KeyRange.Prefix("a/b/c"));
        Assert.That(File.Exists(Path.Combine(outside, "b", "c")), Is.True);
    }
}

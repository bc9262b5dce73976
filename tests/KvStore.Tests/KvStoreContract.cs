using System.Buffers;
using System.Globalization;
using System.Text;
using OcdbtSharp.Testing;

namespace OcdbtSharp.KvStore.Tests;

/// <summary>What every store must do, whatever it keeps its values in.</summary>
[TestFixture("memory", "")]
[TestFixture("memory", "below/it.")]
[TestFixture("file", "")]
[TestFixture("file", "a folder/")]
[TestFixture("file", "below/it.")]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class KvStoreContract(string kind, string prefix) : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private IKvStore _store = null!;

    [SetUp]
    public async Task SetUp()
    {
        IKvStore whole = kind == "memory" ? new MemoryKvStore() : new FileKvStore(_folder.Path);
        _store = whole.WithPrefix(prefix);
        if (prefix.Length > 0)
        {
            // Neighbours that the prefix must hide.
            await whole.WriteAsync("a", "before");
            await whole.WriteAsync("zz/z", "after");
        }
    }

    public void Dispose() => _folder.Dispose();

    [Test]
    public async Task ReadsWhatWasWritten()
    {
        byte[] value = [.. Enumerable.Range(0, 100_000).Select(i => (byte)(i * 7))];
        StorageGeneration written = await _store.WriteAsync("x/y/z", value);
        ReadResult read = await _store.ReadAsync("x/y/z");
        Assert.Multiple(() =>
        {
            Assert.That(read.State, Is.EqualTo(ReadState.Value));
            Assert.That(read.Value.Span.SequenceEqual(value));
            Assert.That(read.TotalLength, Is.EqualTo(value.Length));
            Assert.That(read.Generation, Is.EqualTo(written));
            Assert.That(written.IsUnknown, Is.False);
        });
    }

    [Test]
    public async Task WritesValuesThatLieInPieces()
    {
        Piece first = new(Encoding.UTF8.GetBytes("one "));
        Piece last = first.Append(Encoding.UTF8.GetBytes("")).Append(Encoding.UTF8.GetBytes("two"));
        await _store.WriteAsync("k", new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length));
        Assert.That(await ReadText("k"), Is.EqualTo("one two"));
    }

    [Test]
    public async Task TakesValuesPieceByPieceFromManyThreads()
    {
        Assert.That(_store.Capabilities.HasFlag(KvStoreCapabilities.PiecewiseWrite));
        const int Pieces = 50;
        const int Length = 3000;
        byte[] value = [.. Enumerable.Range(0, Pieces * Length).Select(i => (byte)(i * 13))];
        await _store.WriteAsync("d/k", "old");
        await using ValueWriter writer = await ((IPiecewiseKvStore)_store).BeginWriteAsync("d/k");
        await Parallel.ForAsync(0, Pieces, async (i, token) => await writer.WriteAsync(i * Length, value.AsMemory(i * Length, Length), token));
        Assert.That(await ReadText("d/k"), Is.EqualTo("old"), "nothing is seen before the value is complete");
        Assert.That((await List(KeyRange.All)).Select(entry => (entry.Key, entry.Length)), Is.EqualTo(new[] { (new Key("d/k"), 3L) }));

        StorageGeneration generation = await writer.CompleteAsync();
        ReadResult read = await _store.ReadAsync("d/k");
        Assert.That(read.Value.Span.SequenceEqual(value));
        Assert.That(read.Generation, Is.EqualTo(generation));
    }

    [Test]
    public async Task ForgetsPiecesThatWereNotCompleted()
    {
        await using (ValueWriter writer = await ((IPiecewiseKvStore)_store).BeginWriteAsync("k"))
        {
            await writer.WriteAsync(0, new byte[10]);
        }

        Assert.That((await _store.ReadAsync("k")).State, Is.EqualTo(ReadState.Missing));
        if (kind == "file")
        {
            Assert.That(Directory.GetFiles(_folder.Path, "*k*", SearchOption.AllDirectories), Is.Empty);
        }
    }

    [Test]
    public async Task MissingIsAValue()
    {
        await _store.WriteAsync("file", "");
        await _store.WriteAsync("folder/key", "");
        foreach (string key in (string[])["nothing", "no/thing", "folder", "file/below"])
        {
            Assert.That(await _store.ReadAsync(key), Is.EqualTo(ReadResult.Missing), key);
            Assert.That(await _store.StatAsync(key), Is.EqualTo(ReadResult.Missing), key);
        }
    }

    [Test]
    public async Task EmptyValuesExist()
    {
        await _store.WriteAsync("k", "");
        ReadResult read = await _store.ReadAsync("k");
        Assert.That((read.State, read.Value.Length, read.TotalLength), Is.EqualTo((ReadState.Value, 0, 0L)));
    }

    [Test]
    public async Task ReadsRanges()
    {
        await _store.WriteAsync("k", "0123456789");
        for (int repeat = 0; repeat < 2; repeat++)
        {
            Assert.That(await ReadText("k", ByteRange.FromOffset(2, 3)), Is.EqualTo("234"));
            Assert.That(await ReadText("k", ByteRange.FromOffset(10, 0)), Is.Empty);
            Assert.That(await ReadText("k", ByteRange.From(7)), Is.EqualTo("789"));
            Assert.That(await ReadText("k", ByteRange.Last(4)), Is.EqualTo("6789"));
            Assert.That(await ReadText("k", ByteRange.All), Is.EqualTo("0123456789"));
        }

        ReadResult part = await _store.ReadAsync("k", new ReadOptions { Range = ByteRange.FromOffset(0, 1) });
        Assert.That(part.TotalLength, Is.EqualTo(10));
    }

    [Test]
    public async Task RangesBeyondTheValueAreTheCallersMistake()
    {
        await _store.WriteAsync("k", "0123456789");
        foreach (ByteRange range in (ByteRange[])[ByteRange.FromOffset(5, 6), ByteRange.From(11), ByteRange.Last(11)])
        {
            Assert.That(async () => await _store.ReadAsync("k", new ReadOptions { Range = range }), Throws.InstanceOf<ArgumentException>(), range.ToString());
        }
    }

    [Test]
    public async Task ReadsIntoTheCallersMemory()
    {
        await _store.WriteAsync("k", "0123456789");
        byte[] destination = new byte[8];
        ReadResult read = await _store.ReadAsync("k", new ReadOptions { Range = ByteRange.FromOffset(1, 5), Destination = destination });
        Assert.That(destination, Is.EqualTo("12345\0\0\0"u8.ToArray()));
        Assert.That(read.Value.Span.Overlaps(destination, out int offset) && offset == 0 && read.Value.Length == 5);
        Assert.That(
            async () => await _store.ReadAsync("k", new ReadOptions { Destination = destination }), Throws.InstanceOf<ArgumentException>());
    }

    [Test]
    public async Task ReadsOnlyWhatChanged()
    {
        StorageGeneration first = await _store.WriteAsync("k", "one");
        ReadResult unchanged = await _store.ReadAsync("k", new ReadOptions { IfNotEqual = first });
        Assert.That((unchanged.State, unchanged.Value.Length, unchanged.Generation), Is.EqualTo((ReadState.Unchanged, 0, first)));
        await _store.WriteAsync("k", "two");
        ReadResult changed = await _store.ReadAsync("k", new ReadOptions { IfNotEqual = first });
        Assert.That(Encoding.UTF8.GetString(changed.Value.Span), Is.EqualTo("two"));
    }

    [Test]
    public async Task StatTellsLengthAndGeneration()
    {
        StorageGeneration written = await _store.WriteAsync("k", "12345");
        Assert.That(await _store.StatAsync("k"), Is.EqualTo(new ReadResult(ReadState.Value, default, written, 5)));
    }

    [Test]
    public async Task GenerationsNeverRepeat()
    {
        HashSet<StorageGeneration> seen = [];
        for (int i = 0; i < 200; i++)
        {
            Assert.That(seen.Add(await _store.WriteAsync("k", "same length")), $"write {i} has the generation of an earlier one");
        }
    }

    [Test]
    public async Task WritesConditionally()
    {
        WriteOptions ifMissing = new() { IfEqual = StorageGeneration.NoValue };
        StorageGeneration first = await _store.WriteAsync("k", "1", ifMissing);
        Assert.That(first.IsUnknown, Is.False);
        Assert.That((await _store.WriteAsync("k", "2", ifMissing)).IsUnknown);
        StorageGeneration third = await _store.WriteAsync("k", "3", new WriteOptions { IfEqual = first });
        Assert.That(third.IsUnknown, Is.False);
        Assert.That((await _store.WriteAsync("k", "4", new WriteOptions { IfEqual = first })).IsUnknown);
        Assert.That(await ReadText("k"), Is.EqualTo("3"));
    }

    [Test]
    public async Task DeletesConditionally()
    {
        StorageGeneration first = await _store.WriteAsync("d/k", "1");
        StorageGeneration second = await _store.WriteAsync("d/k", "2");
        Assert.That(await _store.DeleteAsync("d/k", new WriteOptions { IfEqual = first }), Is.False);
        Assert.That(await _store.DeleteAsync("d/k", new WriteOptions { IfEqual = StorageGeneration.NoValue }), Is.False);
        Assert.That(await _store.DeleteAsync("d/k", new WriteOptions { IfEqual = second }), Is.True);
        Assert.That(await _store.ReadAsync("d/k"), Is.EqualTo(ReadResult.Missing));
        Assert.That(await _store.DeleteAsync("d/k", new WriteOptions { IfEqual = second }), Is.False);
        Assert.That(await _store.DeleteAsync("d/k", new WriteOptions { IfEqual = StorageGeneration.NoValue }), Is.True);
        Assert.That(await _store.DeleteAsync("never/was"), Is.True);
    }

    [Test]
    public async Task ListsInTheOrderOfBytes()
    {
        // Between "a" and "a/b" sort all of "a!", "a-b" and "a.b", and behind "a/z" "a0": a folder's place is that of its name and a slash.
        string[] keys =
            ["a!", "a-b/x", "a-b/y", "a.", "a.b/c", "a/b", "a/b.c/d", "a/b/c", "a/z", "a0", "aa", "b", "é", "\uFB01", "\U0001F600"];
        string[] files = [.. keys.Where(key => key != "a/b")];
        foreach (string key in files.Reverse())
        {
            await _store.WriteAsync(key, key);
        }

        List<ListEntry> listed = await List(KeyRange.All);
        Assert.That(listed.Select(entry => entry.Key.ToString()), Is.EqualTo(files));
        Assert.That(listed.Select(entry => entry.Length), Is.EqualTo(files.Select(key => (long)Encoding.UTF8.GetByteCount(key))));
    }

    [Test]
    public async Task ListsAnyRange()
    {
        string[] keys = ["a!", "a-b/x", "a.", "a/b/c", "a/b/d", "a/z", "a0", "b/a/a/a", "b/a/b", "c"];
        foreach (string key in keys)
        {
            await _store.WriteAsync(key, "");
        }

        string[] bounds = ["", "a", "a!/", "a-", "a.", "a.a", "a/", "a/b", "a/b/", "a/b/c", "a/b/cc", "a0", "b/", "b/a/a", "b/a0", "c", "d", "../", "a//"];
        foreach (string min in bounds)
        {
            foreach (string? max in bounds.Append<string?>(null))
            {
                KeyRange range = new(min, max is null ? default(Key?) : new Key(max));
                string[] expected = [.. keys.Where(key => range.Contains(key))];
                Assert.That((await List(range)).Select(entry => entry.Key.ToString()), Is.EqualTo(expected), $"[{min}, {max})");
            }
        }
    }

    [Test]
    public async Task ListsFolders()
    {
        foreach (string key in (string[])["a!", "a-b/x", "a-b/y", "a.", "a/b/c", "a/b/d", "a/z", "a0", .. Enumerable.Range(100, 100).Select(i => $"b/{i}/x")])
        {
            await _store.WriteAsync(key, "value");
        }

        foreach ((string prefix, string[] expected) in (IEnumerable<(string, string[])>)[
            ("", ["a!", "a-b/", "a.", "a/", "a0", "b/"]), ("a", ["a!", "a-b/", "a.", "a/", "a0"]), ("a/", ["a/b/", "a/z"]), ("a/b", ["a/b/"]),
            ("a/b/", ["a/b/c", "a/b/d"]), ("b/", [.. Enumerable.Range(100, 100).Select(i => $"b/{i}/")]), ("no/", []), ("../", [])])
        {
            List<ListEntry> listed = [];
            await foreach (ListEntry entry in _store.ListFolderAsync(prefix))
            {
                listed.Add(entry);
            }

            Assert.That(listed.Select(entry => entry.Key.ToString()), Is.EqualTo(expected), prefix);
            Assert.That(listed.Select(entry => entry.Length), Is.EqualTo(expected.Select(key => key.EndsWith('/') ? -1L : "value".Length)), prefix);
        }
    }

    [Test]
    public async Task AnEmptyStoreListsNothing() => Assert.That(await List(KeyRange.Prefix("no/such/")), Is.Empty);

    [Test]
    public async Task DeletesRanges()
    {
        string[] keys = ["a!", "a-b/x", "a.", "a/b/c", "a/b/d", "a/z", "a0", "b/a/a/a", "b/a/b", "c"];
        foreach (KeyRange range in (KeyRange[])[
            KeyRange.Prefix("a/b/"), KeyRange.Prefix("a"), KeyRange.Prefix("b/a/a"), new("a.a", "b/a/b"), KeyRange.Of("c"), new("x", "b"), KeyRange.All])
        {
            foreach (string key in keys)
            {
                await _store.WriteAsync(key, "");
            }

            await _store.DeleteRangeAsync(range);
            string[] expected = [.. keys.Where(key => !range.Contains(key))];
            Assert.That((await List(KeyRange.All)).Select(entry => entry.Key.ToString()), Is.EqualTo(expected), range.ToString());
        }
    }

    [Test]
    public async Task RenamesAPrefix()
    {
        await _store.WriteAsync("t/mp/a", "1");
        await _store.WriteAsync("t/mp/b/c", "2");
        await _store.WriteAsync("t/mp0", "3");
        await _store.RenamePrefixAsync("t/mp/", "done/now/");
        Assert.That((await List(KeyRange.All)).Select(entry => entry.Key.ToString()), Is.EqualTo((string[])["done/now/a", "done/now/b/c", "t/mp0"]));
        Assert.That(await ReadText("done/now/b/c"), Is.EqualTo("2"));
        await _store.WriteAsync("t/mp/a", "4");
        Assert.That(async () => await _store.RenamePrefixAsync("t/mp/", "done/now/"), Throws.InstanceOf<StorageException>());
        Assert.That(await ReadText("t/mp/a"), Is.EqualTo("4"));
    }

    [Test]
    public async Task ConcurrentIncrementsAreNotLost()
    {
        const int Tasks = 8;
        const int Increments = 25;
        await Task.WhenAll(Enumerable.Range(0, Tasks).Select(_ => Task.Run(async () =>
        {
            for (int done = 0; done < Increments;)
            {
                ReadResult read = await _store.ReadAsync("counter");
                int next = read.HasValue ? int.Parse(read.Value.Span, CultureInfo.InvariantCulture) + 1 : 1;
                StorageGeneration written = await _store.WriteAsync("counter", $"{next}", new WriteOptions { IfEqual = read.Generation });
                done += written.IsUnknown ? 0 : 1;
            }
        })));
        Assert.That(await ReadText("counter"), Is.EqualTo($"{Tasks * Increments}"));
    }

    [Test]
    public async Task CancelledCallsDoNothing()
    {
        await _store.WriteAsync("k", "1");
        CancellationToken cancelled = new(canceled: true);
        Assert.That(async () => await _store.ReadAsync("k", default, cancelled), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(async () => await _store.StatAsync("k", cancelled), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(async () => await _store.WriteAsync("k", "2", default, cancelled), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(async () => await _store.DeleteAsync("k", default, cancelled), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(await ReadText("k"), Is.EqualTo("1"));
    }

    private async Task<string> ReadText(Key key, ByteRange range = default) =>
        Encoding.UTF8.GetString((await _store.ReadAsync(key, new ReadOptions { Range = range })).Value.Span);

    private async Task<List<ListEntry>> List(KeyRange range)
    {
        List<ListEntry> entries = [];
        await foreach (ListEntry entry in _store.ListAsync(range))
        {
            entries.Add(entry);
        }

        return entries;
    }

    private sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        public Piece(ReadOnlyMemory<byte> memory) => Memory = memory;

        public Piece Append(ReadOnlyMemory<byte> memory)
        {
            Piece next = new(memory) { RunningIndex = RunningIndex + Memory.Length };
            Next = next;
            return next;
        }
    }
}

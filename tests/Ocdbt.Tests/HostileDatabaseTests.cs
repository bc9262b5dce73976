using System.Text;
using OcdbtSharp.KvStore;
using OcdbtSharp.KvStore.Buffers;
using OcdbtSharp.Ocdbt.Format;
using OcdbtSharp.Ocdbt.IO;

namespace OcdbtSharp.Ocdbt.Tests;

/// <summary>Databases whose parts are each sound but do not fit together.</summary>
[TestFixture]
public sealed class HostileDatabaseTests
{
    [Test]
    public async Task Sound_one_is_read()
    {
        RawDatabase raw = new();
        IndirectDataReference first = raw.AddLeaf(("a", "1"), ("b", "2"));
        IndirectDataReference second = raw.AddLeaf(("1", "3"), ("2", "4"));
        IKvStore store = await raw.FinishAsync(raw.AddInterior(1, ("a", 0, first), ("c1", 1, second)), 1);
        OcdbtStore database = await OcdbtStore.OpenAsync(store);
        Assert.That(await database.ListAsync().Select(entry => entry.Key.ToString()).ToListAsync(), Is.EqualTo(["a", "b", "c1", "c2"]));
        Assert.That(Encoding.UTF8.GetString((await database.ReadAsync("c2")).Value.Span), Is.EqualTo("4"));
        Assert.That((await database.ReadAsync("b2")).HasValue, Is.False);
    }

    [TestCase("", "~", ExpectedResult = "a b c1 c2 d")]
    [TestCase("b", "c2", ExpectedResult = "b c1")]
    [TestCase("bb", "c", ExpectedResult = "")]
    [TestCase("c", "d", ExpectedResult = "c1 c2")]
    [TestCase("c1", "~", ExpectedResult = "c1 c2 d")]
    [TestCase("c3", "e", ExpectedResult = "d")]
    [TestCase("e", "~", ExpectedResult = "")]
    public async Task<string> Ranges_hold_what_lies_between(string min, string max)
    {
        RawDatabase raw = new();
        IndirectDataReference first = raw.AddLeaf(("a", ""), ("b", ""));
        IndirectDataReference second = raw.AddLeaf(("1", ""), ("2", ""));
        IndirectDataReference third = raw.AddLeaf(("", ""));
        IKvStore store = await raw.FinishAsync(raw.AddInterior(1, ("a", 0, first), ("c1", 1, second), ("d", 1, third)), 1);
        OcdbtStore database = await OcdbtStore.OpenAsync(store);
        return string.Join(' ', await database.ListAsync(new KeyRange(min, max)).Select(entry => entry.Key.ToString()).ToListAsync());
    }

    [Test]
    public async Task Node_that_refers_to_its_like_is_an_error()
    {
        // Heights fall by one a level, so a node of the height of its parent ends what would be a circle.
        RawDatabase raw = new();
        IndirectDataReference leaf = raw.AddLeaf(("a", "1"));
        IndirectDataReference inner = raw.AddInterior(2, ("a", 0, leaf));
        await ExpectCorruptAsync(await raw.FinishAsync(raw.AddInterior(2, ("a", 0, inner)), 2), "a");
    }

    [Test]
    public async Task Leaf_with_keys_before_those_of_its_parent_is_an_error()
    {
        RawDatabase raw = new();
        await ExpectCorruptAsync(await raw.FinishAsync(raw.AddInterior(1, ("b", 0, raw.AddLeaf(("a", "1")))), 1), "b");
    }

    [TestCase(0, 1L << 40)]
    [TestCase(1L << 40, 100)]
    [TestCase(3, 100)]
    [TestCase(long.MaxValue - 1, 1)]
    public async Task Node_beyond_its_file_is_an_error(long offset, long length)
    {
        RawDatabase raw = new();
        IndirectDataReference leaf = raw.AddLeaf(("a", "1"));
        await ExpectCorruptAsync(await raw.FinishAsync(leaf with { Offset = offset, Length = length }, 0), "a");
    }

    [TestCase("../outside")]
    [TestCase("d/../../outside")]
    [TestCase("/etc/passwd")]
    [TestCase("d/a\0b")]
    public void Data_file_outside_of_the_database_is_an_error(string path)
    {
        Config config = new() { Uuid = Guid.NewGuid(), Compression = OcdbtCompression.None };
        IndirectDataReference root = new(new DataFileId(Encoding.UTF8.GetBytes(path), 0), 0, 100);
        byte[] manifest = new Manifest(config, [new BtreeGenerationReference(1, 1, 0, new BtreeNodeReference(root, default))], []).Encode();
        Assert.That(() => Manifest.Decode(manifest), Throws.TypeOf<CorruptDataException>().With.Message.Contain("leaves the database"));
    }

    [Test]
    public void Base_path_that_leads_out_by_the_path_behind_it_is_an_error()
    {
        // Each table is sound alone: a file of the base path "x/." with a node whose table names "./up".
        Config config = new() { Uuid = Guid.NewGuid(), Compression = OcdbtCompression.None };
        IndirectDataReference root = new(new DataFileId(Encoding.UTF8.GetBytes("./outside"), 0), 0, 100);
        using ByteWriter writer = new();
        writer.WriteByte(0);
        DataFileTableBuilder files = new();
        files.Add(root.File);
        files.Encode(writer);
        writer.WriteVarint(1);
        writer.WriteBytes([1, (byte)'k', 0, 0]);
        byte[] node = Envelope.Encode(writer.Written, FormatLimits.BtreeNodeMagic, OcdbtCompression.None);
        Assert.That(BtreeNode.Decode(node, default).Count, Is.EqualTo(1));
        Assert.That(() => BtreeNode.Decode(node, "x/."u8), Throws.TypeOf<CorruptDataException>().With.Message.Contain("leaves the database"));
    }

    [Test]
    public async Task Long_prefixes_of_many_children_are_not_multiplied()
    {
        // 20,000 children whose keys share 60,000 bytes would be 1.2 GB if each were written out.
        RawDatabase raw = new();
        string prefix = new('p', 60_000);
        IndirectDataReference leaf = raw.AddLeaf(("", "1"));
        (string, int, IndirectDataReference)[] children = [.. Enumerable.Range(0, 20_000).Select(i => ($"{prefix}{i:d5}", prefix.Length + 5, leaf))];
        OcdbtStore database = await OcdbtStore.OpenAsync(await raw.FinishAsync(raw.AddInterior(1, children), 1));
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.That((await database.ListAsync().FirstAsync()).Key.Length, Is.EqualTo(prefix.Length + 5));
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(20L << 20));
    }

    [Test]
    public void Number_of_data_files_takes_no_memory_before_they_are_there()
    {
        // 64 MiB of zeros are 2 KiB when compressed, and a number of files that their bytes could describe.
        byte[] body = new byte[64 << 20];
        new byte[] { 0, 0x80, 0x80, 0x80, 0x10 }.CopyTo(body, 0);
        byte[] encoded = Envelope.Encode(body, FormatLimits.BtreeNodeMagic, OcdbtCompression.Zstd());
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.That(() => BtreeNode.Decode(encoded, default), Throws.TypeOf<CorruptDataException>().With.Message.Contain("data files"));
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(200L << 20));
    }

    [Test]
    public async Task Cache_of_nodes_stays_within_its_bytes()
    {
        RawDatabase raw = new();
        List<IndirectDataReference> leaves = [.. Enumerable.Range(0, 200).Select(i => raw.AddLeaf(($"{i:d3}", new string('v', 100 + i))))];
        IKvStore store = await raw.FinishAsync(leaves[0], 0);
        const long Limit = 10_000;
        NodeCache cache = new(Limit);
        IoHandle io = new(store, 0);
        foreach (IndirectDataReference leaf in leaves)
        {
            cache.Add(leaf, await io.GetBtreeNodeAsync(leaf, default));
            Assert.That(cache.Bytes, Is.LessThanOrEqualTo(Limit));
        }

        List<IDecodedNode> kept = [.. leaves.Select(cache.Find).OfType<IDecodedNode>()];
        Assert.That(cache.Find(leaves[^1]), Is.Not.Null);
        Assert.That(cache.Find(leaves[0]), Is.Null);
        Assert.That(kept.Sum(node => node.MemoryBytes), Is.EqualTo(cache.Bytes));
        Assert.That(cache.Bytes, Is.GreaterThan(Limit / 2));
    }

    private static async Task ExpectCorruptAsync(IKvStore store, Key key)
    {
        OcdbtStore database = await OcdbtStore.OpenAsync(store);
        Assert.That(async () => await database.ReadAsync(key), Throws.TypeOf<CorruptDataException>());
        Assert.That(async () => await database.ListAsync().CountAsync(), Throws.TypeOf<CorruptDataException>());
    }
}

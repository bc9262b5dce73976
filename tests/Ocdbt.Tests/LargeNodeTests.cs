using System.Buffers;
using System.Buffers.Binary;
using OcdbtSharp.KvStore;
using OcdbtSharp.KvStore.Buffers;
using OcdbtSharp.Ocdbt.Format;
using OcdbtSharp.Testing;

namespace OcdbtSharp.Ocdbt.Tests;

/// <summary>Nodes of many megabytes, of which only the part that is asked for is inflated.</summary>
public sealed class LargeNodeTests
{
    private const int Count = 20_000;
    private const int ValueBytes = 200;

    // Behind everything that tells of keys and places, and before the checksum.
    private const int DamageFromEnd = 1000;

    [Test]
    public void Values_are_inflated_when_they_are_asked_for([Values(0, 3)] int level)
    {
        BtreeNode node = BtreeNode.Decode(Encoded(OcdbtCompression.Zstd(level)), default);
        Assert.That(node.IsInflated, Is.False);
        Assert.That(node.Count, Is.EqualTo(Count));
        Assert.That(node.ValueLength(Count - 1), Is.EqualTo(ValueBytes));
        Assert.That(node.InlineValueAt(0).Span.SequenceEqual(ValueOf(0)));
        Assert.That(node.IsInflated, Is.False);
        ReadOnlyMemory<byte> early = node.InlineValueAt(7);
        for (int i = Count - 1; i >= 0; i -= 97)
        {
            Assert.That(node.InlineValueAt(i).Span.SequenceEqual(ValueOf(i)), $"value {i}");
        }

        node.InflateValues();
        Assert.That(node.IsInflated);
        Assert.That(early.Span.SequenceEqual(ValueOf(7)), "a value stays valid");
    }

    [Test]
    public void Many_threads_inflate_one_node()
    {
        BtreeNode node = BtreeNode.Decode(Encoded(OcdbtCompression.Zstd()), default);
        Parallel.For(0, Count, i => Assert.That(node.InlineValueAt(i).Span.SequenceEqual(ValueOf(i)), $"value {i}"));
    }

    [Test]
    public async Task A_list_of_a_large_database_leaves_little_in_memory()
    {
        using TemporaryFolder folder = new();
        await WriteAsync(folder.Path);
        CountingKvStore counting = new(new FileKvStore(folder.Path));
        OcdbtStore store = await OcdbtStore.OpenAsync(counting, new OcdbtOptions { MaxStaleness = Timeout.InfiniteTimeSpan });
        int manifests = counting.Reads.Count;
        Assert.That(await store.ListAsync().Select(entry => (entry.Key.ToString(), entry.Length)).ToListAsync(), Is.EqualTo(
            Enumerable.Range(0, 10 * Count).Select(i => (KeyOf(i), (long)ValueBytes))));
        Assert.That(counting.Reads[manifests..], Is.Unique, "each node is read once");
        Assert.That(store.Io.CachedBytes, Is.LessThan(25 << 20));
    }

    [Test]
    public async Task A_second_look_reads_a_large_node_once_more_and_no_further_one()
    {
        RawDatabase database = new();
        CountingKvStore counting = new(await database.FinishAsync(database.Add(Encoded(OcdbtCompression.Zstd())), 0));
        OcdbtStore store = await OcdbtStore.OpenAsync(counting, new OcdbtOptions { MaxStaleness = Timeout.InfiniteTimeSpan });
        int before = counting.Reads.Count;
        foreach ((int key, int reads) in (IEnumerable<(int, int)>)[(10, 1), (3, 1), (Count - 1, 2), (Count / 2, 2), (10, 2)])
        {
            Assert.That((await store.ReadAsync(KeyOf(key))).Value.Span.SequenceEqual(ValueOf(key)), $"key {key}");
            Assert.That(counting.Reads.Count - before, Is.EqualTo(reads), $"reads after key {key}");
        }
    }

    [Test]
    public async Task What_is_damaged_behind_the_keys_shows_when_it_is_asked_for()
    {
        byte[] encoded = Encoded(OcdbtCompression.Zstd());
        int end = encoded.Length - sizeof(uint);
        encoded.AsSpan(end - DamageFromEnd, DamageFromEnd / 2).Fill(0xFF);
        BinaryPrimitives.WriteUInt32LittleEndian(encoded.AsSpan(end), Crc32C.Compute(encoded.AsSpan(0, end)));
        RawDatabase database = new();
        IKvStore files = await database.FinishAsync(database.Add(encoded), 0);
        OcdbtStore store = await OcdbtStore.OpenAsync(files);
        Assert.That((await store.ReadAsync(KeyOf(0))).Value.Span.SequenceEqual(ValueOf(0)));
        for (int attempt = 0; attempt < 2; attempt++)
        {
            Assert.That(
                async () => await store.ReadAsync(KeyOf(Count - 1)),
                Throws.TypeOf<CorruptDataException>().With.Message.Contains(RawDatabase.DataFile), $"attempt {attempt}");
        }

        OcdbtVerification verification = await OcdbtVerification.RunAsync(files);
        Assert.That(verification.Faults.Select(fault => fault.File.ToString()), Has.Member(RawDatabase.DataFile));
    }

    private static async Task WriteAsync(string path)
    {
        OcdbtOptions options = new() { Mode = OcdbtOpenMode.CreateNew, Config = new OcdbtConfig { MaxInlineValueBytes = ValueBytes } };
        OcdbtStore store = await OcdbtStore.OpenAsync(new FileKvStore(path), options);
        await using OcdbtTransaction transaction = store.BeginTransaction();
        for (int i = 0; i < 10 * Count; i++)
        {
            await transaction.WriteAsync(KeyOf(i), ValueOf(i));
        }

        await transaction.CommitAsync();
    }

    private static byte[] Encoded(OcdbtCompression compression)
    {
        BtreeNodeEncoder encoder = new(new Config { Uuid = Guid.Empty, Compression = compression, MaxInlineValueBytes = ValueBytes, MaxDecodedNodeBytes = 100_000_000 }, 0);
        for (int i = 0; i < Count; i++)
        {
            encoder.Add(new Key(KeyOf(i)).Bytes, new LeafValue(ValueOf(i)));
        }

        using EncodedNode node = encoder.Encode(0, Count, isRoot: true);
        return node.Bytes.ToArray();
    }

    private static string KeyOf(int index) => $"key/{index:d8}";

    private static byte[] ValueOf(int index)
    {
        // Digits: what is shortened by Huffman codes shows where it is damaged.
        byte[] value = new byte[ValueBytes];
        Random random = new(index);
        foreach (ref byte digit in value.AsSpan())
        {
            digit = (byte)('0' + random.Next(10));
        }

        return value;
    }
}

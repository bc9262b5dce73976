using FsCheck;
using FsCheck.Fluent;
using OcdbtSharp.KvStore;

namespace OcdbtSharp.Zarr3.Tests.Writing;

/// <summary>What is written reads back, whatever the array is like.</summary>
[TestFixture]
public sealed class WriteTests
{
    private static readonly Arbitrary<int> Seeds = Gen.Choose(0, int.MaxValue).ToArbitrary();

    [Test]
    public void Regions_written_one_after_the_other_read_back() => Check(200, async seed =>
    {
        RandomArray array = await RandomArray.CreateAsync(seed);
        await array.CheckAsync();
        for (int round = 0; round < 4; round++)
        {
            ArrayRegion region = array.RandomRegion();
            await array.WriteAsync(region, array.RandomElements(region), storeFillValue: seed % 3 == 0);
            await array.CheckAsync();
        }
    });

    [Test]
    public void Of_two_overlapping_regions_the_later_one_wins_in_either_order() => Check(100, async seed =>
    {
        foreach (bool swap in (bool[])[false, true])
        {
            RandomArray array = await RandomArray.CreateAsync(seed);
            (ArrayRegion, byte[])[] writes = [.. Enumerable.Range(0, 2).Select(_ => array.RandomRegion()).Select(region => (region, array.RandomElements(region)))];
            foreach ((ArrayRegion region, byte[] elements) in swap ? writes.Reverse() : writes)
            {
                await array.WriteAsync(region, elements, storeFillValue: false);
            }

            await array.CheckAsync();
        }
    });

    [Test]
    public async Task Writers_of_neighbouring_elements_in_one_chunk_lose_nothing()
    {
        const int Length = 64;
        foreach (ZarrCodec[] codecs in (ZarrCodec[][])[[], [ZarrCodec.Gzip(1)], [ZarrCodec.Sharding([4], ZarrCodec.Crc32c)]])
        {
            MemoryKvStore store = new();
            ZarrArray array = await ZarrArray.CreateAsync(
                store, new ArrayCreateOptions { Shape = [Length], DataType = DataType.Parse("uint8"), Codecs = codecs });
            await Parallel.ForAsync(0, Length, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (index, token) =>
                await array.WriteAsync(new byte[] { (byte)(index + 1) }, new ArrayRegion([index], [1]), cancellationToken: token));
            byte[] read = new byte[Length];
            await array.ReadAsync(read);
            Assert.That(read, Is.EqualTo(Enumerable.Range(1, Length)));
        }
    }

    [Test]
    public async Task Chunks_of_nothing_but_the_fill_value_are_deleted_unless_they_are_to_be_stored()
    {
        MemoryKvStore store = new();
        ZarrArray array = await ZarrArray.CreateAsync(
            store, new ArrayCreateOptions { Shape = [6], ChunkShape = [2], DataType = DataType.Parse("uint8"), FillValue = new byte[] { 7 } });
        await array.WriteAsync(new byte[] { 1, 2, 3, 4, 5, 6 });
        await array.WriteAsync(new byte[] { 7, 7, 7, 4, 5, 7 });
        Assert.That(await KeysAsync(store), Is.EqualTo(new[] { "c/1", "c/2", "zarr.json" }));
        await array.WriteAsync(new byte[] { 7, 7, 7, 7 }, new ArrayRegion([2], [4]));
        Assert.That(await KeysAsync(store), Is.EqualTo(new[] { "zarr.json" }));
        await array.WriteAsync(new byte[] { 7, 7, 7, 7, 7, 7 }, options: new ArrayWriteOptions { StoreFillValue = true });
        Assert.That(await KeysAsync(store), Is.EqualTo(new[] { "c/0", "c/1", "c/2", "zarr.json" }));
    }

    [Test]
    public async Task Chunks_that_are_raw_and_contiguous_are_stored_straight_from_the_source()
    {
        CountingKvStore store = new(new MemoryKvStore());
        ZarrArray array = await ZarrArray.CreateAsync(store, new ArrayCreateOptions { Shape = [8, 100], ChunkShape = [2, 100], DataType = DataType.Parse("float32") });
        CountingKvStore counted = new(store);
        byte[] source = new byte[array.ByteCount];
        source.AsSpan().Fill(1);
        await (await ZarrArray.OpenAsync(counted)).WriteAsync(source);
        Assert.That(counted.Writes, Is.EqualTo(4));
        Assert.That(counted.WroteOnlyFrom(source));
    }

    [Test]
    public async Task Shards_are_the_same_however_many_inner_chunks_are_encoded_at_a_time()
    {
        byte[] source = new byte[512 * 512];
        new Random(4).NextBytes(source);
        source.AsSpan(0, 512 * 200).Clear();
        List<byte[]> shards = [];
        foreach (int degree in (int[])[1, 3])
        {
            MemoryKvStore store = new();
            ZarrArray array = await ZarrArray.CreateAsync(store, new ArrayCreateOptions
            {
                Shape = [512, 512],
                ShardShape = [512, 512],
                ChunkShape = [128, 256],
                DataType = DataType.Parse("uint8"),
                Codecs = [ZarrCodec.Crc32c],
            });
            ArrayWriteOptions options = new() { DegreeOfParallelism = degree };
            await array.WriteAsync(source, options: options);
            await array.WriteAsync(source.AsMemory(0, 300 * 300), new ArrayRegion([100, 100], [300, 300]), options);
            shards.Add((await store.ReadAsync("c/0/0")).Value.ToArray());
        }

        Assert.That(shards[1], Is.EqualTo(shards[0]));
    }

    [Test]
    public async Task Inner_chunks_that_a_write_does_not_touch_are_taken_over_undecoded()
    {
        MemoryKvStore store = new();
        ZarrArray array = await ZarrArray.CreateAsync(store, new ArrayCreateOptions
        {
            Shape = [8],
            ShardShape = [8],
            ChunkShape = [2],
            DataType = DataType.Parse("uint8"),
            Codecs = [ZarrCodec.Crc32c],
        });
        await array.WriteAsync(new byte[] { 1, 2, 3, 4, 5, 6, 7, 8 });
        byte[] shard = (await store.ReadAsync("c/0")).Value.ToArray();
        shard[6] ^= 1; // the first element of the second inner chunk: two elements and a checksum lie before it
        await store.WriteAsync("c/0", shard);
        await array.WriteAsync(new byte[] { 50, 60 }, new ArrayRegion([4], [2]));
        byte[] read = new byte[2];
        await array.ReadAsync(read, new ArrayRegion([4], [2]));
        Assert.That(read, Is.EqualTo(new byte[] { 50, 60 }));
        Assert.That((await store.ReadAsync("c/0")).Value.Slice(6, 6).ToArray(), Is.EqualTo(shard[6..12]));
        await Assert.ThrowsAsync<CorruptDataException>(async () => await array.ReadAsync(read, new ArrayRegion([2], [2])));
    }

    [Test]
    public async Task Only_chunks_of_which_a_part_is_written_are_read()
    {
        MemoryKvStore memory = new();
        await ZarrArray.CreateAsync(memory, new ArrayCreateOptions { Shape = [10], ChunkShape = [4], DataType = DataType.Parse("uint8"), Codecs = [ZarrCodec.Crc32c] });
        CountingKvStore store = new(memory);
        ZarrArray array = await ZarrArray.OpenAsync(store);
        int reads = store.Reads;
        await array.WriteAsync(new byte[] { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 });
        Assert.That(store.Reads, Is.EqualTo(reads), "the last chunk lies in the array with two elements only, and both are given");
        await array.WriteAsync(new byte[] { 1, 2, 3, 4, 5, 6 }, new ArrayRegion([3], [6]));
        Assert.That(store.Reads, Is.EqualTo(reads + 2));
    }

    [Test]
    public async Task A_part_of_a_damaged_chunk_is_not_written_and_the_error_says_where()
    {
        MemoryKvStore store = new();
        ZarrArray array = await ZarrArray.CreateAsync(store, new ArrayCreateOptions { Shape = [4], DataType = DataType.Parse("uint8"), Codecs = [ZarrCodec.Crc32c] });
        await store.WriteAsync("c/0", new byte[] { 1, 2, 3, 4, 0, 0, 0, 0 });
        CorruptDataException? damaged = await Assert.ThrowsAsync<CorruptDataException>(async () => await array.WriteAsync(new byte[] { 9 }, new ArrayRegion([1], [1])));
        Assert.That(damaged!.Message, Does.Contain("c/0").And.Contain("crc32c"));
        await array.WriteAsync(new byte[] { 9, 9, 9, 9 });
    }

    [Test]
    public async Task A_source_of_another_length_and_a_region_outside_are_refused()
    {
        ZarrArray array = await ZarrArray.CreateAsync(new MemoryKvStore(), new ArrayCreateOptions { Shape = [4], DataType = DataType.Parse("int32") });
        await Assert.ThrowsAsync<ArgumentException>(async () => await array.WriteAsync(new byte[15]));
        await Assert.ThrowsAsync<ArgumentException>(async () => await array.WriteAsync(new byte[16], new ArrayRegion([1], [4])));
    }

    [Test]
    public async Task A_cancelled_write_ends_as_cancelled()
    {
        ZarrArray array = await ZarrArray.CreateAsync(new MemoryKvStore(), new ArrayCreateOptions { Shape = [4], DataType = DataType.Parse("int32") });
        await Assert.CatchAsync<OperationCanceledException>(async () => await array.WriteAsync(new byte[16], cancellationToken: new CancellationToken(true)));
    }

    private static void Check(int count, Func<int, Task> test) =>
        Prop.ForAll(Seeds, seed => test(seed).GetAwaiter().GetResult()).Check(Config.QuickThrowOnFailure.WithMaxTest(count));

    private static async Task<List<string>> KeysAsync(MemoryKvStore store) =>
        await store.ListAsync().Select(entry => entry.Key.ToString()).ToListAsync();
}

using System.Buffers;
using OcdbtSharp.KvStore;
using OcdbtSharp.Zarr3.Tests.Codecs;

namespace OcdbtSharp.Zarr3.Tests.Reading;

/// <summary>Chunks that are decoded piece by piece while they are read.</summary>
public sealed class ChunkStreamTests
{
    private const int Elements = 1 << 20;

    private static readonly byte[] Content = TestBytes.Weights(Elements, seed: 5);

    [TestCase(ZarrFormat.V2)]
    [TestCase(ZarrFormat.V3)]
    public async Task Pieces_give_the_whole_chunk(ZarrFormat format)
    {
        MemoryKvStore memory = await WriteAsync(format);
        CountingKvStore counting = new(memory);
        Assert.That(await ReadAsync(counting), Is.True);
        Assert.That(counting.Reads, Is.GreaterThan(5), "the chunk is longer than several pieces");
    }

    [Test]
    public async Task A_store_whose_reads_take_their_time_is_asked_twice()
    {
        MemoryKvStore memory = await WriteAsync(ZarrFormat.V3);
        CountingKvStore counting = new(memory);
        Assert.That(await ReadAsync(new DistantStore(counting)), Is.True);

        // Metadata, length, the first piece, all the rest.
        Assert.That(counting.Reads, Is.EqualTo(4));
    }

    [TestCase("cut")]
    [TestCase("longer")]
    [TestCase("empty")]
    [TestCase("other content")]
    [TestCase("bytes behind the frame")]
    public async Task Damage_is_found(string damage)
    {
        MemoryKvStore memory = await WriteAsync(ZarrFormat.V3);
        byte[] chunk = (await memory.ReadAsync("c/0/0")).Value.ToArray();
        using ZstdSharp.Compressor compressor = new(1);
        byte[] damaged = damage switch
        {
            "cut" => chunk[..^1],
            "empty" => [],
            "longer" => [.. chunk, .. compressor.Wrap([1, 2, 3, 4])],
            "other content" => compressor.Wrap(new byte[4 * (Elements - 1)]).ToArray(),
            _ => [.. chunk, 1, 2, 3, 4, 5],
        };
        await memory.WriteAsync("c/0/0", new ReadOnlySequence<byte>(damaged));
        CorruptDataException? error = await Assert.ThrowsAsync<CorruptDataException>(async () => await ReadAsync(memory));
        Assert.That(error!.Message, Does.Contain("zstd"));
        Assert.That(error.Location, Does.Contain("c/0/0"));
    }

    private static async Task<MemoryKvStore> WriteAsync(ZarrFormat format)
    {
        MemoryKvStore memory = new();
        ZarrArray array = await ZarrArray.CreateAsync(memory, new ArrayCreateOptions
        {
            Format = format,
            DataType = DataType.Parse("float32"),
            Shape = [1024, Elements / 1024],
            Codecs = [ZarrCodec.Zstd(1)],
        });
        await array.WriteAsync(Content);
        return memory;
    }

    private static async Task<bool> ReadAsync(IKvStore store)
    {
        byte[] read = new byte[Content.Length];
        await (await ZarrArray.OpenAsync(store)).ReadAsync(read);
        return read.AsSpan().SequenceEqual(Content);
    }

    /// <summary>A store that answers later, as one across a network does.</summary>
    private sealed class DistantStore(IKvStore store) : IKvStore
    {
        public KvStoreCapabilities Capabilities => KvStoreCapabilities.List;

        public string Describe(Key key) => store.Describe(key);

        public async ValueTask<ReadResult> ReadAsync(Key key, ReadOptions options = default, CancellationToken cancellationToken = default)
        {
            await Task.Delay(5, cancellationToken);
            return await store.ReadAsync(key, options, cancellationToken);
        }

        public ValueTask<ReadResult> StatAsync(Key key, CancellationToken cancellationToken = default) => store.StatAsync(key, cancellationToken);

        public IAsyncEnumerable<ListEntry> ListAsync(KeyRange range = default, CancellationToken cancellationToken = default) => store.ListAsync(range, cancellationToken);

        public ValueTask<StorageGeneration> WriteAsync(
            Key key, ReadOnlySequence<byte> value, WriteOptions options = default, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public ValueTask<bool> DeleteAsync(Key key, WriteOptions options = default, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public ValueTask DeleteRangeAsync(KeyRange range, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public ValueTask RenamePrefixAsync(Key source, Key destination, CancellationToken cancellationToken = default) => throw new NotSupportedException();
    }
}

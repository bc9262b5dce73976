using FsCheck;
using FsCheck.Fluent;
using OcdbtSharp.KvStore;
using OcdbtSharp.Testing;
using OcdbtSharp.Zarr3.Tests.Codecs;
using OcdbtSharp.Zarr3.Transfer;

namespace OcdbtSharp.Zarr3.Tests.Transfer;

/// <summary>Transfers between arrays of any chunks, within any memory: nothing is lost, and no chunk is decoded or written twice.</summary>
public sealed class TransferPlanTests
{
    private static readonly string[] _types = ["uint8", "bfloat16", "float32", "int64", "complex128"];

    [Test]
    public void Every_chunk_is_read_once_and_written_once() => Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed =>
        CheckAsync(seed).GetAwaiter().GetResult()).Check(Config.QuickThrowOnFailure.WithMaxTest(300));

    [TestCase(1L << 30, 1)]
    [TestCase(256L << 10, 1)]
    [TestCase(256L << 10, 2)]
    public async Task A_transposed_chunk_beyond_the_memory_is_spilled(long memory, int degreeOfParallelism)
    {
        const int Rows = 1024;
        const int Columns = 1030;
        byte[] content = new byte[Rows * Columns * sizeof(ushort)];
        new Random(3).NextBytes(content);
        MemoryKvStore stored = new();
        ZarrArray source = await ZarrArray.CreateAsync(stored, Options([Rows, Columns], [Rows, Columns], "uint16") with
        {
            Codecs = [ZarrCodec.Transpose(1, 0), ZarrCodec.Zstd(1)],
        });
        await source.WriteAsync(content);
        long length = (await stored.StatAsync("c/0/0")).TotalLength;
        CountingKvStore counting = new(stored);
        ZarrArray copy = await ZarrArray.CreateAsync(new MemoryKvStore(), Options([Rows, Columns], [64, 100], "uint16"));
        using TemporaryFolder folder = new();
        TransferPlan plan = new(new ArraySource(await ZarrArray.OpenAsync(counting), true), new ArraySink(copy, true), source.Shape, 2)
        {
            MaxMemory = memory,
            DegreeOfParallelism = degreeOfParallelism,
            SpillFolder = folder.Path,
        };
        long before = counting.BytesRead;
        TransferTask[] tasks = [.. plan.Tasks([0, 0], [Rows, Columns])];
        await new TransferRunner(memory, degreeOfParallelism).RunAsync(tasks, CancellationToken.None);
        Assert.That(tasks.Sum(task => task.SpillBytes), memory < content.Length ? Is.EqualTo(content.Length) : Is.Zero);
        Assert.That(counting.BytesRead - before, Is.EqualTo(length));
        Assert.That(Directory.EnumerateFileSystemEntries(folder.Path), Is.Empty);
        byte[] read = new byte[content.Length];
        await copy.ReadAsync(read);
        Assert.That(read.AsSpan().SequenceEqual(content));
    }

    [Test]
    public async Task Chunks_beyond_the_memory_are_written_piece_by_piece([Values] bool isSharded, [Values(1, 2)] int degreeOfParallelism, [Values] bool isNoise)
    {
        const int Rows = 3000;
        const int Columns = 4096;
        byte[] content = isNoise ? TestBytes.Weights(Rows * Columns / 2, seed: 4) : new byte[Rows * Columns * 2];
        for (int index = 0; !isNoise && index < content.Length; index++)
        {
            content[index] = (byte)((index * 7 % 1001) + (index >> 14));
        }

        MemoryKvStore stored = new();
        ZarrArray source = await ZarrArray.CreateAsync(stored, Options([Rows, Columns], [100, Columns], "uint16") with { Codecs = [ZarrCodec.Zstd(1)] });
        await source.WriteAsync(content);
        CountingKvStore counting = new(stored);
        MemoryKvStore destination = new();
        long[] chunk = [2048, Columns];
        ZarrArray copy = await ZarrArray.CreateAsync(destination, Options([Rows, Columns], chunk, "uint16") with
        {
            Codecs = [ZarrCodec.Zstd(3)],
            ShardShape = isSharded ? chunk : null,
        });
        TransferPlan plan = new(new ArraySource(await ZarrArray.OpenAsync(counting), true), new ArraySink(copy, true), source.Shape, 2)
        {
            MaxMemory = 8 << 20,
            DegreeOfParallelism = degreeOfParallelism,
        };
        await new TransferRunner(8 << 20, degreeOfParallelism).RunAsync(plan.Tasks([0, 0], [Rows, Columns]), CancellationToken.None);
        byte[] read = new byte[content.Length];
        await copy.ReadAsync(read);
        Assert.That(read.AsSpan().SequenceEqual(content));

        // The same bytes as where the chunk is encoded as a whole, where no matches are looked for.
        ZarrArray whole = await ZarrArray.CreateAsync(new MemoryKvStore(), Options([Rows, Columns], chunk, "uint16") with
        {
            Codecs = [ZarrCodec.Zstd(3)],
            ShardShape = isSharded ? chunk : null,
        });
        await whole.WriteAsync(content, default, new ArrayWriteOptions { StoreFillValue = true });
        ReadOnlyMemory<byte> expected = (await whole.Store.ReadAsync("c/0/0")).Value;
        ReadOnlyMemory<byte> actual = (await destination.ReadAsync("c/0/0")).Value;
        Assert.That(actual.Length, Is.LessThanOrEqualTo(expected.Length + (expected.Length / 100)));
        Assert.That(!isNoise || actual.Span.SequenceEqual(expected.Span));
    }

    private static ArrayCreateOptions Options(long[] shape, long[] chunk, string type) => new() { Shape = shape, ChunkShape = chunk, DataType = DataType.Parse(type) };

    private static async Task CheckAsync(int seed)
    {
        Random random = new(seed);
        int rank = random.Next(1, 4);
        long[] shape = [.. Enumerable.Range(0, rank).Select(_ => random.NextInt64(1, 14))];
        string type = _types[random.Next(_types.Length)];
        ZarrCodec[] codecs = Codecs(random, rank);
        MemoryKvStore stored = new();
        ArrayCreateOptions created = Options(shape, [.. shape.Select(extent => random.NextInt64(1, extent + 2))], type) with { Codecs = codecs };
        ZarrArray source = await ZarrArray.CreateAsync(stored, created);
        byte[] content = new byte[source.ByteCount];
        random.NextBytes(content.AsSpan(0, random.Next(content.Length + 1)));
        await source.WriteAsync(content, default, new ArrayWriteOptions { StoreFillValue = true });
        long bytes = 0;
        await foreach (ListEntry entry in stored.ListAsync())
        {
            bytes += entry.Key == "zarr.json" ? 0 : entry.Length;
        }

        CountingKvStore counting = new(stored);
        CountingKvStore destination = new(new MemoryKvStore());
        long[] chunk = [.. shape.Select(extent => random.NextInt64(1, extent + 2))];
        ZarrArray copy = await ZarrArray.CreateAsync(destination, Options(shape, chunk, type) with { Codecs = [ZarrCodec.Zstd(1)] });
        long memory = random.Next(3) switch { 0 => 1, 1 => random.Next(1, 4000), _ => 1 << 20 };
        using TemporaryFolder folder = new();
        ZarrArray opened = await ZarrArray.OpenAsync(counting);
        TransferPlan plan = new(new ArraySource(opened, true), new ArraySink(copy, true), shape, copy.DataType.Size)
        {
            MaxMemory = memory,
            DegreeOfParallelism = random.Next(1, 3),
            SpillFolder = random.Next(2) == 0 ? folder.Path : null,
        };
        long before = counting.BytesRead;
        int writes = destination.Writes;
        await new TransferRunner(memory, random.Next(1, 4)).RunAsync(plan.Tasks(new long[rank], shape), CancellationToken.None);
        byte[] read = new byte[content.Length];
        await copy.ReadAsync(read);
        string context = $"{source.MetadataJson.GetRawText()} to {Extents.Format(chunk)} within {memory}";
        Assert.That(read.AsSpan().SequenceEqual(content), context);
        Assert.That(destination.Writes - writes, Is.EqualTo(Extents.Product(copy.Metadata.Grid.GridShape)), context);
        if (codecs.Length > 0 && !opened.Metadata.Codecs.IsRaw)
        {
            Assert.That(counting.BytesRead - before, Is.EqualTo(bytes), context);
        }
    }

    private static ZarrCodec[] Codecs(Random random, int rank)
    {
        List<ZarrCodec> codecs = [];
        if (random.Next(3) == 0)
        {
            int[] order = [.. Enumerable.Range(0, rank)];
            random.Shuffle(order);
            codecs.Add(ZarrCodec.Transpose(order));
        }

        if (random.Next(4) == 0)
        {
            codecs.Add(ZarrCodec.Bytes(bigEndian: true));
        }

        codecs.Add(random.Next(5) switch
        {
            0 => ZarrCodec.Zstd(1),
            1 => ZarrCodec.Of("gzip", """{"level": 1}"""),
            2 => ZarrCodec.Of("blosc", """{"cname": "lz4", "clevel": 5, "shuffle": "shuffle", "blocksize": 0}"""),
            3 => ZarrCodec.Of("numcodecs.lz4", """{"acceleration": 1}"""),
            _ => ZarrCodec.Of("numcodecs.zlib", """{"level": 1}"""),
        });
        if (random.Next(3) == 0)
        {
            codecs.Add(ZarrCodec.Of("crc32c"));
        }

        return [.. codecs];
    }
}

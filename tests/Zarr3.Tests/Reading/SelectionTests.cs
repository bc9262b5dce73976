using FsCheck;
using FsCheck.Fluent;
using OcdbtSharp.KvStore;
using OcdbtSharp.Testing;
using OcdbtSharp.Zarr3.Codecs;
using OcdbtSharp.Zarr3.Reading;
using OcdbtSharp.Zarr3.Tests.Codecs;
using OcdbtSharp.Zarr3.Tests.Writing;

namespace OcdbtSharp.Zarr3.Tests.Reading;

/// <summary>Elements at chosen indices are those that reading them one by one gives, and cost no chunk twice.</summary>
[TestFixture]
public sealed class SelectionTests
{
    private const int Rows = 48;
    private const int Columns = 12_000;

    // A row takes 48,000 bytes, so chunks of several rows are read in parts where that can be.
    private static readonly byte[] Content = TestBytes.Weights(Rows * Columns, seed: 3);

    private static IEnumerable<TestCaseData> Pipelines()
    {
        static TestCaseData Case(string name, ZarrFormat format, long[] chunk, params ZarrCodec[] codecs) =>
            new TestCaseData(format, chunk, codecs).SetArgDisplayNames(name);

        yield return Case("raw", ZarrFormat.V3, [10, Columns]);
        yield return Case("raw, chunks along both axes", ZarrFormat.V3, [20, 5000]);
        yield return Case("raw, order F", ZarrFormat.V2, [16, Columns], ZarrCodec.Transpose(1, 0));
        yield return Case("version 2, zstd", ZarrFormat.V2, [10, Columns], ZarrCodec.Zstd(1));
        yield return Case("big-endian", ZarrFormat.V3, [10, Columns], ZarrCodec.Bytes(bigEndian: true));
        yield return Case("shards, zstd", ZarrFormat.V3, [24, Columns], ZarrCodec.Sharding([3, Columns], ZarrCodec.Zstd(1)));
        yield return Case("shards, raw, small inner chunks", ZarrFormat.V3, [24, Columns], ZarrCodec.Sharding([4, 1000]));
        yield return Case("shards, raw", ZarrFormat.V3, [24, Columns], ZarrCodec.Sharding([6, Columns]));
        yield return Case(
            "transposed shards of shards", ZarrFormat.V3, [24, Columns], ZarrCodec.Transpose(1, 0), ZarrCodec.Sharding([Columns, 6], ZarrCodec.Sharding([Columns, 2], ZarrCodec.Gzip(1))));
        yield return Case("shards behind gzip", ZarrFormat.V3, [24, Columns], ZarrCodec.Sharding([6, Columns]), ZarrCodec.Gzip(1));
    }

    [TestCaseSource(nameof(Pipelines))]
    public async Task Selections_are_what_indices_one_by_one_give(ZarrFormat format, long[] chunk, ZarrCodec[] codecs)
    {
        ZarrArray array = await CreateAsync(new MemoryKvStore(), format, chunk, codecs);
        Random random = new(11);
        for (int round = 0; round < 8; round++)
        {
            long[] rows = [.. Enumerable.Range(0, random.Next(1, 30)).Select(_ => random.NextInt64(Rows))];
            await CheckAsync(array, Content, ArraySelection.Rows(rows), [rows, null]);
            long[] columns = [.. Enumerable.Range(0, random.Next(1, 30)).Select(_ => random.NextInt64(Columns))];
            await CheckAsync(array, Content, ArraySelection.Rows(rows).Along(1, columns), [rows, columns]);
        }
    }

    [TestCaseSource(typeof(SelectionTests), nameof(Golden))]
    public async Task Selections_of_what_others_wrote_are_those_of_the_whole(GoldenCase golden)
    {
        Random random = new(7);
        foreach (GoldenArray expected in GoldenArray.Of(golden))
        {
            ZarrArray array = await expected.OpenAsync();
            await CheckRandomAsync(array, expected.Elements, random, 5);
        }
    }

    [Test]
    public void Selections_of_any_array_are_those_of_the_whole() =>
        Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed => Task.Run(async () =>
        {
            RandomArray array = await RandomArray.CreateAsync(seed);
            ArrayRegion region = array.RandomRegion();
            await array.WriteAsync(region, array.RandomElements(region), storeFillValue: false);
            await CheckRandomAsync(array.Array, array.Model, new Random(seed), 4);
        }).GetAwaiter().GetResult()).Check(Config.QuickThrowOnFailure.WithMaxTest(200));

    [Test]
    public async Task An_inner_chunk_is_read_once_however_many_rows_lie_in_it()
    {
        MemoryKvStore memory = new();
        await CreateAsync(memory, ZarrFormat.V3, [24, Columns], [ZarrCodec.Sharding([4, Columns], ZarrCodec.Zstd(1))]);
        CountingKvStore counting = new(memory);
        ZarrArray array = await ZarrArray.OpenAsync(counting);
        long[] rows = [17, 1, 2, 17, 0, 19, 45, 3];
        (int reads, long bytes) = (counting.Reads, counting.BytesRead);
        await array.ReadSelectionAsync(new byte[rows.Length * Columns * sizeof(float)], ArraySelection.Rows(rows));

        long expected = 0;
        foreach ((string key, long[] inner) in new[] { ("c/0/0", new long[] { 0, 4 }), ("c/1/0", [5]) })
        {
            ShardingIndexedCodec sharding = array.Metadata.Codecs.Sharding!;
            ShardIndex index = (await ShardReader.ReadIndexAsync(sharding, new ChunkSource(memory, key, 0, null), default))!;
            expected += sharding.IndexLength;
            foreach (long chunk in inner)
            {
                Assert.That(index.TryGet(chunk, out _, out long length));
                expected += length;
            }
        }

        // Length and index of two shards; three inner chunks.
        Assert.That(counting.Reads - reads, Is.EqualTo(2 + 2 + 3));
        Assert.That(counting.BytesRead - bytes, Is.EqualTo(expected));
    }

    [Test]
    public async Task Chunks_that_are_no_shards_are_read_once_or_only_where_the_elements_are()
    {
        long[] rows = [9, 1, 0, 5, 9];
        foreach ((ZarrCodec[] codecs, int expectedRows) in new[] { ((ZarrCodec[])[ZarrCodec.Bytes(bigEndian: true)], 10), ([], 4) })
        {
            MemoryKvStore memory = new();
            await CreateAsync(memory, ZarrFormat.V3, [10, Columns], codecs);
            CountingKvStore counting = new(memory);
            ZarrArray array = await ZarrArray.OpenAsync(counting);
            long bytes = counting.BytesRead;
            await array.ReadSelectionAsync(new byte[rows.Length * Columns * sizeof(float)], ArraySelection.Rows(rows));
            Assert.That(counting.BytesRead - bytes, Is.EqualTo(expectedRows * Columns * sizeof(float)));
        }
    }

    [Test]
    public async Task Missing_chunks_are_the_fill_value_or_an_error()
    {
        ZarrArray array = await ZarrArray.CreateAsync(new MemoryKvStore(), new ArrayCreateOptions
        {
            Shape = [8, 2],
            ChunkShape = [4, 2],
            DataType = DataType.Parse("uint8"),
            FillValue = new byte[] { 7 },
            Codecs = [ZarrCodec.Zstd()],
        });
        await array.WriteAsync(new byte[] { 1, 2 }, new ArrayRegion([0, 0], [1, 2]));
        byte[] read = new byte[6];
        await array.ReadSelectionAsync(read, ArraySelection.Rows(6, 0, 5));
        Assert.That(read, Is.EqualTo(new byte[] { 7, 7, 1, 2, 7, 7 }));
        await Assert.ThrowsAsync<StorageException>(async () =>
            await array.ReadSelectionAsync(read, ArraySelection.Rows(6, 0, 5), new ArrayReadOptions { MissingChunkIsError = true }));
    }

    [Test]
    public async Task Indices_take_the_place_of_the_range_of_a_region()
    {
        ZarrArray array = await CreateAsync(new MemoryKvStore(), ZarrFormat.V3, [10, 5000], [ZarrCodec.Zstd(1)]);
        long[] columns = [.. Enumerable.Range(4900, 200)];
        byte[] read = new byte[3 * 200 * sizeof(float)];
        await array.ReadSelectionAsync(read, new ArraySelection(new ArrayRegion([0, 4900], [1, 200])).Along(0, 30, 2, 31));
        byte[] expected = new byte[read.Length];
        await array.ReadSelectionAsync(expected, ArraySelection.Rows(30, 2, 31).Along(1, columns));
        Assert.That(read, Is.EqualTo(expected));
        Assert.That(read.AsSpan(0, 4).SequenceEqual(Content.AsSpan(((30 * Columns) + 4900) * sizeof(float), 4)));
    }

    [Test]
    public async Task Without_indices_nothing_is_read()
    {
        CountingKvStore counting = new(new MemoryKvStore());
        ZarrArray array = await CreateAsync(counting, ZarrFormat.V3, [10, Columns], [ZarrCodec.Zstd(1)]);
        int reads = counting.Reads;
        await array.ReadSelectionAsync(Memory<float>.Empty, ArraySelection.Rows());
        Assert.That(counting.Reads, Is.EqualTo(reads));
    }

    [Test]
    public async Task What_is_not_within_the_array_is_refused()
    {
        ZarrArray array = await CreateAsync(new MemoryKvStore(), ZarrFormat.V3, [10, Columns], []);
        byte[] row = new byte[Columns * sizeof(float)];
        Assert.That(() => ArraySelection.Rows(-1), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => ArraySelection.Rows(1).Along(0, 2), Throws.ArgumentException);
        await Assert.ThrowsAsync<ArgumentException>(async () => await array.ReadSelectionAsync(row, ArraySelection.Rows(Rows)));
        await Assert.ThrowsAsync<ArgumentException>(async () => await array.ReadSelectionAsync(row, new ArraySelection().Along(2, 0)));
        await Assert.ThrowsAsync<ArgumentException>(async () => await array.ReadSelectionAsync(row, ArraySelection.Rows(0, 1)));
        await Assert.ThrowsAsync<ArgumentException>(async () => await array.ReadSelectionAsync<double>(new double[Columns / 2], ArraySelection.Rows(0)));
    }

    private static IEnumerable<TestCaseData> Golden() => GoldenCase.Family("zarr2").Concat(GoldenCase.Family("zarr3"));

    private static async Task<ZarrArray> CreateAsync(IKvStore store, ZarrFormat format, long[] chunk, ZarrCodec[] codecs)
    {
        ZarrArray array = await ZarrArray.CreateAsync(store, new ArrayCreateOptions
        {
            Format = format,
            Shape = [Rows, Columns],
            ChunkShape = chunk,
            DataType = DataType.Parse("float32"),
            Codecs = codecs,
        });
        await array.WriteAsync(Content);
        return array;
    }

    private static async Task CheckRandomAsync(ZarrArray array, byte[] whole, Random random, int rounds)
    {
        for (int round = 0; round < rounds; round++)
        {
            ArraySelection selection = new();
            long[]?[] indices = new long[array.Shape.Count][];
            for (int axis = 0; axis < indices.Length; axis++)
            {
                if (random.Next(3) != 0)
                {
                    long extent = array.Shape[axis];
                    indices[axis] = [.. Enumerable.Range(0, extent == 0 ? 0 : random.Next(8)).Select(_ => random.NextInt64(extent))];
                    selection = selection.Along(axis, indices[axis]);
                }
            }

            await CheckAsync(array, whole, selection, indices);
        }
    }

    private static async Task CheckAsync(ZarrArray array, byte[] whole, ArraySelection selection, long[]?[] indices)
    {
        long[] arrayShape = [.. array.Shape];
        long[] shape = [.. arrayShape.Select((extent, axis) => indices[axis]?.Length ?? extent)];
        int size = array.DataType.Size;
        byte[] read = new byte[Extents.Product(shape) * size];
        await array.ReadSelectionAsync(read, selection);

        byte[] expected = new byte[read.Length];
        long[] strides = Extents.RowMajorStrides(arrayShape, size);
        long[] index = new long[shape.Length];
        for (int position = 0; position < expected.Length; position += size)
        {
            long offset = 0;
            for (int axis = 0; axis < index.Length; axis++)
            {
                offset += (indices[axis]?[index[axis]] ?? index[axis]) * strides[axis];
            }

            whole.AsSpan((int)offset, size).CopyTo(expected.AsSpan(position));
            Extents.Next(index, new long[index.Length], shape);
        }

        Assert.That(read.AsSpan().SequenceEqual(expected), array.MetadataJson.GetRawText());
    }
}

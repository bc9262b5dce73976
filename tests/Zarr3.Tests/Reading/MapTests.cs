using OcdbtSharp.KvStore;
using OcdbtSharp.Ocdbt;
using OcdbtSharp.Testing;
using OcdbtSharp.Zarr3.Tests.Codecs;

namespace OcdbtSharp.Zarr3.Tests.Reading;

/// <summary>Elements that are mapped where they lie in a file.</summary>
[TestFixture]
public sealed class MapTests
{
    private const int Rows = 12;
    private const int Columns = 500;
    private const int RowBytes = Columns * sizeof(float);

    private static readonly byte[] Content = TestBytes.Weights(Rows * Columns, seed: 9);

    private static IEnumerable<TestCaseData> Mapped()
    {
        static TestCaseData Case(string name, ZarrFormat format, long[] chunk, ArrayRegion region, params ZarrCodec[] codecs) =>
            new TestCaseData(format, chunk, region, codecs).SetArgDisplayNames(name);

        yield return Case("version 3", ZarrFormat.V3, [Rows, Columns], default);
        yield return Case("version 2", ZarrFormat.V2, [Rows, Columns], default);
        yield return Case("chunk beyond the array", ZarrFormat.V3, [Rows + 5, Columns], default);
        yield return Case("rows", ZarrFormat.V3, [Rows, Columns], new ArrayRegion([3, 0], [4, Columns]));
        yield return Case("rows of a later chunk", ZarrFormat.V2, [5, Columns], new ArrayRegion([6, 0], [3, Columns]));
        yield return Case("part of a row", ZarrFormat.V3, [Rows, Columns], new ArrayRegion([3, 7], [1, 99]));
        yield return Case("one element", ZarrFormat.V3, [Rows, Columns], new ArrayRegion([3, 7], [1, 1]));
        yield return Case("column of order F", ZarrFormat.V2, [Rows, Columns], new ArrayRegion([0, 7], [Rows, 1]), ZarrCodec.Transpose(1, 0));
        yield return Case("inner chunk", ZarrFormat.V3, [6, Columns], new ArrayRegion([9, 0], [3, Columns]), ZarrCodec.Sharding([3, Columns]));
        yield return Case(
            "rows of a shard in a shard", ZarrFormat.V3, [12, Columns], new ArrayRegion([7, 0], [2, Columns]), ZarrCodec.Sharding([6, Columns], ZarrCodec.Sharding([3, Columns])));
        yield return Case(
            "inner chunk, transposed twice", ZarrFormat.V3, [6, Columns], new ArrayRegion([3, 0], [3, Columns]),
            ZarrCodec.Transpose(1, 0), ZarrCodec.Sharding([Columns, 3], ZarrCodec.Transpose(1, 0)));
        yield return Case("no elements", ZarrFormat.V3, [5, Columns], new ArrayRegion([3, 0], [0, Columns]), ZarrCodec.Zstd());
    }

    private static IEnumerable<TestCaseData> Refused()
    {
        static TestCaseData Case(string reason, ZarrFormat format, long[] chunk, ArrayRegion region, params ZarrCodec[] codecs) =>
            new TestCaseData(reason, format, chunk, region, codecs).SetArgDisplayNames($"{reason}, {format}, {codecs.Length} codecs");

        yield return Case("zstd", ZarrFormat.V3, [Rows, Columns], default, ZarrCodec.Zstd());
        yield return Case("zlib", ZarrFormat.V2, [Rows, Columns], default, ZarrCodec.Of("zlib", """{"level": 1}"""));
        yield return Case("crc32c", ZarrFormat.V3, [Rows, Columns], default, ZarrCodec.Crc32c);
        yield return Case("bytes", ZarrFormat.V3, [Rows, Columns], default, ZarrCodec.Bytes(bigEndian: true));
        yield return Case("one chunk of shape [5, 500]", ZarrFormat.V3, [5, Columns], default);
        yield return Case("one chunk of shape [3, 500]", ZarrFormat.V3, [Rows, Columns], default, ZarrCodec.Sharding([3, Columns]));
        yield return Case("zstd", ZarrFormat.V3, [Rows, Columns], new ArrayRegion([0, 0], [1, Columns]), ZarrCodec.Sharding([3, Columns], ZarrCodec.Zstd()));
        yield return Case("gaps", ZarrFormat.V3, [Rows, Columns], new ArrayRegion([0, 0], [2, 7]));
        yield return Case("order", ZarrFormat.V2, [Rows, Columns], default, ZarrCodec.Transpose(1, 0));
    }

    [TestCaseSource(nameof(Mapped))]
    public async Task Elements_are_those_that_a_read_gives(ZarrFormat format, long[] chunk, ArrayRegion region, ZarrCodec[] codecs)
    {
        using TemporaryFolder folder = new();
        foreach (IKvStore store in await StoresAsync(folder.Path))
        {
            ZarrArray array = await CreateAsync(store, format, chunk, codecs);
            using MappedArray mapped = await array.MapAsync(region);
            Assert.That(mapped.IsMapped);
            await CheckAsync(array, region, mapped);
        }
    }

    [TestCaseSource(nameof(Refused))]
    public async Task What_cannot_be_mapped_is_refused_or_read(string reason, ZarrFormat format, long[] chunk, ArrayRegion region, ZarrCodec[] codecs)
    {
        using TemporaryFolder folder = new();
        foreach (IKvStore store in await StoresAsync(folder.Path))
        {
            ZarrArray array = await CreateAsync(store, format, chunk, codecs);
            NotSupportedException? refusal = await Assert.ThrowsAsync<NotSupportedException>(async () => await array.MapAsync(region));
            Assert.That(refusal!.Message, Does.Contain(reason).And.Contain(folder.Path));
            using MappedArray read = await array.MapOrReadAsync(region);
            Assert.That(read.IsMapped, Is.False);
            await CheckAsync(array, region, read);
        }
    }

    [TestCaseSource(typeof(MapTests), nameof(Golden))]
    public async Task What_others_wrote_is_mapped_or_refused(GoldenCase golden)
    {
        foreach (GoldenArray expected in GoldenArray.Of(golden))
        {
            ZarrArray array = await expected.OpenAsync();
            bool isPlain = array.Metadata is { Codecs.IsRaw: true, Grid: { } grid } && Extents.Product(grid.GridShape) == 1 && array.ByteCount > 0;
            using MappedArray elements = await array.MapOrReadAsync();
            Assert.That(elements.AsSpan<byte>().SequenceEqual(expected.Elements), expected.Path);
            if (!isPlain)
            {
                Assert.That(elements.IsMapped, Is.EqualTo(array.ByteCount == 0), expected.Path);
                continue;
            }

            // One raw chunk may be missing, so small that it lies within a node, or of another order of axes.
            if (!elements.IsMapped)
            {
                NotSupportedException? refusal = await Assert.ThrowsAsync<NotSupportedException>(async () => await array.MapAsync());
                Assert.That(refusal!.Message, Does.Contain("not stored").Or.Contain("small values").Or.Contain("another order"));
            }
        }
    }

    [Test]
    public async Task Missing_chunks_and_stores_without_files_are_refused()
    {
        using TemporaryFolder folder = new();
        ArrayCreateOptions options = new() { Shape = [4, 4], DataType = DataType.Parse("uint8"), FillValue = new byte[] { 5 } };
        ZarrArray empty = await ZarrArray.CreateAsync(new FileKvStore(folder.Path), options);
        await RefusesAsync(empty, "not stored");
        using (MappedArray fill = await empty.MapOrReadAsync())
        {
            Assert.That(fill.AsSpan<byte>().ToArray(), Is.All.EqualTo((byte)5));
        }

        await Assert.ThrowsAsync<StorageException>(async () => await empty.MapOrReadAsync(options: new ArrayReadOptions { MissingChunkIsError = true }));
        foreach (IKvStore store in new[] { new MemoryKvStore(), new MemoryKvStore().WithPrefix("a/") })
        {
            ZarrArray array = await ZarrArray.CreateAsync(store, options);
            await array.WriteAsync(new byte[16]);
            await RefusesAsync(array, "does not lie in a file");
        }
    }

    [Test]
    public async Task Values_of_a_database_lie_anywhere_in_its_files()
    {
        using TemporaryFolder folder = new();
        OcdbtStore database = await OcdbtStore.OpenAsync(new FileKvStore(folder.Path), new OcdbtOptions { Mode = OcdbtOpenMode.CreateNew });
        OcdbtTransaction transaction = database.BeginTransaction();
        await transaction.WriteAsync("a", new byte[1001]);
        await transaction.WriteAsync("b/c/0/0", Content);
        Assert.That(await transaction.CommitAsync());
        ZarrArray array = await ZarrArray.CreateAsync(database.WithPrefix("b/"), Options(ZarrFormat.V3, [Rows, Columns], []));
        using MappedArray mapped = await array.MapAsync();
        await CheckAsync(array, default, mapped);
        Assert.That(mapped.IsAligned(sizeof(float)), Is.False);
        Assert.That(mapped.AsSpan<float>()[Columns], Is.EqualTo(BitConverter.ToSingle(Content, RowBytes)));

        ZarrArray small = await ZarrArray.CreateAsync(database.WithPrefix("s/"), new ArrayCreateOptions { Shape = [4], DataType = DataType.Parse("uint8") });
        await small.WriteAsync(new byte[] { 1, 2, 3, 4 });
        await RefusesAsync(small, "small values");
    }

    [Test]
    public async Task What_is_mapped_stays_when_the_array_is_written_anew_or_deleted()
    {
        using TemporaryFolder folder = new();
        FileKvStore store = new(folder.Path);
        ZarrArray array = await CreateAsync(store, ZarrFormat.V3, [Rows, Columns], []);
        using MappedArray mapped = await array.MapAsync();
        if (!OperatingSystem.IsWindows())
        {
            await array.WriteAsync(new byte[Content.Length]);
            Assert.That(mapped.AsSpan<byte>().SequenceEqual(Content));
            await store.DeleteRangeAsync(KeyRange.All);
            Assert.That(mapped.AsSpan<byte>().SequenceEqual(Content));
        }
    }

    [TestCase(-1)]
    [TestCase(1)]
    [TestCase(-RowBytes)]
    [TestCase(-Rows * RowBytes)]
    public async Task Chunks_of_another_length_are_damaged(int more)
    {
        using TemporaryFolder folder = new();
        ZarrArray array = await CreateAsync(new FileKvStore(folder.Path), ZarrFormat.V3, [Rows, Columns], []);
        using (FileStream file = File.OpenWrite(Path.Combine(folder.Path, "c", "0", "0")))
        {
            file.SetLength(file.Length + more);
        }

        await Assert.ThrowsAsync<CorruptDataException>(async () => await array.MapAsync(new ArrayRegion([0, 0], [1, Columns])));
        await Assert.ThrowsAsync<CorruptDataException>(async () => await array.MapOrReadAsync());
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task Databases_whose_files_are_cut_or_gone_are_damaged(bool isGone)
    {
        using TemporaryFolder folder = new();
        OcdbtStore database = await OcdbtStore.OpenAsync(new FileKvStore(folder.Path), new OcdbtOptions { Mode = OcdbtOpenMode.CreateNew });
        ZarrArray array = await CreateAsync(database.WithPrefix("a/"), ZarrFormat.V3, [Rows, Columns], []);
        foreach (string path in Directory.EnumerateFiles(Path.Combine(folder.Path, "d")).Where(path => new FileInfo(path).Length >= Content.Length))
        {
            if (isGone)
            {
                File.Delete(path);
            }
            else
            {
                using FileStream file = File.OpenWrite(path);
                file.SetLength(Content.Length / 2);
            }
        }

        await Assert.ThrowsAsync<CorruptDataException>(async () => await array.MapAsync());
    }

    [Test]
    public async Task Views_are_of_the_type_of_the_elements_and_within_them_and_end_with_the_mapping()
    {
        using TemporaryFolder folder = new();
        ZarrArray array = await CreateAsync(new FileKvStore(folder.Path), ZarrFormat.V3, [Rows, Columns], []);
        MappedArray mapped = await array.MapAsync();
        Assert.That(mapped.IsAligned(4096), "a file begins at a page");
        Assert.That(mapped.AsReadOnlyTensorSpan<float>()[1, 2], Is.EqualTo(BitConverter.ToSingle(Content, RowBytes + (2 * sizeof(float)))));
        Assert.That(mapped.AsSpan<float>(RowBytes, Columns).SequenceEqual(mapped.AsSpan<float>().Slice(Columns, Columns)));
        Assert.That(() => mapped.AsSpan<int>().Length, Throws.ArgumentException);
        Assert.That(() => mapped.AsSpan<byte>(1, Content.Length).Length, Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => mapped.AsSpan<float>(-4, 1).Length, Throws.InstanceOf<ArgumentOutOfRangeException>());
        await Assert.ThrowsAsync<ArgumentException>(async () => await array.MapAsync(new ArrayRegion([0, 0], [Rows, Columns + 1])));
        mapped.Dispose();
        mapped.Dispose();
        Assert.That(() => mapped.AsSpan<float>().Length, Throws.InstanceOf<ObjectDisposedException>());
        Assert.That(() => mapped.AsReadOnlyTensorSpan<float>().FlattenedLength, Throws.InstanceOf<ObjectDisposedException>());
    }

    [Test]
    public async Task A_single_element_without_axes_is_mapped()
    {
        using TemporaryFolder folder = new();
        ZarrArray array = await ZarrArray.CreateAsync(new FileKvStore(folder.Path), new ArrayCreateOptions { Shape = [], DataType = DataType.Parse("float64") });
        await array.WriteAsync<double>(new double[] { 2.5 });
        using MappedArray mapped = await array.MapAsync();
        Assert.That(mapped.AsSpan<double>().ToArray(), Is.EqualTo(new[] { 2.5 }));
        Assert.That(mapped.AsReadOnlyTensorSpan<double>()[0], Is.EqualTo(2.5));
    }

    private static IEnumerable<TestCaseData> Golden() => GoldenCase.Family("zarr2").Concat(GoldenCase.Family("zarr3"));

    private static async Task RefusesAsync(ZarrArray array, string reason)
    {
        NotSupportedException? refusal = await Assert.ThrowsAsync<NotSupportedException>(async () => await array.MapAsync());
        Assert.That(refusal!.Message, Does.Contain(reason));
    }

    private static async Task CheckAsync(ZarrArray array, ArrayRegion region, MappedArray mapped)
    {
        byte[] expected = new byte[mapped.ByteCount];
        await array.ReadAsync(expected, region);
        Assert.That(mapped.AsSpan<byte>().SequenceEqual(expected));
        Assert.That(mapped.Shape, Is.EqualTo(region.IsWhole ? array.Shape : region.Shape.ToArray()));
    }

    private static ArrayCreateOptions Options(ZarrFormat format, long[] chunk, ZarrCodec[] codecs) => new()
    {
        Format = format,
        Shape = [Rows, Columns],
        ChunkShape = chunk,
        DataType = DataType.Parse("float32"),
        Codecs = codecs,
    };

    private static async Task<ZarrArray> CreateAsync(IKvStore store, ZarrFormat format, long[] chunk, ZarrCodec[] codecs)
    {
        ZarrArray array = await ZarrArray.CreateAsync(store, Options(format, chunk, codecs));
        await array.WriteAsync(Content);
        return array;
    }

    /// <summary>A folder and a database, both of files.</summary>
    private static async Task<IKvStore[]> StoresAsync(string path) =>
    [
        new FileKvStore(Path.Combine(path, "files")),
        (await OcdbtStore.OpenAsync(new FileKvStore(Path.Combine(path, "database")), new OcdbtOptions { Mode = OcdbtOpenMode.CreateNew })).WithPrefix("a/"),
    ];
}

using OcdbtSharp.KvStore;

namespace OcdbtSharp.Zarr3.Tests.Writing;

/// <summary>An array of random shape, chunks, codecs and type in memory, and beside it the elements that it should hold.</summary>
internal sealed class RandomArray
{
    private static readonly string[] Types = ["bool", "int4", "uint8", "int16", "bfloat16", "float32", "int64", "complex64", "complex128"];

    private readonly Random _random;
    private readonly byte[] _model;

    private RandomArray(Random random, MemoryKvStore store, ZarrArray array, ArrayCreateOptions options)
    {
        _random = random;
        Store = store;
        Array = array;
        Options = options;
        _model = new byte[array.ByteCount];
        View(_model, Shape).Fill(array.Metadata.FillValue);
    }

    public MemoryKvStore Store { get; }

    public ZarrArray Array { get; }

    public ArrayCreateOptions Options { get; }

    public byte[] Model => _model;

    private long[] Shape => [.. Array.Shape];

    public static async Task<RandomArray> CreateAsync(int seed)
    {
        Random random = new(seed);
        ArrayCreateOptions options = RandomOptions(random);
        MemoryKvStore store = new();
        return new RandomArray(random, store, await ZarrArray.CreateAsync(store, options), options);
    }

    public ArrayRegion RandomRegion()
    {
        long[] origin = [.. Shape.Select(extent => _random.NextInt64(extent + 1))];
        long[] shape = [.. Shape.Zip(origin, (extent, first) => _random.NextInt64(extent - first + 1))];
        return _random.Next(4) == 0 ? default : new ArrayRegion(origin, shape);
    }

    /// <summary>Elements for a region, one in three times nothing but the fill value.</summary>
    public byte[] RandomElements(ArrayRegion region)
    {
        (_, long[] shape) = region.Resolve(Shape);
        byte[] elements = new byte[Extents.Product(shape) * Array.DataType.Size];
        if (_random.Next(3) == 0)
        {
            View(elements, shape).Fill(Array.Metadata.FillValue);
        }
        else
        {
            // Few values, so that neighbours are alike.
            foreach (ref byte value in elements.AsSpan())
            {
                value = (byte)_random.Next(2);
            }
        }

        return elements;
    }

    public async Task WriteAsync(ArrayRegion region, byte[] elements, bool storeFillValue)
    {
        await Array.WriteAsync(elements, region, new ArrayWriteOptions { StoreFillValue = storeFillValue, DegreeOfParallelism = 2 });
        Note(region, elements);
    }

    /// <summary>Puts elements into the model alone.</summary>
    public void Note(ArrayRegion region, byte[] elements)
    {
        (long[] origin, long[] shape) = region.Resolve(Shape);
        ArrayView source = View(elements, shape);
        StridedCopy.Copy(source.Memory.Span, 0, source.Strides, View(_model, Shape).Slice(origin, shape));
    }

    public async Task CheckAsync()
    {
        byte[] read = new byte[Array.ByteCount];
        await (await ZarrArray.OpenAsync(Store)).ReadAsync(read);
        Assert.That(read.AsSpan().SequenceEqual(_model), Array.MetadataJson.GetRawText());
    }

    private ArrayView View(byte[] elements, long[] shape) => ArrayView.RowMajor(elements, shape, Array.DataType.Size);

    private static ArrayCreateOptions RandomOptions(Random random)
    {
        int rank = random.Next(4);
        DataType type = DataType.Parse(Types[random.Next(Types.Length)]);
        bool isV3 = random.Next(3) != 0;
        long[] inner = [.. Enumerable.Range(0, rank).Select(_ => random.NextInt64(1, 5))];
        long[] chunk = isV3 ? [.. inner.Select(extent => extent * random.NextInt64(1, 4))] : inner;
        byte[] fill = new byte[type.Size];
        fill[0] = (byte)random.Next(2);
        return new ArrayCreateOptions
        {
            Format = isV3 ? ZarrFormat.V3 : ZarrFormat.V2,
            DataType = type,
            Shape = [.. chunk.Select(extent => random.NextInt64(0, 3 * extent))],
            ChunkShape = chunk,
            FillValue = fill,
            Codecs = isV3 ? RandomChain(random, chunk, inner, 0) : RandomV2Codecs(random, rank),
            DimensionSeparator = random.Next(2) == 0 ? '/' : '.',
        };
    }

    private static List<ZarrCodec> RandomV2Codecs(Random random, int rank)
    {
        List<ZarrCodec> codecs = RandomCompressors(random);
        codecs.Insert(0, ZarrCodec.Bytes(random.Next(2) == 0));
        if (random.Next(2) == 0)
        {
            codecs.Insert(0, ZarrCodec.Transpose([.. Enumerable.Range(0, rank).Reverse()]));
        }

        return codecs;
    }

    private static List<ZarrCodec> RandomChain(Random random, long[] chunk, long[] inner, int depth)
    {
        List<ZarrCodec> codecs = [];
        if (random.Next(3) == 0)
        {
            int[] order = [.. Enumerable.Range(0, chunk.Length)];
            random.Shuffle(order);
            codecs.Add(ZarrCodec.Transpose(order));
            chunk = Extents.Permute(chunk, order);
            inner = Extents.Permute(inner, order);
        }

        if (depth < 2 && random.Next(2) == 0)
        {
            // The second level of shards has inner chunks of one element along the first axis.
            long[] next = [.. inner.Select((extent, axis) => axis == 0 ? 1 : extent)];
            codecs.Add(ZarrCodec.Sharding(inner, RandomChain(random, inner, next, depth + 1)));
            if (random.Next(4) != 0)
            {
                return codecs;
            }
        }
        else if (random.Next(2) == 0)
        {
            codecs.Add(ZarrCodec.Bytes(random.Next(2) == 0));
        }

        codecs.AddRange(RandomCompressors(random));
        return codecs;
    }

    private static List<ZarrCodec> RandomCompressors(Random random) => random.Next(5) switch
    {
        0 => [ZarrCodec.Zstd(1)],
        1 => [ZarrCodec.Gzip(1), ZarrCodec.Crc32c],
        2 => [ZarrCodec.Crc32c],
        _ => [],
    };
}

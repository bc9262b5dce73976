using System.Text.Json;
using System.Text.Json.Nodes;
using OcdbtSharp.Zarr3.Codecs;

namespace OcdbtSharp.Zarr3.Tests.Codecs;

/// <summary>A chunk of a random shape and type with a random chain of codecs, the same for the same seed.</summary>
internal sealed class RandomChunk
{
    private static readonly string[] Types = ["bool", "int4", "uint8", "int8", "bfloat16", "uint16", "float32", "int32", "int64", "float64", "complex64", "complex128"];

    private readonly Random _random;

    public RandomChunk(int seed)
    {
        _random = new Random(seed);
        DataType type = DataType.Parse(Pick(Types));
        long[] shape = [.. Enumerable.Range(0, _random.Next(5)).Select(_ => Pick(1L, 2L, 3L, 4L, 6L, 12L))];
        byte[]? fill = _random.Next(2) == 0 ? null : MetadataJson.Simplify(Bytes(type.Size));
        ChunkSpec spec = new(shape, type, fill);
        Json = Chain(spec, depth: 2);
        using JsonDocument document = JsonDocument.Parse(Json.ToJsonString());
        Codecs = CodecRegistry.CreatePipeline(document.RootElement.Clone(), spec);
        Elements = Values(spec);
    }

    /// <summary>The list of codecs.</summary>
    public JsonArray Json { get; }

    public CodecPipeline Codecs { get; }

    /// <summary>The elements in C order: noise, repetitions, and stretches of the fill value.</summary>
    public byte[] Elements { get; }

    public ArrayView View => ArrayView.RowMajor(Elements, Codecs.Spec.Shape, Codecs.Spec.DataType.Size);

    /// <summary>The same elements with gaps between them and the axes in another order in memory.</summary>
    public ArrayView Scattered()
    {
        long[] shape = Codecs.Spec.Shape;
        int[] order = Permutation(shape.Length);
        int[] back = [.. Enumerable.Range(0, shape.Length).OrderBy(axis => order[axis])];
        long[] outer = [.. order.Select(axis => shape[axis] + _random.Next(3))];
        byte[] memory = Bytes(checked((int)(Extents.Product(outer) * Codecs.Spec.DataType.Size)));
        ArrayView view = ArrayView.RowMajor(memory, outer, Codecs.Spec.DataType.Size)
            .Slice([.. order.Select((axis, i) => _random.NextInt64(outer[i] - shape[axis] + 1))], [.. order.Select(axis => shape[axis])]).Permute(back);
        StridedCopy.Copy(Elements.AsSpan(), 0, Extents.RowMajorStrides(shape, view.ElementSize), view);
        return view;
    }

    /// <summary>A box within the chunk.</summary>
    public (long[] Origin, long[] Shape) Box()
    {
        long[] origin = [.. Codecs.Spec.Shape.Select(extent => _random.NextInt64(extent + 1))];
        return (origin, [.. Codecs.Spec.Shape.Zip(origin, (extent, first) => _random.NextInt64(extent - first + 1))]);
    }

    public override string ToString() => $"{Codecs.Spec.DataType} {Extents.Format(Codecs.Spec.Shape)} {Json.ToJsonString()}";

    private static JsonObject Codec(string name, JsonObject? configuration = null) =>
        configuration is null ? new JsonObject { ["name"] = name } : new JsonObject { ["name"] = name, ["configuration"] = configuration };

    private JsonArray Chain(ChunkSpec spec, int depth)
    {
        JsonArray chain = [];
        for (int count = _random.Next(3); count > 0; count--)
        {
            JsonObject codec = ArrayCodec(spec);
            chain.Add((JsonNode)codec);
            using JsonDocument one = JsonDocument.Parse($"[{codec.ToJsonString()}, {{\"name\": \"bytes\", \"configuration\": {{\"endian\": \"little\"}}}}]");
            spec = ((ArrayToArrayCodec)CodecRegistry.CreatePipeline(one.RootElement.Clone(), spec).Codecs[0]).Resolve(spec);
        }

        chain.Add((JsonNode)(depth > 0 && spec.Shape.Length > 0 && _random.Next(2) == 0 ? Sharding(spec, depth) : BytesCodec()));
        for (int count = _random.Next(3); count > 0; count--)
        {
            chain.Add((JsonNode)BytesToBytes());
        }

        return chain;
    }

    private JsonObject ArrayCodec(ChunkSpec spec)
    {
        if (spec.DataType.Kind == DataTypeKind.Boolean && _random.Next(2) == 0)
        {
            return Codec("numcodecs.packbits");
        }

        return spec.DataType.Name is "int32" or "uint8" or "int64" && _random.Next(2) == 0
            ? Codec("numcodecs.delta", new JsonObject { ["dtype"] = spec.DataType.Name, ["astype"] = Pick("int64", spec.DataType.Name) })
            : Codec("transpose", new JsonObject { ["order"] = new JsonArray([.. Permutation(spec.Shape.Length).Select(axis => (JsonNode)axis)]) });
    }

    private JsonObject Sharding(ChunkSpec spec, int depth)
    {
        long[] inner = [.. spec.Shape.Select(extent => Pick([.. Enumerable.Range(1, (int)extent).Where(divisor => extent % divisor == 0).Select(divisor => (long)divisor)]))];
        JsonObject configuration = new()
        {
            ["chunk_shape"] = new JsonArray([.. inner.Select(extent => (JsonNode)extent)]),
            ["codecs"] = Chain(spec with { Shape = inner }, depth - 1),
            ["index_codecs"] = _random.Next(2) == 0 ? new JsonArray(BytesCodec(), Codec("crc32c")) : new JsonArray(BytesCodec()),
        };
        if (_random.Next(2) == 0)
        {
            configuration["index_location"] = "start";
        }

        return Codec("sharding_indexed", configuration);
    }

    private JsonObject BytesCodec() => Codec("bytes", new JsonObject { ["endian"] = Pick("little", "big") });

    private JsonObject BytesToBytes() => _random.Next(8) switch
    {
        0 => Codec("gzip", new JsonObject { ["level"] = _random.Next(10) }),
        1 => Codec("zstd", new JsonObject { ["level"] = _random.Next(-3, 6), ["checksum"] = _random.Next(2) == 0 }),
        2 => Codec("blosc", new JsonObject
        {
            ["cname"] = Pick("lz4", "lz4hc", "blosclz", "zlib", "zstd", "snappy"),
            ["clevel"] = _random.Next(8),
            ["shuffle"] = Pick("noshuffle", "shuffle", "bitshuffle"),
            ["typesize"] = Pick(1, 2, 4, 8),
            ["blocksize"] = Pick(0, 256),
        }),
        3 => Codec("crc32c"),
        4 => Codec(Pick("numcodecs.adler32", "numcodecs.crc32", "numcodecs.fletcher32")),
        5 => Codec("numcodecs.shuffle", new JsonObject { ["elementsize"] = 1 }),
        6 => Codec("numcodecs.lz4", new JsonObject { ["acceleration"] = 1 }),
        _ => Codec("numcodecs.bz2", new JsonObject { ["level"] = 1 }),
    };

    private byte[] Values(ChunkSpec spec)
    {
        int size = spec.DataType.Size;
        byte[] elements = new byte[spec.ByteCount];
        byte[] value = spec.FillValue ?? new byte[size];
        for (int start = 0; start < elements.Length; start += size)
        {
            if (_random.Next(20) == 0)
            {
                value = _random.Next(2) == 0 ? spec.FillValue ?? new byte[size] : Bytes(size);
            }

            value.CopyTo(elements, start);
        }

        if (spec.DataType.Kind == DataTypeKind.Boolean)
        {
            foreach (ref byte flag in elements.AsSpan())
            {
                flag &= 1;
            }
        }

        return elements;
    }

    private byte[] Bytes(int count)
    {
        byte[] bytes = new byte[count];
        _random.NextBytes(bytes);
        return bytes;
    }

    private int[] Permutation(int rank)
    {
        int[] order = [.. Enumerable.Range(0, rank)];
        _random.Shuffle(order);
        return order;
    }

    private T Pick<T>(params T[] values) => values[_random.Next(values.Length)];
}

using System.Collections.Frozen;
using System.Text.Json;
using OcdbtSharp.KvStore;

namespace OcdbtSharp.Zarr3.Codecs;

/// <summary>
/// The visible table of all codecs: the names of version 3 and the ids of version 2, with what makes each.
/// A new codec is a class and a line here.
/// </summary>
internal static class CodecRegistry
{
    private const int MinZstdLevel = -131072;
    private const int MaxZstdLevel = 22;

    private delegate Codec Version3Factory(CodecOptions options, ChunkSpec chunk);

    private delegate BytesToBytesCodec Version2Factory(CodecOptions options, DataType dataType);

    private static readonly FrozenDictionary<string, Version3Factory> Version3 = new Dictionary<string, Version3Factory>
    {
        ["bytes"] = Bytes,
        ["endian"] = Bytes, // its name before the specification was final
        ["transpose"] = Transpose,
        ["sharding_indexed"] = Sharding,
        ["zstd"] = (options, _) => Zstd(options, 3),
        ["gzip"] = (options, _) => Deflated(options, DeflateFormat.Gzip, 6),
        ["zlib"] = (options, _) => Deflated(options, DeflateFormat.Zlib, 6),
        ["blosc"] = Blosc,
        ["crc32c"] = (_, _) => Crc32cCodec.Instance,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    private static readonly FrozenDictionary<string, Version2Factory> Version2 = new Dictionary<string, Version2Factory>
    {
        ["zstd"] = (options, _) => Zstd(options, 1),
        ["gzip"] = (options, _) => Deflated(options, DeflateFormat.Gzip, 1),
        ["zlib"] = (options, _) => Deflated(options, DeflateFormat.Zlib, 1),
        ["blosc"] = Blosc,
        ["crc32c"] = (_, _) => Crc32cCodec.Instance,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Makes the codecs that a list of version 3 names, for a chunk.</summary>
    public static CodecPipeline CreatePipeline(JsonElement codecs, ChunkSpec chunk)
    {
        if (codecs.ValueKind != JsonValueKind.Array || codecs.GetArrayLength() == 0)
        {
            throw new CorruptDataException($"\"codecs\" is {codecs.GetRawText()}, expected a list of at least one codec");
        }

        List<Codec> list = [];
        ChunkSpec current = chunk;
        foreach (JsonElement element in codecs.EnumerateArray())
        {
            Codec codec = Create(element, current);
            list.Add(codec);
            if (codec is ArrayToArrayCodec arrayCodec)
            {
                current = arrayCodec.Resolve(current);
            }
        }

        return new CodecPipeline(chunk, list);
    }

    /// <summary>Makes a codec of version 3, which is an object or only a name.</summary>
    private static Codec Create(JsonElement element, ChunkSpec chunk)
    {
        (string? name, JsonElement configuration) = V3.NamedConfiguration.Read(element, "codec");
        if (!Version3.TryGetValue(name, out Version3Factory? factory))
        {
            throw new UnsupportedFormatException($"codec \"{name}\" is not known; known are {Known(Version3.Keys)}");
        }

        CodecOptions options = new(name, configuration);
        Codec codec = factory(options, chunk);
        options.EnsureAllRead();
        return codec;
    }

    /// <summary>Makes a compressor or filter of version 2.</summary>
    public static BytesToBytesCodec Create(JsonElement element, DataType dataType)
    {
        if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty("id", out JsonElement id) || id.ValueKind != JsonValueKind.String)
        {
            throw new CorruptDataException($"a compressor or filter is {element.GetRawText()}, expected an object with an \"id\"");
        }

        string name = id.GetString()!;
        if (!Version2.TryGetValue(name, out Version2Factory? factory))
        {
            throw new UnsupportedFormatException($"codec \"{name}\" is not known; known are {Known(Version2.Keys)}");
        }

        CodecOptions options = new(name, element);
        options.TryGet("id");
        BytesToBytesCodec codec = factory(options, dataType);
        options.EnsureAllRead();
        return codec;
    }

    private static string Known(IEnumerable<string> names) => string.Join(", ", names.Order(StringComparer.Ordinal));

    private static BytesCodec Bytes(CodecOptions options, ChunkSpec chunk)
    {
        bool hasOrder = chunk.DataType.ComponentSize > 1;
        string endian = options.GetString("endian", hasOrder ? null : "little");
        if (endian is not ("little" or "big"))
        {
            throw options.Bad("endian", options.TryGet("endian"), "\"little\" or \"big\"");
        }

        string? spelled = hasOrder || options.TryGet("endian") is not null ? endian : null;
        return new BytesCodec(chunk, ByteOrder.Of(chunk.DataType, endian == "big"), spelled);
    }

    private static TransposeCodec Transpose(CodecOptions options, ChunkSpec chunk)
    {
        int rank = chunk.Shape.Length;
        JsonElement? element = options.TryGet("order");
        int[] order = element switch
        {
            // Two letters of an earlier draft, which are still found.
            { ValueKind: JsonValueKind.String } text when text.ValueEquals("C") => [.. Enumerable.Range(0, rank)],
            { ValueKind: JsonValueKind.String } text when text.ValueEquals("F") => [.. Enumerable.Range(0, rank).Reverse()],
            { ValueKind: JsonValueKind.Array } list => [.. list.EnumerateArray().Select(item => item.TryGetInt32(out int axis) ? axis : -1)],
            _ => [-1],
        };
        return order.Order().SequenceEqual(Enumerable.Range(0, rank))
            ? new TransposeCodec(order)
            : throw options.Bad("order", element, $"a permutation of the axes 0 to {rank - 1}");
    }

    private static ShardingIndexedCodec Sharding(CodecOptions options, ChunkSpec chunk)
    {
        JsonElement? element = options.TryGet("chunk_shape");
        long[] inner = element is { ValueKind: JsonValueKind.Array } list
            ? [.. list.EnumerateArray().Select(item => item.ValueKind == JsonValueKind.Number && item.TryGetInt64(out long extent) ? extent : -1)]
            : [-1];
        if (inner.Length != chunk.Shape.Length || inner.Where((extent, axis) => extent <= 0 || chunk.Shape[axis] % extent != 0).Any())
        {
            throw options.Bad("chunk_shape", element, $"for each axis a divisor of the chunk's extents {Extents.Format(chunk.Shape)}");
        }

        string location = options.GetString("index_location", "end");
        if (location is not ("start" or "end"))
        {
            throw options.Bad("index_location", options.TryGet("index_location"), "\"start\" or \"end\"");
        }

        ChunkSpec innerSpec = chunk with { Shape = inner };
        long[] indexShape = [.. chunk.Shape.Zip(inner, (outer, extent) => outer / extent), 2];
        ChunkSpec indexSpec = new(indexShape, DataType.Parse("uint64"), null);
        if (indexSpec.ByteCount > FormatLimits.MaxShardIndexBytes)
        {
            throw new UnsupportedFormatException(
                $"codec {options.Codec}: a shard of {indexSpec.Count / 2} inner chunks has an index of more than {FormatLimits.MaxShardIndexBytes} bytes");
        }

        CodecPipeline innerCodecs = options.TryGet("codecs") is { } codecs
            ? CreatePipeline(codecs, innerSpec)
            : throw options.Bad("codecs", null, "a list of codecs");
        CodecPipeline indexCodecs = options.TryGet("index_codecs") is { } named
            ? CreatePipeline(named, indexSpec)
            : new CodecPipeline(indexSpec, [new BytesCodec(indexSpec, ByteOrder.Of(indexSpec.DataType, false), "little"), Crc32cCodec.Instance]);
        return indexCodecs.EncodedLength is not null
            ? new ShardingIndexedCodec(chunk, innerCodecs, indexCodecs, location == "start")
            : throw new UnsupportedFormatException($"codec {options.Codec}: the index codecs must give the same number of bytes for every index");
    }

    private static BloscCodec Blosc(CodecOptions options, ChunkSpec chunk)
    {
        (BloscCompressor compressor, int level, int blockSize) = BloscBasics(options);
        bool fits = chunk.DataType.Size <= BloscOptions.MaxTypeSize;
        int typeSize = options.GetInt32("typesize", fits ? chunk.DataType.Size : 1, 1, BloscOptions.MaxTypeSize);
        string shuffle = options.GetString("shuffle", BloscOptions.ShuffleNames[(int)(fits ? AutoShuffle(typeSize) : BloscShuffle.None)]);
        int number = Array.IndexOf(BloscOptions.ShuffleNames, shuffle);
        return number >= 0
            ? new BloscCodec(options.Codec, new BloscOptions(compressor, level, (BloscShuffle)number, typeSize, blockSize), null)
            : throw options.Bad("shuffle", options.TryGet("shuffle"), $"one of {string.Join(", ", BloscOptions.ShuffleNames)}");
    }

    private static BloscCodec Blosc(CodecOptions options, DataType dataType)
    {
        (BloscCompressor compressor, int level, int blockSize) = BloscBasics(options);
        int size = options.GetInt32("typesize", dataType.Size, 1, int.MaxValue);
        int shuffle = options.GetInt32("shuffle", BloscCodec.AutoShuffle, BloscCodec.AutoShuffle, (int)BloscShuffle.Bit);

        // c-blosc takes elements that are too long for it as bytes.
        int typeSize = size <= BloscOptions.MaxTypeSize ? size : 1;
        BloscShuffle chosen = shuffle == BloscCodec.AutoShuffle ? AutoShuffle(size) : (BloscShuffle)shuffle;
        return new BloscCodec(options.Codec, new BloscOptions(compressor, level, chosen, typeSize, blockSize), shuffle);
    }

    private static (BloscCompressor Compressor, int Level, int BlockSize) BloscBasics(CodecOptions options)
    {
        int compressor = Array.IndexOf(BloscOptions.CompressorNames, options.GetString("cname", "lz4"));
        return compressor >= 0
            ? ((BloscCompressor)compressor, options.GetInt32("clevel", 5, 0, BloscOptions.MaxLevel), options.GetInt32("blocksize", 0, 0, BloscHeader.MaxBlockSize))
            : throw options.Bad("cname", options.TryGet("cname"), $"one of {string.Join(", ", BloscOptions.CompressorNames)}");
    }

    private static BloscShuffle AutoShuffle(int typeSize) => typeSize == 1 ? BloscShuffle.Bit : BloscShuffle.Byte;

    private static ZstdCodec Zstd(CodecOptions options, int defaultLevel) =>
        new(options.GetInt32("level", defaultLevel, MinZstdLevel, MaxZstdLevel), options.GetBoolean("checksum", false));

    private static DeflateCodec Deflated(CodecOptions options, DeflateFormat format, int defaultLevel) =>
        new(options.Codec, format, options.GetInt32("level", defaultLevel, -1, 9));
}

using System.Collections.Frozen;
using System.Text.Json;
using OcdbtSharp.KvStore;

namespace OcdbtSharp.Zarr3.Codecs;

/// <summary>
/// The visible table of all codecs: the names of version 3 and the ids of version 2, with what makes each.
/// A new codec is a class and a line here.
/// </summary>
internal static partial class CodecRegistry
{
    /// <summary>What numcodecs' filters and compressors are called in version 3 begins with this.</summary>
    public const string NumcodecsPrefix = "numcodecs.";

    private const int MinZstdLevel = -131072;
    private const int MaxZstdLevel = 22;

    private delegate Codec Version3Factory(CodecOptions options, ChunkSpec chunk);

    // The size is that of what the bytes before the codec consist of.
    private delegate BytesToBytesCodec Version2Factory(CodecOptions options, int itemSize);

    private delegate ElementFilter FilterFactory(CodecOptions options, DataType? elements);

    private static readonly FrozenDictionary<string, FilterFactory> Filters = new Dictionary<string, FilterFactory>
    {
        ["delta"] = Delta,
        ["fixedscaleoffset"] = FixedScaleOffset,
        ["packbits"] = (options, _) => new PackBitsFilter(options.Codec),
    }.ToFrozenDictionary(StringComparer.Ordinal);

    private static readonly FrozenDictionary<string, Version2Factory> Version2 = new Dictionary<string, Version2Factory>
    {
        ["blosc"] = Blosc,
        ["bz2"] = (options, _) => new Bz2Codec(options.Codec, options.GetInt32("level", 1, 1, 9)),
        ["gzip"] = (options, _) => Deflated(options, DeflateFormat.Gzip, 1),
        ["lz4"] = (options, _) => new Lz4Codec(options.Codec, options.GetInt32("acceleration", 1, int.MinValue, int.MaxValue)),
        ["zlib"] = (options, _) => Deflated(options, DeflateFormat.Zlib, 1),
        ["zstd"] = (options, _) => Zstd(options, 1),
        ["shuffle"] = (options, _) => Shuffle(options, 4),
        ["adler32"] = (options, _) => new ChecksumCodec(options.Codec, Checksum.Adler32, Location(options)),
        ["crc32"] = (options, _) => new ChecksumCodec(options.Codec, Checksum.Crc32, Location(options)),
        ["crc32c"] = (options, _) => new ChecksumCodec(options.Codec, Checksum.Crc32C, Location(options)),
        ["fletcher32"] = (options, _) => new ChecksumCodec(options.Codec, Checksum.Fletcher32),
    }.ToFrozenDictionary(StringComparer.Ordinal);

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
        ["crc32c"] = (_, _) => ChecksumCodec.Crc32C,
        [NumcodecsPrefix + "shuffle"] = (options, chunk) => Shuffle(options, chunk.DataType.Size),
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Whether a codec of version 3 goes from elements to elements.</summary>
    public static bool IsArrayToArray(string name) =>
        name == "transpose" || (name.StartsWith(NumcodecsPrefix, StringComparison.Ordinal) && Filters.ContainsKey(name[NumcodecsPrefix.Length..]));

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

    /// <summary>
    /// Makes a codec of version 3, which is an object or only a name. One that is not known is refused even where it says that it need not be understood, as TensorStore
    /// and zarr-python do: what it did to the bytes is not known either.
    /// </summary>
    private static Codec Create(JsonElement element, ChunkSpec chunk)
    {
        (string? name, JsonElement configuration) = V3.NamedConfiguration.Read(element, "codec");
        if (Find(name) is not { } factory)
        {
            throw new UnsupportedFormatException($"codec \"{name}\" is not known; known are {Known(Version3.Keys.Concat(Numcodecs))}");
        }

        CodecOptions options = new(name, configuration);
        Codec codec = factory(options, chunk);
        options.EnsureAllRead();
        return codec;
    }

    /// <summary>The names in version 3 of what version 2 has.</summary>
    private static IEnumerable<string> Numcodecs => Version2.Keys.Concat(Filters.Keys).Select(name => NumcodecsPrefix + name);

    private static Version3Factory? Find(string name)
    {
        if (Version3.TryGetValue(name, out Version3Factory? factory))
        {
            return factory;
        }

        string? id = name.StartsWith(NumcodecsPrefix, StringComparison.Ordinal) ? name[NumcodecsPrefix.Length..] : null;
        return id is null ? null
            : Filters.TryGetValue(id, out FilterFactory? filter) ? (options, chunk) => new ElementsFilterCodec(filter(options, chunk.DataType))
            : Version2.TryGetValue(id, out Version2Factory? version2) ? (options, chunk) => version2(options, chunk.DataType.Size)
            : null;
    }

    /// <summary>Makes the filters and the compressor of version 2, in this order.</summary>
    /// <param name="elements">Their objects.</param>
    /// <param name="dataType">The elements before the first.</param>
    public static IEnumerable<BytesToBytesCodec> CreateBytesCodecs(IEnumerable<JsonElement> elements, DataType dataType)
    {
        int itemSize = dataType.Size;
        foreach (JsonElement element in elements)
        {
            BytesToBytesCodec codec = Create(element, itemSize);
            itemSize = codec.ItemSize;
            yield return codec;
        }
    }

    private static BytesToBytesCodec Create(JsonElement element, int itemSize)
    {
        if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty("id", out JsonElement id) || id.ValueKind != JsonValueKind.String)
        {
            throw new CorruptDataException($"a compressor or filter is {element.GetRawText()}, expected an object with an \"id\"");
        }

        string name = id.GetString()!;
        CodecOptions options = new(name, element);
        options.TryGet("id");
        BytesToBytesCodec codec = Filters.TryGetValue(name, out FilterFactory? filter) ? new BytesFilterCodec(filter(options, null))
            : Version2.TryGetValue(name, out Version2Factory? factory) ? factory(options, itemSize)
            : throw new UnsupportedFormatException($"codec \"{name}\" is not known; known are {Known(Version2.Keys.Concat(Filters.Keys))}");
        options.EnsureAllRead();
        return codec;
    }

    private static string Known(IEnumerable<string> names) => string.Join(", ", names.Distinct().Order(StringComparer.Ordinal));

    private static BytesCodec Bytes(CodecOptions options, ChunkSpec chunk)
    {
        bool hasOrder = chunk.DataType.ComponentSize > 1;

        // TensorStore wants it said where elements have an order; zarr-python leaves it out behind filters, and takes such files.
        string endian = options.GetString("endian", "little");
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
            { ValueKind: JsonValueKind.Array } list => [.. list.EnumerateArray().Select(item => item.ValueKind == JsonValueKind.Number && item.TryGetInt32(out int axis) ? axis : -1)],
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
            : new CodecPipeline(indexSpec, [new BytesCodec(indexSpec, ByteOrder.Of(indexSpec.DataType, false), "little"), ChecksumCodec.Crc32C]);
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

    private static BloscCodec Blosc(CodecOptions options, int itemSize)
    {
        (BloscCompressor compressor, int level, int blockSize) = BloscBasics(options);
        int size = options.GetInt32("typesize", itemSize, 1, int.MaxValue);
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
        new(options.Codec, options.GetInt32("level", defaultLevel, MinZstdLevel, MaxZstdLevel), options.GetBoolean("checksum", false));

    private static DeflateCodec Deflated(CodecOptions options, DeflateFormat format, int defaultLevel) =>
        new(options.Codec, format, options.GetInt32("level", defaultLevel, -1, 9));
}

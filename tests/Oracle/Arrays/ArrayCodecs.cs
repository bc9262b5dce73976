using System.Text.Json.Nodes;

namespace OcdbtSharp.Oracle.Tests;

/// <summary>Random codecs of an array.</summary>
/// <param name="random">The source.</param>
/// <param name="element">The type of the elements.</param>
internal sealed class ArrayCodecs(Random random, ArrayElement element)
{
    private const int MaxDepth = 2;
    private static readonly string[] BloscCompressors = ["blosclz", "lz4", "lz4hc", "zlib", "zstd", "snappy"];
    private static readonly string[] BloscShuffles = ["noshuffle", "shuffle", "bitshuffle"];
    private static readonly string[] Checksums = ["crc32", "crc32c", "adler32", "fletcher32"];

    // Bytes of an element behind the filters.
    private int _size = element.Size;

    // One array in four has what only numcodecs has.
    private readonly bool _numcodecs = random.Next(4) == 0;

    /// <summary>Whether a filter keeps only small whole numbers.</summary>
    public bool IsSmall { get; private set; }

    /// <summary>Filters and compressor of version 2.</summary>
    public (JsonNode? Filters, JsonNode? Compressor) V2(JsonNode dtype)
    {
        JsonArray filters = [];
        if (_numcodecs && element.IsNumpy && Filter(dtype.GetValue<string>()) is var (name, options))
        {
            filters.Add((JsonNode)With("id", name, options));
            _size = name == "packbits" ? 1 : options.ContainsKey("astype") ? 4 : _size;
        }

        if (_numcodecs && random.Next(2) == 0)
        {
            filters.Add((JsonNode)With("id", "shuffle", new JsonObject { ["elementsize"] = _size }));
        }

        if (_numcodecs && random.Next(2) == 0)
        {
            filters.Add((JsonNode)With("id", Checksums[random.Next(Checksums.Length)], []));
        }

        JsonNode? compressor = random.Next(7) switch
        {
            0 => null,
            1 => With("id", "zstd", new JsonObject { ["level"] = random.Next(-3, 12) }),
            2 => With("id", "gzip", new JsonObject { ["level"] = random.Next(10) }),
            3 => With("id", "zlib", new JsonObject { ["level"] = random.Next(10) }),
            4 => With("id", "bz2", new JsonObject { ["level"] = random.Next(1, 10) }),
            5 when _numcodecs => random.Next(3) == 0
                ? JsonNode.Parse("{\"id\":\"lzma\",\"format\":1,\"check\":-1,\"preset\":null,\"filters\":null}")
                : With("id", "lz4", new JsonObject { ["acceleration"] = random.Next(1, 10) }),
            _ => With("id", "blosc", new JsonObject
            {
                ["cname"] = BloscCompressors[random.Next(BloscCompressors.Length)],
                ["clevel"] = random.Next(10),
                ["shuffle"] = random.Next(-1, 3),
                ["blocksize"] = random.Next(3) == 0 ? 128 << random.Next(4) : 0,
            }),
        };
        return (filters.Count > 0 ? filters : random.Next(5) == 0 ? new JsonArray() : null, compressor);
    }

    /// <summary>The list of version 3.</summary>
    /// <param name="chunk">The extents of the innermost chunks; becomes those of what is stored under a key.</param>
    public JsonArray V3(ref long[] chunk)
    {
        JsonArray codecs = [];
        bool isFiltered = false;
        if (_numcodecs && element.IsNumpy && Filter("<" + element.V2![2..^1]) is var (name, options))
        {
            codecs.Add((JsonNode)Named("numcodecs." + name, options));
            isFiltered = true;
            _size = options.ContainsKey("astype") ? 4 : _size;
            if (name == "packbits")
            {
                // What comes behind it has one axis.
                codecs.Add((JsonNode)Bytes(1));
                return codecs;
            }
        }

        return Chain(ref chunk, codecs, isFiltered ? MaxDepth : 0);
    }

    private JsonArray Chain(ref long[] chunk, JsonArray codecs, int depth)
    {
        // Behind transposes the innermost extents are those of the transposed chunk, which any extents are.
        int[]? order = random.Next(3) == 0 ? [.. Enumerable.Range(0, chunk.Length)] : null;
        if (order is not null)
        {
            random.Shuffle(order);
            codecs.Add((JsonNode)Named("transpose", new JsonObject { ["order"] = ArrayCases.Numbers(order.Select(axis => (long)axis)) }));
        }

        if (depth < MaxDepth && random.Next(3) == 0)
        {
            JsonArray inner = Chain(ref chunk, [], depth + 1);
            JsonObject sharding = new() { ["chunk_shape"] = ArrayCases.Numbers(chunk), ["codecs"] = inner };
            JsonArray index = [Bytes(8)];
            if (random.Next(3) > 0)
            {
                index.Add((JsonNode)new JsonObject { ["name"] = "crc32c" });
            }

            sharding["index_codecs"] = index;
            if (random.Next(3) > 0)
            {
                sharding["index_location"] = random.Next(2) == 0 ? "start" : "end";
            }

            int limit = chunk.Length > 3 ? 3 : 5;
            chunk = [.. chunk.Select(extent => extent * random.Next(1, limit))];
            codecs.Add((JsonNode)Named("sharding_indexed", sharding));
            if (random.Next(8) > 0)
            {
                return Untransposed(ref chunk, order, codecs);
            }
        }
        else
        {
            codecs.Add((JsonNode)Bytes(_size));
        }

        AddCompressors(codecs, isElements: codecs[^1]!["name"]!.GetValue<string>() == "bytes");
        return Untransposed(ref chunk, order, codecs);
    }

    private static JsonArray Untransposed(ref long[] chunk, int[]? order, JsonArray codecs)
    {
        if (order is not null)
        {
            long[] extents = new long[order.Length];
            for (int axis = 0; axis < order.Length; axis++)
            {
                extents[order[axis]] = chunk[axis];
            }

            chunk = extents;
        }

        return codecs;
    }

    private void AddCompressors(JsonArray codecs, bool isElements)
    {
        if (_numcodecs && isElements && random.Next(3) == 0)
        {
            codecs.Add((JsonNode)Named("numcodecs.shuffle", new JsonObject { ["elementsize"] = _size }));
        }

        switch (random.Next(6))
        {
            case 0 or 1:
                break;
            case 2:
                codecs.Add((JsonNode)Named("zstd", new JsonObject { ["level"] = random.Next(-5, 12), ["checksum"] = random.Next(2) == 0 }));
                break;
            case 3:
                codecs.Add((JsonNode)Named("gzip", new JsonObject { ["level"] = random.Next(10) }));
                break;
            case 4 when _numcodecs:
                codecs.Add((JsonNode)(random.Next(6) switch
                {
                    0 => Named("numcodecs.bz2", new JsonObject { ["level"] = random.Next(1, 10) }),
                    1 => Named("numcodecs.lz4", new JsonObject { ["acceleration"] = random.Next(1, 10) }),
                    2 => Named("numcodecs.zlib", new JsonObject { ["level"] = random.Next(10) }),
                    3 => Named("numcodecs.lzma", new JsonObject { ["preset"] = random.Next(6) }),
                    4 => Named("numcodecs.zstd", new JsonObject { ["level"] = random.Next(1, 10) }),
                    _ => Named("numcodecs.gzip", new JsonObject { ["level"] = random.Next(10) }),
                }));
                break;
            default:
                codecs.Add((JsonNode)Named("blosc", new JsonObject
                {
                    ["cname"] = BloscCompressors[random.Next(BloscCompressors.Length)],
                    ["clevel"] = random.Next(10),
                    ["shuffle"] = BloscShuffles[random.Next(BloscShuffles.Length)],
                    ["typesize"] = random.Next(4) == 0 ? random.Next(1, 20) : element.Size,
                    ["blocksize"] = random.Next(3) == 0 ? 128 << random.Next(4) : 0,
                }));
                break;
        }

        if (random.Next(4) == 0)
        {
            codecs.Add((JsonNode)(_numcodecs
                ? Named("numcodecs." + Checksums[random.Next(Checksums.Length)], [])
                : new JsonObject { ["name"] = "crc32c" }));
        }
    }

    private (string Name, JsonObject Options)? Filter(string dtype)
    {
        switch (random.Next(5))
        {
            case 0 when element.Name == "bool":
                return ("packbits", []);
            case 1 or 2 when element.IsInteger || (element.IsFloat && element.Bits > 8):
                IsSmall = element.IsFloat;
                return ("delta", new JsonObject { ["dtype"] = dtype });
            case 3 when (element.IsInteger && element.Size > 1) || (element.IsFloat && element.Bits > 8):
                IsSmall = true;
                return ("fixedscaleoffset", new JsonObject { ["offset"] = random.Next(2) * 10, ["scale"] = 1, ["dtype"] = dtype, ["astype"] = "<i4" });
            default:
                return null;
        }
    }

    private JsonObject Bytes(int size) => size == 1 || element is { Name: "V3" } && size == 3
        ? new JsonObject { ["name"] = "bytes" }
        : Named("bytes", new JsonObject { ["endian"] = random.Next(3) == 0 ? "big" : "little" });

    private static JsonObject Named(string name, JsonObject configuration) => new() { ["name"] = name, ["configuration"] = configuration };

    private static JsonObject With(string member, string name, JsonObject options)
    {
        JsonObject json = new() { [member] = name };
        foreach ((string key, JsonNode? value) in options)
        {
            json[key] = value?.DeepClone();
        }

        return json;
    }
}

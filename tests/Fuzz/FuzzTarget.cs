using System.Text;
using System.Text.Json;
using OcdbtSharp.KvStore;
using OcdbtSharp.Zarr3;
using OcdbtSharp.Zarr3.Codecs;

namespace OcdbtSharp.Fuzz;

/// <summary>Something that reads bytes of anyone, and bytes that it reads without an error to begin with.</summary>
/// <param name="Name">Its name on the command line.</param>
/// <param name="Read">Reads; throws nothing but the errors of bad data.</param>
/// <param name="Seeds">What is good.</param>
internal sealed record FuzzTarget(string Name, Action<byte[]> Read, IReadOnlyList<byte[]> Seeds)
{
    private const int Limit = 1 << 20;

    private const string Little = """{"name": "bytes", "configuration": {"endian": "little"}}""";

    private static readonly string[] Metadata2 =
    [
        """{"chunks":[16,20],"compressor":{"blocksize":0,"clevel":5,"cname":"lz4","id":"blosc","shuffle":-1},"dimension_separator":".","dtype":"<i4","fill_value":null,"filters":null,"order":"C","shape":[40,33],"zarr_format":2}""",
        """{"chunks":[2],"compressor":null,"dtype":[["x","<i2"],["y",">f4",[2]],["z","|u1"]],"fill_value":"AAAAAAAAAAAAAAA=","filters":[{"id":"delta","dtype":"|u1","astype":"|u1"},{"id":"shuffle","elementsize":11}],"order":"F","shape":[5],"zarr_format":2}""",
        """{"chunks":[3,4],"compressor":{"id":"bz2","level":9},"dtype":"bfloat16","fill_value":"NaN","filters":[{"id":"fixedscaleoffset","scale":10,"offset":1.5,"dtype":"<f8","astype":"|u1"},{"id":"packbits"},{"id":"crc32","location":"end"}],"order":"C","shape":[5,7],"zarr_format":2}""",
    ];

    private static readonly string[] Metadata3 =
    [
        """{"attributes":{"unit":"m"},"chunk_grid":{"configuration":{"chunk_shape":[8,12,8]},"name":"regular"},"chunk_key_encoding":{"configuration":{"separator":"/"},"name":"default"},"codecs":[{"configuration":{"order":[1,2,0]},"name":"transpose"},{"configuration":{"chunk_shape":[3,4,2],"codecs":[{"configuration":{"endian":"big"},"name":"bytes"},{"configuration":{"level":6},"name":"gzip"},{"name":"crc32c"}],"index_codecs":[{"configuration":{"endian":"little"},"name":"bytes"},{"name":"crc32c"}],"index_location":"start"},"name":"sharding_indexed"}],"data_type":"int32","dimension_names":["x",null,"y"],"fill_value":7,"node_type":"array","shape":[9,13,11],"zarr_format":3}""",
        """{"chunk_grid":{"configuration":{"chunk_shape":[4]},"name":"regular"},"chunk_key_encoding":{"name":"v2"},"codecs":[{"name":"numcodecs.delta","configuration":{"dtype":"<u2","astype":"<i4"}},{"configuration":{"endian":"little"},"name":"bytes"},{"configuration":{"blocksize":0,"clevel":5,"cname":"zstd","shuffle":"bitshuffle","typesize":2},"name":"blosc"},{"name":"zstd","configuration":{"checksum":true,"level":-3}}],"data_type":"uint16","extension":{"must_understand":false},"fill_value":1,"node_type":"array","shape":[9],"zarr_format":3}""",
        """{"chunk_grid":{"configuration":{"chunk_shape":[2,2]},"name":"regular"},"chunk_key_encoding":{"name":"default"},"codecs":[{"configuration":{"endian":"little"},"name":"bytes"}],"data_type":"complex64","fill_value":["Infinity","0x7fc00001"],"node_type":"array","shape":[3,3],"storage_transformers":[],"zarr_format":3}""",
    ];

    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        new("zarray", bytes => ArrayMetadata.Parse(bytes, ZarrFormat.V2, ".zarray"), [.. Metadata2.Select(Encoding.UTF8.GetBytes)]),
        new("zarr.json", bytes => ArrayMetadata.Parse(bytes, ZarrFormat.V3, "zarr.json"), [.. Metadata3.Select(Encoding.UTF8.GetBytes)]),
        Shard(),
        Codec("blosc", [.. Blosc()]),
        Codec("zstd", """{"name": "zstd", "configuration": {"level": 3, "checksum": true}}""", """{"name": "zstd", "configuration": {"level": 19}}"""),
        Codec("lz4", """{"name": "numcodecs.lz4"}"""),
        Codec("bz2", """{"name": "numcodecs.bz2"}"""),
        Codec("gzip", """{"name": "gzip", "configuration": {"level": 6}}""", """{"name": "gzip", "configuration": {"level": 0}}"""),
    ];

    /// <summary>Reads and takes the errors of bad data for an answer.</summary>
    public void Try(byte[] bytes)
    {
        try
        {
            Read(bytes);
        }
        catch (OcdbtSharpException error) when (error is CorruptDataException or UnsupportedFormatException)
        {
            // The data are bad, which is what they should be.
        }
    }

    private static IEnumerable<string> Blosc() =>
        from compressor in BloscOptions.CompressorNames
        from shuffle in BloscOptions.ShuffleNames
        select $$$"""{"name": "blosc", "configuration": {"cname": "{{{compressor}}}", "clevel": 5, "shuffle": "{{{shuffle}}}", "typesize": 4, "blocksize": 512}}""";

    /// <summary>A codec that is not told how long its bytes are, and then that they are as long as they were.</summary>
    private static FuzzTarget Codec(string name, params string[] configurations)
    {
        byte[] plain = Plain();
        BytesToBytesCodec[] codecs = [.. configurations.Select(configuration => (BytesToBytesCodec)Pipeline($"[{Little}, {configuration}]", [plain.Length / 4]).Codecs[1])];
        void Read(byte[] bytes)
        {
            using (codecs[0].Decode(bytes.AsSpan(), Limit, out _))
            {
            }

            codecs[0].Decode(bytes.AsSpan(), new byte[plain.Length].AsSpan());
        }

        return new FuzzTarget(name, Read, [.. codecs.Select(codec =>
        {
            byte[] encoded = new byte[codec.MaxEncodedLength(plain.Length)];
            return encoded[..(int)codec.Encode(plain.AsSpan(), encoded.AsSpan())];
        })]);
    }

    private static FuzzTarget Shard()
    {
        const string template = """
            [{"name": "sharding_indexed", "configuration": {"chunk_shape": [4, 16], "codecs": [BYTES, {"name": "gzip"}], "index_codecs": [BYTES], "index_location": "end"}}]
            """;
        CodecPipeline codecs = Pipeline(template.Replace("BYTES", Little, StringComparison.Ordinal), [16, 64]);
        byte[] elements = new byte[codecs.Spec.ByteCount];
        Plain().CopyTo(elements.AsSpan(16));
        ArrayView View(byte[] memory) => ArrayView.RowMajor(memory, codecs.Spec.Shape, codecs.Spec.DataType.Size);
        using EncodedChunk shard = codecs.Encode(View(elements), storeFillValue: false);
        return new FuzzTarget(
            "shard", bytes => codecs.Decode(bytes.AsSpan(), View(new byte[elements.Length])), [shard.Span.Window(0, (int)shard.Length).ToArray()]);
    }

    private static CodecPipeline Pipeline(string codecs, long[] shape)
    {
        using JsonDocument json = JsonDocument.Parse(codecs);
        return CodecRegistry.CreatePipeline(json.RootElement.Clone(), new ChunkSpec(shape, DataType.Parse("int32"), null));
    }

    /// <summary>Numbers that climb, with noise: something for every compressor.</summary>
    private static byte[] Plain()
    {
        Random random = new(1);
        int value = 1000;
        byte[] bytes = new byte[2400];
        for (int i = 0; i < bytes.Length; i += sizeof(int))
        {
            value += random.Next(5) - 2;
            BitConverter.TryWriteBytes(bytes.AsSpan(i), i % 400 < 40 ? random.Next() : value);
        }

        return bytes;
    }
}

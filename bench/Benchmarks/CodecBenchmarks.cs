using System.Text.Json;
using BenchmarkDotNet.Attributes;
using OcdbtSharp.Workloads;
using OcdbtSharp.Zarr3;
using OcdbtSharp.Zarr3.Codecs;

namespace OcdbtSharp.Benchmarks;

/// <summary>Each codec alone behind the codec bytes, on one chunk of weights, on one thread.</summary>
public class CodecBenchmarks : IMeasuredBytes, IDisposable
{
    public const int ByteCount = 16 << 20;

    private const string Little = """{"name": "bytes", "configuration": {"endian": "little"}}""";

    // $S stands for the size of an element.
    private static readonly Dictionary<string, string> Lists = new()
    {
        ["bytes, big-endian"] = """[{"name": "bytes", "configuration": {"endian": "big"}}]""",
        ["transpose"] = $$$"""[{"name": "transpose", "configuration": {"order": [1, 0]}}, {{{Little}}}]""",
        ["sharding, 64 raw inner chunks"] = $$$"""[{"name": "sharding_indexed", "configuration": {"chunk_shape": [256, $I], "codecs": [{{{Little}}}]}}]""",
        ["zstd 1"] = Behind("""{"name": "zstd", "configuration": {"level": 1}}"""),
        ["zstd 3"] = Behind("""{"name": "zstd", "configuration": {"level": 3}}"""),
        ["gzip 1"] = Behind("""{"name": "gzip", "configuration": {"level": 1}}"""),
        ["gzip 6"] = Behind("""{"name": "gzip", "configuration": {"level": 6}}"""),
        ["blosc lz4 5, shuffle"] = Blosc("lz4", 5, "shuffle"),
        ["blosc lz4 5, bitshuffle"] = Blosc("lz4", 5, "bitshuffle"),
        ["blosc blosclz 5, shuffle"] = Blosc("blosclz", 5, "shuffle"),
        ["blosc zstd 3, shuffle"] = Blosc("zstd", 3, "shuffle"),
        ["blosc zlib 5, shuffle"] = Blosc("zlib", 5, "shuffle"),
        ["blosc snappy 5, shuffle"] = Blosc("snappy", 5, "shuffle"),
        ["blosc lz4hc 5, shuffle"] = Blosc("lz4hc", 5, "shuffle"),
        ["lz4"] = Behind("""{"name": "numcodecs.lz4", "configuration": {"acceleration": 1}}"""),
        ["bz2 1"] = Behind("""{"name": "numcodecs.bz2", "configuration": {"level": 1}}"""),
        ["shuffle"] = Behind("""{"name": "numcodecs.shuffle", "configuration": {"elementsize": $S}}"""),
        ["delta of the bits"] = $$$"""[{"name": "numcodecs.delta", "configuration": {"dtype": "<i$S"}}, {{{Little}}}]""",
        ["crc32c"] = Behind("""{"name": "crc32c"}"""),
        ["crc32"] = Behind("""{"name": "numcodecs.crc32", "configuration": {}}"""),
        ["adler32"] = Behind("""{"name": "numcodecs.adler32", "configuration": {}}"""),
        ["fletcher32"] = Behind("""{"name": "numcodecs.fletcher32", "configuration": {}}"""),
    };

    private readonly byte[] _elements = new byte[ByteCount];
    private readonly byte[] _decoded = new byte[ByteCount];
    private CodecPipeline? _codecs;
    private EncodedChunk? _encoded;

    /// <summary>The names of the lists of codecs; OCDBTSHARP_CODECS leaves only those that contain it.</summary>
    public static IEnumerable<string> Codecs =>
        Lists.Keys.Where(name => name.Contains(Environment.GetEnvironmentVariable("OCDBTSHARP_CODECS") ?? "", StringComparison.Ordinal));

    [ParamsSource(nameof(Codecs))]
    public string Codec { get; set; } = "";

    [Params("float32", "bfloat16")]
    public string Data { get; set; } = "";

    public long BytesPerOperation => ByteCount;

    public long EncodedLength => _encoded!.Length;

    [GlobalSetup]
    public void Prepare()
    {
        bool wide = Data == "float32";
        int size = wide ? 4 : 2;
        if (wide)
        {
            Weights.FillFloat32(_elements, seed: 1);
        }
        else
        {
            Weights.FillBFloat16(_elements, seed: 1);
        }

        string list = Lists[Codec];
        string type = list.Contains("delta", StringComparison.Ordinal) ? wide ? "int32" : "int16" : Data;
        long[] shape = [2048, ByteCount / 2048 / size];
        using JsonDocument json = JsonDocument.Parse(list
            .Replace("$S", $"{size}", StringComparison.Ordinal)
            .Replace("$I", $"{shape[1] / 8}", StringComparison.Ordinal));
        _codecs = CodecRegistry.CreatePipeline(json.RootElement.Clone(), new ChunkSpec(shape, DataType.Parse(type), null));
        _encoded = _codecs.Encode(View(_elements));
        Decode();
        if (!_decoded.AsSpan().SequenceEqual(_elements))
        {
            throw new InvalidOperationException($"{Codec} did not give back the elements.");
        }
    }

    [Benchmark]
    public long Encode()
    {
        using EncodedChunk encoded = _codecs!.Encode(View(_elements));
        return encoded.Length;
    }

    [Benchmark]
    public void Decode() => _codecs!.Decode(_encoded!.Span, View(_decoded));

    [GlobalCleanup]
    public void Dispose()
    {
        _encoded?.Dispose();
        GC.SuppressFinalize(this);
    }

    private static string Behind(string codec) => $"[{Little}, {codec}]";

    private static string Blosc(string compressor, int level, string shuffle) =>
        Behind($$$"""{"name": "blosc", "configuration": {"cname": "{{{compressor}}}", "clevel": {{{level}}}, "shuffle": "{{{shuffle}}}", "typesize": $S, "blocksize": 0}}""");

    private ArrayView View(byte[] elements) => ArrayView.RowMajor(elements, _codecs!.Spec.Shape, _codecs.Spec.DataType.Size);
}

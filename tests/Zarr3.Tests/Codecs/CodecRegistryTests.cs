using System.Text.Json;
using OcdbtSharp.KvStore;
using OcdbtSharp.Zarr3.Codecs;

namespace OcdbtSharp.Zarr3.Tests.Codecs;

/// <summary>What the lists of codecs in metadata may say, and what is said about those that may not.</summary>
public sealed class CodecRegistryTests
{
    private const string Bytes = """{"name": "bytes", "configuration": {"endian": "little"}}""";

    [TestCase("""{"name": "zfpy"}""", "zfpy")]
    [TestCase("\"numcodecs.pcodec\"", "numcodecs.pcodec")]
    [TestCase("""{"name": "numcodecs.", "must_understand": true}""", "numcodecs.")]
    [TestCase("""{"name": "remark", "configuration": {"text": "x"}, "must_understand": false}""", "remark")]
    [TestCase("""{"name": "lz4"}""", "lz4")]
    public void Unknown_codecs_are_named(string codec, string name)
    {
        UnsupportedFormatException? error = Assert.Throws<UnsupportedFormatException>(() => Pipeline($"[{Bytes}, {codec}]"));
        Assert.That(error!.Message, Does.Contain($"codec \"{name}\" is not known").And.Contain("numcodecs.lz4"));
    }

    [Test]
    public void Unknown_compressors_of_version_2_are_named()
    {
        UnsupportedFormatException? error = Assert.Throws<UnsupportedFormatException>(() => CodecVector.Codec("""{"id": "lzma", "preset": 1}"""));
        Assert.That(error!.Message, Does.Contain("codec \"lzma\" is not known").And.Contain("bz2"));
    }

    [TestCase("""{"name": "blosc", "configuration": {"cname": "lz5"}}""", "cname")]
    [TestCase("""{"name": "blosc", "configuration": {"clevel": 10}}""", "clevel")]
    [TestCase("""{"name": "blosc", "configuration": {"shuffle": 1}}""", "shuffle")]
    [TestCase("""{"name": "blosc", "configuration": {"shuffle": "byteshuffle"}}""", "shuffle")]
    [TestCase("""{"name": "blosc", "configuration": {"typesize": 256}}""", "typesize")]
    [TestCase("""{"name": "blosc", "configuration": {"blocksize": -1}}""", "blocksize")]
    [TestCase("""{"name": "numcodecs.bz2", "configuration": {"level": 0}}""", "level")]
    [TestCase("""{"name": "numcodecs.crc32", "configuration": {"location": "middle"}}""", "location")]
    [TestCase("""{"name": "numcodecs.shuffle", "configuration": {"elementsize": "4"}}""", "elementsize")]
    public void Options_that_are_wrong_are_named(string codec, string option)
    {
        CorruptDataException? error = Assert.Throws<CorruptDataException>(() => Pipeline($"[{Bytes}, {codec}]"));
        Assert.That(error!.Message, Does.Contain($"\"{option}\""));
    }

    [TestCase("""{"name": "numcodecs.delta", "configuration": {"dtype": "<i4", "astype": "<f4"}}""", "stored as float32")]
    [TestCase("""{"name": "numcodecs.delta", "configuration": {"dtype": "<c8"}}""", "complex64")]
    [TestCase("""{"name": "numcodecs.delta", "configuration": {"dtype": "<i8"}}""", "elements are int32")]
    [TestCase("""{"name": "numcodecs.packbits"}""", "elements are int32")]
    public void Filters_that_do_not_fit_the_elements_are_refused(string codec, string message)
    {
        UnsupportedFormatException? error = Assert.Throws<UnsupportedFormatException>(() => Pipeline($"[{codec}, {Bytes}]"));
        Assert.That(error!.Message, Does.Contain(message));
    }

    [TestCase("""{"name": "numcodecs.fixedscaleoffset", "configuration": {"scale": 0, "offset": 1}}""", "scale")]
    [TestCase("""{"name": "numcodecs.fixedscaleoffset", "configuration": {"scale": 2}}""", "offset")]
    public void Numbers_of_filters_are_checked(string codec, string option)
    {
        CorruptDataException? error = Assert.Throws<CorruptDataException>(() => Pipeline($"[{codec}, {Bytes}]"));
        Assert.That(error!.Message, Does.Contain($"\"{option}\""));
    }

    [TestCase("""{"id": "blosc", "cname": "zstd", "clevel": 3}""", """{"blocksize":0,"clevel":3,"cname":"zstd","id":"blosc","shuffle":-1}""")]
    [TestCase("""{"id": "crc32", "location": "end"}""", """{"id":"crc32","location":"end"}""")]
    [TestCase("""{"id": "adler32"}""", """{"id":"adler32"}""")]
    [TestCase("""{"id": "lz4"}""", """{"acceleration":1,"id":"lz4"}""")]
    [TestCase("""{"id": "packbits"}""", """{"id":"packbits"}""")]
    [TestCase("""{"id": "fixedscaleoffset", "scale": 10, "offset": 1.5, "dtype": "<f8", "astype": "|u1"}""",
        """{"astype":"|u1","dtype":"\u003Cf8","id":"fixedscaleoffset","offset":1.5,"scale":10}""")]
    public void Version_2_says_what_was_said(string config, string expected) =>
        Assert.That(CodecVector.Codec(config).ToSpec(ZarrFormat.V2).ToJson(ZarrFormat.V2).ToJsonString(), Is.EqualTo(expected));

    [TestCase("""[{"name": "numcodecs.delta", "configuration": {"dtype": "<i4"}}, "bytes", {"name": "numcodecs.zstd", "configuration": {"level": 1}}]""")]
    public void Version_3_keeps_the_names_of_numcodecs(string codecs) =>
        Assert.That(Pipeline(codecs.Replace("\"bytes\"", Bytes, StringComparison.Ordinal)).Codecs.Select(codec => codec.ToSpec(ZarrFormat.V3).Name),
            Is.EqualTo(new[] { "numcodecs.delta", "bytes", "numcodecs.zstd" }));

    [TestCase("uint8", "bitshuffle", 1)]
    [TestCase("int32", "shuffle", 4)]
    [TestCase("complex128", "shuffle", 16)]
    public void Blosc_takes_its_shuffle_from_the_type_where_none_is_given(string type, string shuffle, int typeSize)
    {
        CodecPipeline pipeline = Pipeline($$"""[{{Bytes}}, {"name": "blosc", "configuration": {"cname": "zstd", "clevel": 1} }]""", type);
        Assert.That(pipeline.Codecs[1].ToSpec(ZarrFormat.V3).Configuration!.ToJsonString(),
            Is.EqualTo($$"""{"blocksize":0,"clevel":1,"cname":"zstd","shuffle":"{{shuffle}}","typesize":{{typeSize}}}"""));
    }

    private static CodecPipeline Pipeline(string codecs, string type = "int32")
    {
        using JsonDocument document = JsonDocument.Parse(codecs);
        return CodecRegistry.CreatePipeline(document.RootElement.Clone(), new ChunkSpec([6], DataType.Parse(type), null));
    }
}

using System.Text;
using System.Text.Json;
using OcdbtSharp.KvStore;

namespace OcdbtSharp.Zarr3.Tests.Writing;

[TestFixture]
public sealed class CreateTests
{
    private static readonly ArrayCreateOptions Plain = new() { Shape = [3, 5], DataType = DataType.Parse("float32") };

    [Test]
    public async Task Options_are_spelled_as_TensorStore_does()
    {
        Assert.That(await FileAsync(Plain), Is.EqualTo(
            """{"chunk_grid":{"configuration":{"chunk_shape":[3,5]},"name":"regular"},"chunk_key_encoding":{"name":"default"},"codecs":[{"configuration":{"endian":"little"},"name":"bytes"}],"data_type":"float32","fill_value":0.0,"node_type":"array","shape":[3,5],"zarr_format":3}"""));
        Assert.That(
            await FileAsync(Plain with { Format = ZarrFormat.V2, ChunkShape = [2, 2], Codecs = [ZarrCodec.Bytes(bigEndian: true), ZarrCodec.Transpose(1, 0), ZarrCodec.Zstd(1)] }),
            Is.EqualTo("""{"chunks":[2,2],"compressor":{"id":"zstd","level":1},"dimension_separator":".","dtype":">f4","fill_value":null,"filters":null,"order":"F","shape":[3,5],"zarr_format":2}"""));
    }

    [Test]
    public async Task Shards_hold_chunks_of_the_chunk_shape()
    {
        MemoryKvStore store = new();
        ZarrArray array = await ZarrArray.CreateAsync(
            store, Plain with { Shape = [8, 8], ShardShape = [4, 8], ChunkShape = [2, 4], Codecs = [ZarrCodec.Zstd()] });
        Assert.That(array.ChunkShape, Is.EqualTo(new[] { 4, 8 }));
        Assert.That(array.ReadChunkShape, Is.EqualTo(new[] { 2, 4 }));
    }

    [TestCase("float32", "0000c03f", "1.5")]
    [TestCase("float32", "0100c07f", "\"0x7fc00001\"")]
    [TestCase("float64", "9a9999999999b93f", "0.1")]
    [TestCase("float64", "50efe2d6e41a4b44", "1e+21")]
    [TestCase("float64", "f168e388b5f8e43e", "1e-05")]
    [TestCase("float64", "00000000000000c0", "-2.0")]
    [TestCase("float64", "555555555555d53f", "0.3333333333333333")]
    [TestCase("float64", "0000406b22f35a41", "7064713.67578125")]
    [TestCase("int4", "ff", "-1")]
    [TestCase("uint64", "ffffffffffffffff", "18446744073709551615")]
    [TestCase("float8_e4m3fn", "7f", "\"NaN\"")]
    [TestCase("float8_e8m0fnu", "00", "0.0")]
    [TestCase("float8_e8m0fnu", "7f", "\"0x7f\"")]
    [TestCase("float8_e8m0fnu", "ff", "\"NaN\"")]
    [TestCase("complex64", "0000c03f0000c07f", "[1.5,\"NaN\"]")]
    public async Task Fill_values_are_spelled_as_TensorStore_does(string type, string hex, string expected)
    {
        string file = await FileAsync(new ArrayCreateOptions { Shape = [], DataType = DataType.Parse(type), FillValue = Convert.FromHexString(hex) });
        Assert.That(file, Does.Contain($"\"fill_value\":{expected},"));
    }

    [Test]
    public async Task What_other_libraries_could_not_read_is_spelled_for_them()
    {
        // TensorStore takes no number for four bits in version 2.
        ArrayCreateOptions small = new() { Format = ZarrFormat.V2, Shape = [], DataType = DataType.Parse("float4_e2m1fn"), FillValue = new byte[] { 3 } };
        Assert.That(await FileAsync(small), Does.Contain("\"fill_value\":\"Aw==\","));

        // zarr-python wants a configuration for the codecs of numcodecs, and knows raw bytes by this name only.
        Assert.That(
            await FileAsync(Plain with { Codecs = [ZarrCodec.Of("numcodecs.crc32")] }),
            Does.Contain("""{"configuration":{},"name":"numcodecs.crc32"}"""));
        using JsonDocument raw = JsonDocument.Parse("""{"zarr_format": 3, "data_type": "r24", "shape": []}""");
        Assert.That(
            await FileAsync(new ArrayCreateOptions { Metadata = raw.RootElement }),
            Does.Contain("""{"configuration":{"length_bytes":3},"name":"raw_bytes"}"""));
    }

    [TestCase("\"|V3\"", "\"AQID\"")]
    [TestCase("\"|S2\"", "\"YWI=\"")]
    [TestCase("[[\"a\",\"<i2\"],[\"b\",\">f4\",[2,1]]]", "\"AQIDBAUGBwgJCg==\"")]
    public async Task Records_and_raw_bytes_of_version_2_are_written_as_they_are_given(string type, string fill)
    {
        string expected =
            $$"""{"chunks":[2],"compressor":null,"dimension_separator":".","dtype":{{type}},"fill_value":{{fill}},"filters":null,"order":"C","shape":[3],"zarr_format":2}""";
        using JsonDocument json = JsonDocument.Parse(expected);
        MemoryKvStore store = new();
        ZarrArray array = await ZarrArray.CreateAsync(store, new ArrayCreateOptions { Metadata = json.RootElement });
        Assert.That(Encoding.UTF8.GetString((await store.ReadAsync(".zarray")).Value.Span), Is.EqualTo(expected));
        byte[] records = [.. Enumerable.Range(1, (int)array.ByteCount).Select(value => (byte)value)];
        await array.WriteAsync(records);
        byte[] read = new byte[records.Length];
        await array.ReadAsync(read);
        Assert.That(read, Is.EqualTo(records));
    }

    [TestCase("""{"zarr_format":2,"shape":[],"dtype":"<f4","fill_value":"1.5"}""", "1.5")]
    [TestCase("""{"shape":[],"data_type":"float32","fill_value":"0x3fc00000"}""", "1.5")]
    [TestCase("""{"shape":[],"data_type":"float16","fill_value":"0x1"}""", "5.960464477539063e-08")]
    [TestCase("""{"shape":[],"data_type":"int8","fill_value":1.0}""", "1")]
    public async Task Fill_values_may_be_spelled_in_other_ways(string metadata, string spelled)
    {
        using JsonDocument json = JsonDocument.Parse(metadata);
        ZarrArray array = await ZarrArray.CreateAsync(new MemoryKvStore(), new ArrayCreateOptions { Metadata = json.RootElement });
        Assert.That(array.MetadataJson.GetProperty("fill_value").GetRawText(), Is.EqualTo(spelled));
    }

    [Test]
    public async Task What_there_is_already_is_kept_opened_or_deleted_as_asked()
    {
        MemoryKvStore store = new();
        ZarrArray array = await ZarrArray.CreateAsync(store, Plain with { ChunkShape = [3, 2] });
        await array.WriteAsync(new byte[60], options: new ArrayWriteOptions { StoreFillValue = true });
        await Assert.ThrowsAsync<StorageException>(async () => await ZarrArray.CreateAsync(store, Plain));
        ZarrArray opened = await ZarrArray.CreateAsync(store, Plain with { Mode = ZarrCreateMode.OpenIfPresent });
        Assert.That(opened.ChunkShape, Is.EqualTo(new[] { 3, 2 }), "what the options do not say is left as it is");
        ArgumentException? differs = await Assert.ThrowsAsync<ArgumentException>(async () =>
            await ZarrArray.CreateAsync(store, Plain with { ChunkShape = [3, 3], Mode = ZarrCreateMode.OpenIfPresent }));
        Assert.That(differs!.Message, Does.Contain("\"chunk_grid\""));
        await ZarrArray.CreateAsync(store, Plain with { Mode = ZarrCreateMode.DeleteExisting });
        Assert.That(await store.ListAsync().CountAsync(), Is.EqualTo(1));
    }

    [TestCase("""{"shape":[-1],"data_type":"int8"}""", "\"shape\"")]
    [TestCase("""{"data_type":"int8"}""", "\"shape\"")]
    [TestCase("""{"shape":[1]}""", "\"data_type\"")]
    [TestCase("""{"shape":[1],"data_type":"int8","fill_value":1000}""", "\"fill_value\"")]
    [TestCase("""{"shape":[1],"data_type":"int8","dimension_names":["a","b"]}""", "\"dimension_names\"")]
    [TestCase("""{"shape":[1],"data_type":"int8","chunk_grid":{"name":"regular","configuration":{"chunk_shape":[0]}}}""", "\"chunk_shape\"")]
    [TestCase("""{"shape":[4],"data_type":"int8","codecs":[{"name":"sharding_indexed","configuration":{"chunk_shape":[3]}}]}""", "\"chunk_shape\"")]
    [TestCase("""{"shape":[4],"data_type":"int8","codecs":[{"name":"gzip","configuration":{"level":10}}]}""", "\"level\"")]
    [TestCase("""{"zarr_format":2,"shape":[4],"dtype":"<i4","order":"X"}""", "\"order\"")]
    [TestCase("""{"zarr_format":2,"shape":[4],"dtype":"<i4","chunks":[1,2]}""", "\"chunks\"")]
    [TestCase("""{"zarr_format":4}""", "\"zarr_format\"")]
    public async Task What_is_wrong_is_named(string metadata, string member)
    {
        using JsonDocument json = JsonDocument.Parse(metadata);
        ArgumentException? wrong = await Assert.CatchAsync<ArgumentException>(async () =>
            await ZarrArray.CreateAsync(new MemoryKvStore(), new ArrayCreateOptions { Metadata = json.RootElement }));
        Assert.That(wrong!.Message, Does.Contain(member));
    }

    [Test]
    public async Task Attributes_of_both_versions_read_back()
    {
        foreach (ZarrFormat format in Enum.GetValues<ZarrFormat>())
        {
            using JsonDocument attributes = JsonDocument.Parse("""{"é":[1,2.5,null,"\u0001\n\""],"a":{}}""");
            MemoryKvStore store = new();
            await ZarrArray.CreateAsync(store, Plain with { Format = format, Attributes = attributes.RootElement });
            ZarrArray array = await ZarrArray.OpenAsync(store);
            Assert.That(JsonElement.DeepEquals(await array.ReadAttributesAsync(), attributes.RootElement));
        }
    }

    private static async Task<string> FileAsync(ArrayCreateOptions options)
    {
        MemoryKvStore store = new();
        await ZarrArray.CreateAsync(store, options);
        return Encoding.UTF8.GetString((await store.ReadAsync(options.Format == ZarrFormat.V2 ? ".zarray" : "zarr.json")).Value.Span);
    }
}

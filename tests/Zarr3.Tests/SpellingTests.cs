using System.Text.Json.Nodes;
using OcdbtSharp.KvStore;

namespace OcdbtSharp.Zarr3.Tests;

/// <summary>Metadata may be spelled in several ways; one chunk and what is missing around it show that each was understood.</summary>
public sealed class SpellingTests
{
    [TestCase("data_type", """{"name": "int16"}""")]
    [TestCase("data_type", """{"name": "int16", "configuration": {}}""")]
    [TestCase("chunk_grid", """{"name": "regular", "configuration": {"chunk_shape": [2, 2]}, "must_understand": true}""")]
    [TestCase("chunk_key_encoding", "\"default\"")]
    [TestCase("chunk_key_encoding", """{"name": "default", "configuration": {}}""")]
    [TestCase("codecs", """["bytes"]""")]
    [TestCase("codecs", """[{"name": "bytes", "configuration": {"endian": "little"}}]""")]
    [TestCase("codecs", """[{"name": "endian", "configuration": {"endian": "little"}}]""")]
    [TestCase("codecs", """[{"name": "transpose", "configuration": {"order": "C"}}, {"name": "bytes", "configuration": {"endian": "little"}}]""")]
    [TestCase("codecs", """[{"name": "transpose", "configuration": {"order": [0, 1]}}, {"name": "bytes", "configuration": {"endian": "little"}}]""")]
    [TestCase("fill_value", "-7")]
    [TestCase("fill_value", "-7.0")]
    [TestCase("dimension_names", "null")]
    [TestCase("storage_transformers", "[]")]
    [TestCase("later_extension", """{"must_understand": false, "x": 1}""")]
    [TestCase("later_extension", """{"x": 1}""", false)]
    [TestCase("storage_transformers", """[{"name": "x"}]""", false)]
    public async Task Version_3(string member, string spelling, bool isUnderstood = true)
    {
        JsonObject metadata = JsonNode.Parse(
            """
            {"zarr_format": 3, "node_type": "array", "shape": [3, 3], "data_type": "int16", "fill_value": -7,
             "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [2, 2]}},
             "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
             "codecs": [{"name": "bytes", "configuration": {"endian": "little"}}]}
            """)!.AsObject();
        metadata[member] = JsonNode.Parse(spelling);
        await CheckAsync("zarr.json", metadata, "c/0/0", isUnderstood);
    }

    [TestCase("dtype", "\"<i2\"")]
    [TestCase("fill_value", "-7.0")]
    [TestCase("filters", "[]")]
    [TestCase("filters", "null")]
    [TestCase("dimension_separator", "\".\"")]
    [TestCase("attributes_of_a_later_release", "1")]
    [TestCase("dtype", "\"|i2\"", false)]
    [TestCase("dtype", "\"<M8[ns]\"", false)]
    [TestCase("dtype", "\"|O\"", false)]
    public async Task Version_2(string member, string spelling, bool isUnderstood = true)
    {
        JsonObject metadata = JsonNode.Parse(
            """
            {"zarr_format": 2, "shape": [3, 3], "chunks": [2, 2], "dtype": "<i2", "fill_value": -7, "order": "C", "compressor": null, "filters": null}
            """)!.AsObject();
        metadata[member] = JsonNode.Parse(spelling);
        await CheckAsync(".zarray", metadata, "0.0", isUnderstood);
    }

    [TestCase("float32", "1.5", 0x3FC00000u)]
    [TestCase("float32", "\"1.5\"", 0x3FC00000u)]
    [TestCase("float32", "\"-1e3\"", 0xC47A0000u)]
    [TestCase("float32", "\"NaN\"", 0x7FC00000u)]
    [TestCase("float32", "\"Infinity\"", 0x7F800000u)]
    [TestCase("float32", "\"-Infinity\"", 0xFF800000u)]
    [TestCase("float32", "\"0x7fc00001\"", 0x7FC00001u)]
    [TestCase("float32", "\"0x1\"", 1u)]
    [TestCase("float32", "\"AADAPw==\"", 0x3FC00000u)]
    [TestCase("bfloat16", "\"0x7fc1\"", 0x7FC1u)]
    [TestCase("float16", "-2", 0xC000u)]
    [TestCase("float8_e4m3fn", "\"NaN\"", 0x7Fu)]
    [TestCase("float8_e4m3fn", "\"0x7e\"", 0x7Eu)]
    [TestCase("float8_e8m0fnu", "0.0", 0u)]
    [TestCase("float8_e8m0fnu", "\"0x7f\"", 0x7Fu)]
    [TestCase("float8_e8m0fnu", "\"NaN\"", 0xFFu)]
    [TestCase("float4_e2m1fn", "1.5", 3u)]
    [TestCase("float4_e2m1fn", "\"0x03\"", 3u)]
    [TestCase("int4", "-8", 0xF8u)]
    [TestCase("bool", "true", 1u)]
    [TestCase("bool", "0", 0u)]
    [TestCase("uint32", "4294967295", uint.MaxValue)]
    public void Fill_values(string type, string json, uint bits)
    {
        byte[] bytes = FillValue.Parse(System.Text.Json.JsonElement.Parse(json), DataType.Parse(type), ZarrFormat.V3);

        // What lies above a small integer or float does not count.
        DataType dataType = DataType.Parse(type);
        uint mask = dataType.Bits == 32 ? uint.MaxValue : (1u << dataType.Bits) - 1;
        Assert.That(bytes, Has.Length.EqualTo(dataType.Size));
        Assert.That(BitConverter.ToUInt32([.. bytes, .. new byte[4 - bytes.Length]]) & mask, Is.EqualTo(bits & mask));
    }

    [TestCase("float32", "\"0x3f\"", "00007c42", TestName = "Hexadecimal digits are a number in version 2")]
    [TestCase("float4_e2m1fn", "\"Aw==\"", "03", TestName = "Four bits are base64 in version 2")]
    public void Fill_values_of_version_2(string type, string json, string hex) =>
        Assert.That(FillValue.Parse(System.Text.Json.JsonElement.Parse(json), DataType.Parse(type), ZarrFormat.V2), Is.EqualTo(Convert.FromHexString(hex)));

    [TestCase("float32", "\"0x123456789\"")]
    [TestCase("float32", "\"x\"")]
    [TestCase("float32", "true")]
    [TestCase("float32", "null")]
    [TestCase("int8", "128")]
    [TestCase("int8", "0.5")]
    [TestCase("uint8", "-1")]
    [TestCase("bool", "2")]
    [TestCase("float4_e2m1fn", "\"0x13\"")]
    public void Fill_values_that_are_none(string type, string json) =>
        Assert.That(() => FillValue.Parse(System.Text.Json.JsonElement.Parse(json), DataType.Parse(type), ZarrFormat.V3), Throws.TypeOf<CorruptDataException>());

    private static async Task CheckAsync(string file, JsonObject metadata, string chunk, bool isUnderstood)
    {
        MemoryKvStore store = new();
        await store.WriteAsync(file, System.Text.Encoding.UTF8.GetBytes(metadata.ToJsonString()));
        await store.WriteAsync(chunk, new short[] { 1, 2, 3, 4 }.SelectMany(BitConverter.GetBytes).ToArray());
        if (!isUnderstood)
        {
            Assert.That(() => ZarrArray.OpenAsync(store).AsTask(), Throws.InstanceOf<OcdbtSharpException>().With.Property("Location").Contains(file));
            return;
        }

        ZarrArray array = await ZarrArray.OpenAsync(store);
        byte[] elements = new byte[array.ByteCount];
        await array.ReadAsync(elements);
        Assert.That(System.Runtime.InteropServices.MemoryMarshal.Cast<byte, short>(elements).ToArray(), Is.EqualTo(new short[] { 1, 2, -7, 3, 4, -7, -7, -7, -7 }));
    }
}

using System.Text.Json;
using System.Text.Json.Nodes;
using OcdbtSharp.Testing;
using OcdbtSharp.Zarr3.Codecs;

namespace OcdbtSharp.Zarr3.Tests.Codecs;

/// <summary>Codecs say of themselves what the metadata said of them.</summary>
public sealed class CodecMetadataTests
{
    private static IEnumerable<TestCaseData> Version2 => GoldenCase.Family("zarr2");

    private static IEnumerable<TestCaseData> Version3 => GoldenCase.Family("zarr3");

    [TestCaseSource(nameof(Version3))]
    public void Codecs_of_version_3_are_spelled_as_they_were_written(GoldenCase golden)
    {
        foreach (string file in Directory.EnumerateFiles(golden.Data, "zarr.json", SearchOption.AllDirectories))
        {
            byte[] json = File.ReadAllBytes(file);
            JsonNode metadata = JsonNode.Parse(json)!;
            if (metadata["node_type"]!.GetValue<string>() != "array")
            {
                continue;
            }

            JsonArray written = ArrayMetadata.Parse(json, ZarrFormat.V3, file).Codecs.ToJson();
            Check(written, metadata["codecs"]!, golden);
        }
    }

    [TestCaseSource(nameof(Version2))]
    public void Compressors_and_filters_of_version_2_are_spelled_as_they_were_written(GoldenCase golden)
    {
        byte[] json = golden.ReadFile("data/.zarray");
        JsonNode metadata = JsonNode.Parse(json)!;
        JsonArray expected = [];
        foreach (JsonNode? filter in metadata["filters"] as JsonArray ?? [])
        {
            expected.Add(filter!.DeepClone());
        }

        if (metadata["compressor"] is { } compressor)
        {
            expected.Add(compressor.DeepClone());
        }

        JsonArray written = [];
        foreach (BytesToBytesCodec codec in ArrayMetadata.Parse(json, ZarrFormat.V2, golden.Name).Codecs.Codecs.OfType<BytesToBytesCodec>())
        {
            written.Add((JsonNode)codec.ToSpec(ZarrFormat.V2).ToJson(ZarrFormat.V2));
        }

        Check(written, expected, golden);
    }

    /// <summary>TensorStore's text must be matched, of zarr-python's what it means: it orders members as it likes and writes defaults that TensorStore leaves out.</summary>
    private static void Check(JsonArray written, JsonNode expected, GoldenCase golden)
    {
        JsonSerializerOptions compact = new() { WriteIndented = false };
        if (!golden.Name.StartsWith("python-", StringComparison.Ordinal))
        {
            Assert.That(written.ToJsonString(compact), Is.EqualTo(expected.ToJsonString(compact)));
            return;
        }

        foreach (JsonNode? codec in expected.AsArray())
        {
            if (codec!["configuration"] is JsonObject configuration && configuration["index_location"]?.GetValue<string>() == "end")
            {
                configuration.Remove("index_location");
            }
        }

        Assert.That(JsonNode.DeepEquals(written, expected), $"{written.ToJsonString(compact)}, expected {expected.ToJsonString(compact)}");
    }
}

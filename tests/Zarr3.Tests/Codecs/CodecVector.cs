using System.Text.Json;
using OcdbtSharp.KvStore.Buffers;
using OcdbtSharp.Zarr3.Codecs;

namespace OcdbtSharp.Zarr3.Tests.Codecs;

/// <summary>Bytes that numcodecs encoded; Vectors/make_vectors.py wrote them.</summary>
internal sealed record CodecVector(JsonElement Config, byte[] Plain, byte[] Encoded, byte[] Decoded)
{
    public string Id => Config.GetProperty("id").GetString()!;

    public static IEnumerable<TestCaseData> All()
    {
        using Stream stream = typeof(CodecVector).Assembly.GetManifestResourceStream("vectors.json")!;
        using JsonDocument document = JsonDocument.Parse(stream);
        int number = 0;
        foreach (JsonElement vector in document.RootElement.EnumerateArray())
        {
            byte[] plain = Bytes(vector, "plain")!;
            CodecVector read = new(vector.GetProperty("config").Clone(), plain, Bytes(vector, "encoded")!, Bytes(vector, "decoded") ?? plain);
            yield return new TestCaseData(read).SetArgDisplayNames($"{number++} {read.Config.GetRawText().Replace('"', '\'')} {plain.Length}");
        }
    }

    /// <summary>The codec of version 2.</summary>
    public static BytesToBytesCodec Codec(JsonElement config) => CodecRegistry.CreateBytesCodecs([config], DataType.Parse("int32")).Single();

    public static BytesToBytesCodec Codec(string config)
    {
        using JsonDocument document = JsonDocument.Parse(config);
        return Codec(document.RootElement.Clone());
    }

    public static byte[] Encode(BytesToBytesCodec codec, byte[] plain)
    {
        byte[] encoded = new byte[codec.MaxEncodedLength(plain.Length)];
        return encoded[..(int)codec.Encode(plain.AsSpan(), encoded.AsSpan())];
    }

    public static byte[] Decode(BytesToBytesCodec codec, byte[] encoded, int length)
    {
        byte[] decoded = new byte[length];
        codec.Decode(encoded.AsSpan(), decoded.AsSpan());
        return decoded;
    }

    /// <summary>Decodes without knowing the length.</summary>
    public static byte[] DecodeFreely(BytesToBytesCodec codec, byte[] encoded, long limit)
    {
        using ScratchBuffer buffer = codec.Decode(encoded.AsSpan(), limit, out long length);
        return buffer.Span.Window(0, (int)length).ToArray();
    }

    private static byte[]? Bytes(JsonElement vector, string name) =>
        vector.TryGetProperty(name, out JsonElement hex) ? Convert.FromHexString(hex.GetString()!) : null;
}

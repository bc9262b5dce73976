using System.Text.Json;
using OcdbtSharp.Testing;

namespace OcdbtSharp.Zarr3.Tests.Codecs;

/// <summary>The chunks of a golden array whose only codec is the one under test, put together by hand: a test of the codec, not of the reader.</summary>
internal static class GoldenChunks
{
    public delegate byte[] Decoder(byte[] chunk, int length);

    public static IEnumerable<TestCaseData> Cases(string family, params string[] prefixes) =>
        GoldenCase.Family(family).Where(test => prefixes.Any(prefix => ((GoldenCase)test.Arguments[0]!).Name.StartsWith(prefix, StringComparison.Ordinal)));

    /// <summary>Decodes all chunks and compares the array.</summary>
    public static void Check(GoldenCase golden, Decoder decode)
    {
        using JsonDocument document = JsonDocument.Parse(golden.ReadFile(File.Exists(Path.Combine(golden.Data, ".zarray")) ? "data/.zarray" : "data/zarr.json"));
        JsonElement metadata = document.RootElement;
        bool v2 = metadata.GetProperty("zarr_format").GetInt32() == 2;
        int[] shape = Integers(metadata.GetProperty("shape"));
        int[] chunk = Integers(v2 ? metadata.GetProperty("chunks") : metadata.GetProperty("chunk_grid").GetProperty("configuration").GetProperty("chunk_shape"));
        byte[] expected = golden.ReadFile(golden.Expect().GetProperty("array").GetProperty("file").GetString()!);
        int elementSize = expected.Length / shape.Aggregate(1, (a, b) => a * b);
        byte[] actual = new byte[expected.Length];
        int[] counts = [.. shape.Select((extent, i) => (extent + chunk[i] - 1) / chunk[i])];
        for (int number = 0; number < counts.Aggregate(1, (a, b) => a * b); number++)
        {
            int[] position = Unravel(number, counts);
            string key = v2 ? string.Join('.', position) : "c/" + string.Join('/', position);
            byte[] decoded = decode(golden.ReadFile("data/" + key), chunk.Aggregate(elementSize, (a, b) => a * b));
            for (int element = 0; element < decoded.Length / elementSize; element++)
            {
                int[] index = [.. Unravel(element, chunk).Select((within, i) => within + (position[i] * chunk[i]))];
                if (index.Where((value, i) => value >= shape[i]).Any())
                {
                    continue;
                }

                int offset = 0;
                for (int i = 0; i < shape.Length; i++)
                {
                    offset = (offset * shape[i]) + index[i];
                }

                decoded.AsSpan(element * elementSize, elementSize).CopyTo(actual.AsSpan(offset * elementSize));
            }
        }

        Assert.That(actual.AsSpan().SequenceEqual(expected), Is.True, "array values");
    }

    private static int[] Integers(JsonElement array) => [.. array.EnumerateArray().Select(value => value.GetInt32())];

    private static int[] Unravel(int number, int[] shape)
    {
        int[] index = new int[shape.Length];
        for (int i = shape.Length - 1; i >= 0; i--)
        {
            index[i] = number % shape[i];
            number /= shape[i];
        }

        return index;
    }
}

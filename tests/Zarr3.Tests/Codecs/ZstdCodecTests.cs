using System.Runtime.InteropServices;
using OcdbtSharp.Zarr3.Codecs;
using ZstdSharp;
using ZstdSharp.Unsafe;

namespace OcdbtSharp.Zarr3.Tests.Codecs;

/// <summary>Whatever way a chunk is encoded, it becomes about as short as the library makes it, and every decoder reads it.</summary>
public sealed class ZstdCodecTests
{
    // How much longer than the library's the bytes may be.
    private const double Tolerance = 1.03;

    private const int Length = 3 << 20;

    private static readonly string[] Kinds =
    [
        "weights", "weights and zeros", "weights and their copy far away", "few weights between zeros", "equal rows", "rising integers", "sorted integers", "small integers",
        "noise", "weights rounded to steps", "pairs of index and value",
    ];

    [Test]
    public void Chunks_are_as_short_as_those_of_the_library_and_come_back([ValueSource(nameof(Kinds))] string kind, [Values(1, 3, 9)] int level, [Values] bool checksum)
    {
        byte[] content = Create(kind);
        ZstdCodec codec = new("zstd", level, checksum);
        byte[] encoded = new byte[codec.MaxEncodedLength(Length)];
        encoded = encoded[..(int)codec.Encode(content.AsSpan(), encoded.AsSpan())];

        using Compressor compressor = new(level);
        compressor.SetParameter(ZSTD_cParameter.ZSTD_c_checksumFlag, checksum ? 1 : 0);
        Assert.That(encoded, Has.Length.LessThan(Tolerance * compressor.Wrap(content).Length));
        byte[] decoded = new byte[Length];
        codec.Decode(encoded.AsSpan(), decoded.AsSpan());
        Assert.That(decoded.AsSpan().SequenceEqual(content), Is.True);
        using Decompressor decompressor = new();
        Assert.That(decompressor.Unwrap(encoded).SequenceEqual(content), Is.True);
    }

    private static byte[] Create(string kind)
    {
        Random random = new(1);
        byte[] content = new byte[Length];
        Span<float> values = MemoryMarshal.Cast<byte, float>(content.AsSpan());
        Span<int> integers = MemoryMarshal.Cast<byte, int>(content.AsSpan());
        foreach (ref float value in values)
        {
            value = (float)((random.NextDouble() + random.NextDouble() + random.NextDouble() - 1.5) * 0.04);
        }

        switch (kind)
        {
            case "weights and zeros":
                values[(values.Length * 7 / 8)..].Clear();
                break;
            case "weights and their copy far away":
                values[..(values.Length / 3)].CopyTo(values[(values.Length * 2 / 3)..]);
                break;
            case "few weights between zeros":
                foreach (ref float value in values)
                {
                    value = random.Next(50) == 0 ? value : 0;
                }

                break;
            case "equal rows":
                for (int row = 1000; row + 1000 <= values.Length; row += 1000)
                {
                    values[..1000].CopyTo(values[row..]);
                }

                break;
            case "rising integers":
                for (int i = 0; i < integers.Length; i++)
                {
                    integers[i] = i;
                }

                break;
            case "sorted integers":
                for (int i = 1; i < integers.Length; i++)
                {
                    integers[i] = integers[i - 1] + random.Next(3);
                }

                break;
            case "small integers":
                foreach (ref int value in integers)
                {
                    value = random.Next(100);
                }

                break;
            case "noise":
                random.NextBytes(content);
                break;
            case "weights rounded to steps":
                foreach (ref float value in values)
                {
                    value = MathF.Round(value * 256) / 256;
                }

                break;
            case "pairs of index and value":
                for (int i = 0; i < integers.Length; i += 2)
                {
                    integers[i] = i / 2;
                }

                break;
        }

        return content;
    }
}

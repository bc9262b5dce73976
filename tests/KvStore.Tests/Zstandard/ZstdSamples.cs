using System.Runtime.InteropServices;
using ZstdSharp;

namespace OcdbtSharp.KvStore.Tests.Zstandard;

/// <summary>Content of every sort that takes another way through the decoder, the same in every run.</summary>
internal static class ZstdSamples
{
    public static readonly string[] Kinds = ["weights", "halves", "text", "noise", "zeros", "mixed", "periodic", "skewed"];

    public static byte[] Create(string kind, int length, int seed = 1)
    {
        Random random = new(seed);
        byte[] bytes = new byte[length];
        switch (kind)
        {
            case "weights":
                Span<float> values = MemoryMarshal.Cast<byte, float>(bytes.AsSpan());
                foreach (ref float value in values)
                {
                    value = Normal(random);
                }

                break;
            case "halves":
                Span<ushort> halves = MemoryMarshal.Cast<byte, ushort>(bytes.AsSpan());
                foreach (ref ushort half in halves)
                {
                    half = (ushort)(BitConverter.SingleToUInt32Bits(Normal(random)) >> 16);
                }

                break;
            case "text":
                string[] words = ["shape", "dtype", "chunks", "\"zarr_format\": 2", "layer_", "kernel", "\n", " ", "bias", "0.1.2", "compressor"];
                for (int i = 0; i < length;)
                {
                    foreach (char letter in words[random.Next(words.Length)].Take(length - i))
                    {
                        bytes[i++] = (byte)letter;
                    }
                }

                break;
            case "noise":
                random.NextBytes(bytes);
                break;
            case "mixed":
                for (int i = 0; i < length;)
                {
                    int count = Math.Min(length - i, random.Next(1, 3000));
                    int distance = random.Next(4) == 0 ? random.Next(1, 40) : random.Next(1, Math.Max(2, i));
                    for (int end = i + count; i < end; i++)
                    {
                        bytes[i] = i >= distance && count % 3 > 0 ? bytes[i - distance] : (byte)random.Next(count % 7 == 0 ? 256 : 20);
                    }
                }

                break;
            case "periodic":
                for (int i = 0; i < length; i++)
                {
                    bytes[i] = (byte)(i % (1 + (i / 4096 % 40)));
                }

                break;
            case "skewed":
                for (int i = 0; i < length; i++)
                {
                    bytes[i] = (byte)Math.Min(255, -Math.Log(1 - random.NextDouble()) * 3);
                }

                break;
        }

        return bytes;
    }

    public static byte[] Compress(byte[] content, int level, bool checksum = false)
    {
        using Compressor compressor = new(level);
        compressor.SetParameter(ZstdSharp.Unsafe.ZSTD_cParameter.ZSTD_c_checksumFlag, checksum ? 1 : 0);
        return compressor.Wrap(content).ToArray();
    }

    private static float Normal(Random random) =>
        (float)(0.02 * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));
}

using System.Runtime.InteropServices;

namespace OcdbtSharp.Zarr3.Tests.Codecs;

/// <summary>Data for codecs, the same in every run.</summary>
internal static class TestBytes
{
    /// <summary>Bytes that nothing compresses.</summary>
    public static byte[] Random(int length, int seed)
    {
        byte[] bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    /// <summary>Bytes with repetitions near and far, as compressors like them: a few phrases, noise between.</summary>
    public static byte[] Compressible(int length, int seed)
    {
        var random = new Random(seed);
        byte[] bytes = new byte[length];
        for (int position = 0; position < length;)
        {
            int count = Math.Min(length - position, random.Next(1, 300));
            Span<byte> part = bytes.AsSpan(position, count);
            switch (random.Next(4))
            {
                case 0:
                    random.NextBytes(part);
                    break;
                case 1:
                    part.Fill((byte)random.Next(256));
                    break;
                default:
                    int distance = position == 0 ? 0 : random.Next(1, position + 1);
                    for (int i = 0; i < count; i++)
                    {
                        part[i] = distance == 0 ? (byte)i : bytes[position + i - distance];
                    }

                    break;
            }

            position += count;
        }

        return bytes;
    }

    /// <summary>Little-endian float32 weights of a small network: normal with deviation 0.02.</summary>
    public static byte[] Weights(int elements, int seed)
    {
        var random = new Random(seed);
        float[] values = new float[elements];
        for (int i = 0; i < elements; i++)
        {
            values[i] = (float)(0.02 * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));
        }

        return MemoryMarshal.AsBytes(values.AsSpan()).ToArray();
    }
}

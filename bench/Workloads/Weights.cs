using System.Runtime.InteropServices;

namespace OcdbtSharp.Workloads;

/// <summary>Values as trained weights have them: normal(0, 0.02), the same for the same seed.</summary>
internal static class Weights
{
    public static void FillFloat32(Span<byte> destination, int seed)
    {
        Random random = new(seed);
        Span<float> values = MemoryMarshal.Cast<byte, float>(destination);
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = Next(random);
        }
    }

    public static void FillBFloat16(Span<byte> destination, int seed)
    {
        Random random = new(seed);
        Span<ushort> values = MemoryMarshal.Cast<byte, ushort>(destination);
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = (ushort)(BitConverter.SingleToUInt32Bits(Next(random)) >> 16);
        }
    }

    private static float Next(Random random)
    {
        double radius = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble()));
        return (float)(0.02 * radius * Math.Cos(2 * Math.PI * random.NextDouble()));
    }
}

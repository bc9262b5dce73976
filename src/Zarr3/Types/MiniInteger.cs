using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace OcdbtSharp.Zarr3.Types;

/// <summary>Conversion between <see cref="float"/> and integers of 2 and 4 bits, one to a byte with the upper bits zero.</summary>
internal static class MiniInteger
{
    /// <summary>Adding and subtracting it rounds small numbers to the nearest integer, ties to even, and leaves that integer in the low bits of the sum.</summary>
    private const float Rounder = 3 << 22;

    /// <summary>Elements that the bulk conversions take at a time.</summary>
    private const int Step = 32;

    /// <summary>The bits of the integer nearest to <paramref name="value"/>, ties to even; beyond the ends the end, NaN as zero.</summary>
    public static byte FromSingle(float value, int bits, bool signed)
    {
        (int lowest, int highest) = Ends(bits, signed);
        return (byte)((int)float.Round(float.Clamp(float.IsNaN(value) ? 0 : value, lowest, highest)) & Mask(bits));
    }

    public static void FromSingle(ReadOnlySpan<float> source, Span<byte> destination, int bits, bool signed)
    {
        CheckRoom(source.Length, destination.Length);
        (int lowest, int highest) = Ends(bits, signed);
        ref float first = ref MemoryMarshal.GetReference(source);
        ref byte target = ref MemoryMarshal.GetReference(destination);
        int i = 0;
        for (; i <= source.Length - Step; i += Step)
        {
            Vector256<ushort> low = Vector256.Narrow(Round(ref first, i, lowest, highest), Round(ref first, i + 8, lowest, highest));
            Vector256<ushort> high = Vector256.Narrow(Round(ref first, i + 16, lowest, highest), Round(ref first, i + 24, lowest, highest));
            (Vector256.Narrow(low, high) & Vector256.Create(Mask(bits))).StoreUnsafe(ref target, (nuint)i);
        }

        for (; i < source.Length; i++)
        {
            destination[i] = FromSingle(source[i], bits, signed);
        }
    }

    public static void ToSingle(ReadOnlySpan<byte> source, Span<float> destination, int bits, bool signed)
    {
        CheckRoom(source.Length, destination.Length);
        ref byte first = ref MemoryMarshal.GetReference(source);
        ref float target = ref MemoryMarshal.GetReference(destination);
        int unused = 32 - bits;
        int i = 0;
        for (; i <= source.Length - Step; i += Step)
        {
            (Vector256<ushort> low, Vector256<ushort> high) = Vector256.Widen(Vector256.LoadUnsafe(ref first, (nuint)i));
            Widen(low, ref target, i, unused, signed);
            Widen(high, ref target, i + 16, unused, signed);
        }

        for (; i < source.Length; i++)
        {
            int raised = source[i] << unused;
            destination[i] = signed ? raised >> unused : (uint)raised >> unused;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Round(ref float source, int index, int lowest, int highest)
    {
        Vector256<float> value = Vector256.LoadUnsafe(ref source, (nuint)index);
        value &= Vector256.Equals(value, value);
        Vector256<float> clamped = Vector256.Min(Vector256.Max(value, Vector256.Create((float)lowest)), Vector256.Create((float)highest));
        return (clamped + Vector256.Create(Rounder)).AsUInt32() & Vector256.Create(0xFFu);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Widen(Vector256<ushort> elements, ref float destination, int index, int unused, bool signed)
    {
        (Vector256<uint> low, Vector256<uint> high) = Vector256.Widen(elements);
        Extend(low, unused, signed).StoreUnsafe(ref destination, (nuint)index);
        Extend(high, unused, signed).StoreUnsafe(ref destination, (nuint)index + 8);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Extend(Vector256<uint> elements, int unused, bool signed)
    {
        Vector256<int> raised = elements.AsInt32() << unused;
        return Vector256.ConvertToSingle(signed ? raised >> unused : raised >>> unused);
    }

    private static byte Mask(int bits) => (byte)((1 << bits) - 1);

    private static (int Lowest, int Highest) Ends(int bits, bool signed) => signed ? (-1 << (bits - 1), (1 << (bits - 1)) - 1) : (0, (1 << bits) - 1);

    private static void CheckRoom(int source, int destination)
    {
        if (destination < source)
        {
            throw new ArgumentException($"The destination has room for {destination} elements, {source} are needed.", nameof(destination));
        }
    }
}

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace OcdbtSharp.Zarr3.Types;

/// <summary>
/// Conversion between <see cref="float"/> and the floats of 4 to 16 bits, one element or many. It rounds to the nearest, ties to even, and treats overflow,
/// infinities and NaNs as ml_dtypes does: what a format cannot hold becomes its infinity, else its NaN, else its largest number.
/// </summary>
/// <typeparam name="TFormat">The layout; all that depends on it is a constant to the compiler.</typeparam>
internal static class MiniFloat<TFormat>
    where TFormat : struct, IMiniFloatFormat
{
    private const int SingleMantissaBits = 23;
    private const int SingleBias = 127;
    private const uint SingleSign = 0x8000_0000;
    private const uint SingleInfinity = 0x7F80_0000;
    private const uint SingleQuietNaN = 0x7FC0_0000;

    /// <summary>Elements that the bulk conversions take at a time.</summary>
    private const int Step = 32;

    private static int MagnitudeBits => TFormat.ExponentBits + TFormat.MantissaBits;

    private static uint Sign => 1u << MagnitudeBits;

    /// <summary>How far mantissa and exponent lie below those of a single.</summary>
    private static int Shift => SingleMantissaBits - TFormat.MantissaBits;

    /// <summary>What the exponents of a single are larger by, in its own place.</summary>
    private static uint Rebias => (uint)(SingleBias - TFormat.Bias) << SingleMantissaBits;

    /// <summary>A single of which the last bit is worth as much as that of the format's subnormals: adding it rounds to them.</summary>
    private static uint SubnormalRounder => (uint)(SingleBias + 1 - TFormat.Bias + Shift) << SingleMantissaBits;

    /// <summary>The smallest normal number, as a single.</summary>
    private static uint SmallestNormal => Rebias + (1u << SingleMantissaBits);

    /// <summary>Whether subnormals are at another place than those of a single.</summary>
    private static bool HasOwnSubnormals => TFormat.Bias != SingleBias;

    private static uint Infinity => ((1u << TFormat.ExponentBits) - 1) << TFormat.MantissaBits;

    private static uint LargestFinite => TFormat.Specials switch
    {
        MiniFloatSpecials.InfinityAndNaN => Infinity - 1,
        MiniFloatSpecials.AllOnesNaN => Sign - 2,
        _ => Sign - 1,
    };

    /// <summary>What is too large becomes.</summary>
    private static uint Overflow => TFormat.Specials switch
    {
        MiniFloatSpecials.InfinityAndNaN => Infinity,
        MiniFloatSpecials.AllOnesNaN => Sign - 1,
        MiniFloatSpecials.NegativeZeroNaN => Sign,
        _ => Sign - 1,
    };

    private static uint NaN => TFormat.Specials switch
    {
        MiniFloatSpecials.InfinityAndNaN => Infinity | (1u << (TFormat.MantissaBits - 1)),
        MiniFloatSpecials.AllOnesNaN => Sign - 1,
        _ => Sign,
    };

    /// <summary>The pattern nearest to <paramref name="value"/>.</summary>
    public static uint FromSingle(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        uint magnitude = bits & ~SingleSign;
        uint result = magnitude > SingleInfinity ? NaN : RoundMagnitude(magnitude);
        uint sign = (bits & SingleSign) >> (31 - MagnitudeBits);
        return TFormat.Specials == MiniFloatSpecials.NegativeZeroNaN && (result == 0 || result == Sign) ? result : result ^ sign;
    }

    /// <summary>The value of a pattern, which every <see cref="float"/> holds exactly. Bits above the format's are ignored.</summary>
    public static float ToSingle(uint bits)
    {
        uint magnitude = bits & (Sign - 1);
        uint sign = (bits & Sign) << (31 - MagnitudeBits);
        if (IsNaN(bits))
        {
            // Payloads survive where a pattern is the upper half of a single.
            return BitConverter.UInt32BitsToSingle(sign | SingleQuietNaN | (HasOwnSubnormals ? 0 : magnitude << Shift));
        }

        uint result = magnitude << Shift;
        if (TFormat.Specials == MiniFloatSpecials.InfinityAndNaN && magnitude == Infinity)
        {
            result = SingleInfinity;
        }
        else if (HasOwnSubnormals)
        {
            result = magnitude >> TFormat.MantissaBits == 0
                ? BitConverter.SingleToUInt32Bits(BitConverter.UInt32BitsToSingle(result + SmallestNormal) - BitConverter.UInt32BitsToSingle(SmallestNormal))
                : result + Rebias;
        }

        return BitConverter.UInt32BitsToSingle(sign | result);
    }

    /// <summary>Whether a pattern is a NaN.</summary>
    public static bool IsNaN(uint bits) => TFormat.Specials switch
    {
        MiniFloatSpecials.InfinityAndNaN => (bits & (Sign - 1)) > Infinity,
        MiniFloatSpecials.AllOnesNaN => (bits & (Sign - 1)) == Sign - 1,
        MiniFloatSpecials.NegativeZeroNaN => (bits & ((2 * Sign) - 1)) == Sign,
        _ => false,
    };

    /// <summary>Converts elements of one byte each.</summary>
    public static void FromSingle(ReadOnlySpan<float> source, Span<byte> destination)
    {
        CheckRoom(source.Length, destination.Length);
        int i = 0;
        for (; i <= source.Length - Step; i += Step)
        {
            ref float first = ref Unsafe.Add(ref MemoryMarshal.GetReference(source), i);
            Vector256.Narrow(
                Vector256.Narrow(FromSingle(Vector256.LoadUnsafe(ref first)), FromSingle(Vector256.LoadUnsafe(ref first, 8))),
                Vector256.Narrow(FromSingle(Vector256.LoadUnsafe(ref first, 16)), FromSingle(Vector256.LoadUnsafe(ref first, 24))))
                .StoreUnsafe(ref Unsafe.Add(ref MemoryMarshal.GetReference(destination), i));
        }

        for (; i < source.Length; i++)
        {
            destination[i] = (byte)FromSingle(source[i]);
        }
    }

    /// <summary>Converts elements of two bytes each.</summary>
    public static void FromSingle(ReadOnlySpan<float> source, Span<ushort> destination)
    {
        CheckRoom(source.Length, destination.Length);
        int i = 0;
        for (; i <= source.Length - Step; i += Step)
        {
            ref float first = ref Unsafe.Add(ref MemoryMarshal.GetReference(source), i);
            ref ushort target = ref Unsafe.Add(ref MemoryMarshal.GetReference(destination), i);
            Vector256.Narrow(FromSingle(Vector256.LoadUnsafe(ref first)), FromSingle(Vector256.LoadUnsafe(ref first, 8))).StoreUnsafe(ref target);
            Vector256.Narrow(FromSingle(Vector256.LoadUnsafe(ref first, 16)), FromSingle(Vector256.LoadUnsafe(ref first, 24))).StoreUnsafe(ref target, 16);
        }

        for (; i < source.Length; i++)
        {
            destination[i] = (ushort)FromSingle(source[i]);
        }
    }

    /// <summary>Converts elements of one byte each.</summary>
    public static void ToSingle(ReadOnlySpan<byte> source, Span<float> destination)
    {
        CheckRoom(source.Length, destination.Length);
        int i = 0;
        for (; i <= source.Length - Step; i += Step)
        {
            (Vector256<ushort> low, Vector256<ushort> high) = Vector256.Widen(Vector256.LoadUnsafe(ref Unsafe.Add(ref MemoryMarshal.GetReference(source), i)));
            ref float target = ref Unsafe.Add(ref MemoryMarshal.GetReference(destination), i);
            ToSingle(low, ref target);
            ToSingle(high, ref Unsafe.Add(ref target, 16));
        }

        for (; i < source.Length; i++)
        {
            destination[i] = ToSingle(source[i]);
        }
    }

    /// <summary>Converts elements of two bytes each.</summary>
    public static void ToSingle(ReadOnlySpan<ushort> source, Span<float> destination)
    {
        CheckRoom(source.Length, destination.Length);
        int i = 0;
        for (; i <= source.Length - Step; i += Step)
        {
            ref ushort first = ref Unsafe.Add(ref MemoryMarshal.GetReference(source), i);
            ref float target = ref Unsafe.Add(ref MemoryMarshal.GetReference(destination), i);
            ToSingle(Vector256.LoadUnsafe(ref first), ref target);
            ToSingle(Vector256.LoadUnsafe(ref first, 16), ref Unsafe.Add(ref target, 16));
        }

        for (; i < source.Length; i++)
        {
            destination[i] = ToSingle(source[i]);
        }
    }

    private static uint RoundMagnitude(uint magnitude)
    {
        uint rounded;
        if (HasOwnSubnormals && magnitude < SmallestNormal)
        {
            float sum = BitConverter.UInt32BitsToSingle(magnitude) + BitConverter.UInt32BitsToSingle(SubnormalRounder);
            rounded = BitConverter.SingleToUInt32Bits(sum) - SubnormalRounder;
        }
        else
        {
            rounded = ((magnitude + (1u << (Shift - 1)) - 1 + ((magnitude >> Shift) & 1)) >> Shift) - (Rebias >> Shift);
        }

        return rounded > LargestFinite ? Overflow : rounded;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> FromSingle(Vector256<float> value)
    {
        Vector256<uint> bits = value.AsUInt32();
        Vector256<uint> magnitude = bits & Vector256.Create(~SingleSign);
        Vector256<uint> rounded =
            ((magnitude + Vector256.Create((1u << (Shift - 1)) - 1) + ((magnitude >>> Shift) & Vector256<uint>.One)) >>> Shift) - Vector256.Create(Rebias >> Shift);
        if (HasOwnSubnormals)
        {
            Vector256<uint> rounder = Vector256.Create(SubnormalRounder);
            Vector256<uint> subnormal = (magnitude.AsSingle() + rounder.AsSingle()).AsUInt32() - rounder;
            rounded = Vector256.ConditionalSelect(Above(Vector256.Create(SmallestNormal), magnitude), subnormal, rounded);
        }

        rounded = Vector256.ConditionalSelect(Above(rounded, Vector256.Create(LargestFinite)), Vector256.Create(Overflow), rounded);
        rounded = Vector256.ConditionalSelect(Above(magnitude, Vector256.Create(SingleInfinity)), Vector256.Create(NaN), rounded);
        Vector256<uint> sign = (bits & Vector256.Create(SingleSign)) >>> (31 - MagnitudeBits);
        if (TFormat.Specials == MiniFloatSpecials.NegativeZeroNaN)
        {
            Vector256<uint> unsigned = Vector256.Equals(rounded, Vector256<uint>.Zero) | Vector256.Equals(rounded, Vector256.Create(Sign));
            sign = Vector256.AndNot(sign, unsigned);
        }

        return rounded ^ sign;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void ToSingle(Vector256<ushort> bits, ref float destination)
    {
        (Vector256<uint> low, Vector256<uint> high) = Vector256.Widen(bits);
        ToSingle(low).StoreUnsafe(ref destination);
        ToSingle(high).StoreUnsafe(ref destination, 8);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> ToSingle(Vector256<uint> bits)
    {
        Vector256<uint> magnitude = bits & Vector256.Create(Sign - 1);
        Vector256<uint> sign = (bits & Vector256.Create(Sign)) << (31 - MagnitudeBits);
        Vector256<uint> shifted = magnitude << Shift;
        Vector256<uint> quiet = Vector256.Create(SingleQuietNaN);
        if (!HasOwnSubnormals)
        {
            return (sign | shifted | (quiet & Above(magnitude, Vector256.Create(Infinity)))).AsSingle();
        }

        Vector256<uint> smallest = Vector256.Create(SmallestNormal);
        Vector256<uint> subnormal = ((shifted + smallest).AsSingle() - smallest.AsSingle()).AsUInt32();
        Vector256<uint> result =
            Vector256.ConditionalSelect(Above(Vector256.Create(1u << TFormat.MantissaBits), magnitude), subnormal, shifted + Vector256.Create(Rebias));
        switch (TFormat.Specials)
        {
            case MiniFloatSpecials.InfinityAndNaN:
                result = Vector256.ConditionalSelect(Vector256.Equals(magnitude, Vector256.Create(Infinity)), Vector256.Create(SingleInfinity), result);
                result = Vector256.ConditionalSelect(Above(magnitude, Vector256.Create(Infinity)), quiet, result);
                break;
            case MiniFloatSpecials.AllOnesNaN:
                result = Vector256.ConditionalSelect(Vector256.Equals(magnitude, Vector256.Create(Sign - 1)), quiet, result);
                break;
            case MiniFloatSpecials.NegativeZeroNaN:
                result = Vector256.ConditionalSelect(Vector256.Equals(bits, Vector256.Create(Sign)), quiet, result);
                break;
        }

        return (sign | result).AsSingle();
    }

    /// <summary>Where <paramref name="left"/> is larger; both below 2^31 or, as they wrap around below zero, compared as signed on purpose.</summary>
    private static Vector256<uint> Above(Vector256<uint> left, Vector256<uint> right) => Vector256.GreaterThan(left.AsInt32(), right.AsInt32()).AsUInt32();

    private static void CheckRoom(int source, int destination)
    {
        if (destination < source)
        {
            throw new ArgumentException($"The destination has room for {destination} elements, {source} are needed.", nameof(destination));
        }
    }
}

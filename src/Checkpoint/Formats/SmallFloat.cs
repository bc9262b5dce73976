using System.Collections.Frozen;

namespace OcdbtSharp.Checkpoint.Formats;

/// <summary>
/// The floating-point types of a byte or less, and bfloat16, as values of <see cref="float"/>, which holds each of theirs exactly. Their names and
/// layouts are those of Python's <c>ml_dtypes</c>: <c>fn</c> has no infinities, <c>uz</c> has one zero and keeps the pattern of minus zero for NaN.
/// </summary>
internal static class SmallFloat
{
    private enum Special
    {
        /// <summary>The greatest exponent stands for infinity and NaN, as in IEEE 754.</summary>
        Ieee,

        /// <summary>Only the pattern of all ones behind the sign is NaN.</summary>
        NanOnly,

        /// <summary>Only the pattern of minus zero is NaN.</summary>
        MinusZeroIsNan,

        /// <summary>Every pattern is a number.</summary>
        None,
    }

    private static readonly FrozenDictionary<string, Lazy<float[]>> Tables = new Dictionary<string, Lazy<float[]>>
    {
        ["float8_e3m4"] = Table(3, 4, 3, Special.Ieee),
        ["float8_e4m3"] = Table(4, 3, 7, Special.Ieee),
        ["float8_e4m3b11fnuz"] = Table(4, 3, 11, Special.MinusZeroIsNan),
        ["float8_e4m3fn"] = Table(4, 3, 7, Special.NanOnly),
        ["float8_e4m3fnuz"] = Table(4, 3, 8, Special.MinusZeroIsNan),
        ["float8_e5m2"] = Table(5, 2, 15, Special.Ieee),
        ["float8_e5m2fnuz"] = Table(5, 2, 16, Special.MinusZeroIsNan),
        ["float4_e2m1fn"] = Table(2, 1, 1, Special.None),
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>The value of each of the 256 bytes; null for a type that is not of a byte or less.</summary>
    public static float[]? TableOf(string dataType) => Tables.TryGetValue(dataType, out Lazy<float[]>? table) ? table.Value : null;

    /// <summary>The value of a bfloat16: the upper half of a float's bits.</summary>
    public static float FromBFloat16(ushort bits) => BitConverter.UInt32BitsToSingle((uint)bits << 16);

    private static Lazy<float[]> Table(int exponentBits, int mantissaBits, int bias, Special special) =>
        new(() => [.. Enumerable.Range(0, 256).Select(bits => Decode(bits, exponentBits, mantissaBits, bias, special))]);

    private static float Decode(int bits, int exponentBits, int mantissaBits, int bias, Special special)
    {
        int width = 1 + exponentBits + mantissaBits;
        bits &= (1 << width) - 1;
        int sign = bits >> (width - 1);
        int magnitude = bits & ((1 << (width - 1)) - 1);
        int exponent = magnitude >> mantissaBits;
        int mantissa = magnitude & ((1 << mantissaBits) - 1);
        int greatest = (1 << exponentBits) - 1;
        bool isNan = special switch
        {
            Special.Ieee => exponent == greatest && mantissa != 0,
            Special.NanOnly => magnitude == (1 << (width - 1)) - 1,
            Special.MinusZeroIsNan => sign == 1 && magnitude == 0,
            _ => false,
        };
        if (isNan)
        {
            return float.NaN;
        }

        // Scaling by a power of two is exact here: a float reaches far beyond these types.
        float value = special == Special.Ieee && exponent == greatest ? float.PositiveInfinity
            : exponent == 0 ? MathF.ScaleB(mantissa, 1 - bias - mantissaBits)
            : MathF.ScaleB(mantissa + (1 << mantissaBits), exponent - bias - mantissaBits);
        return sign == 1 ? -value : value;
    }
}

using OcdbtSharp.Zarr3.Types;

namespace OcdbtSharp.Zarr3.Tests.Types;

/// <summary>A small float as its definition gives it, written down a second time, beside the conversions of the type under test.</summary>
internal sealed record SmallFloat(string Name, int ExponentBits, int MantissaBits, int Bias, MiniFloatSpecials Specials)
{
    public required Func<int, float> ToSingle { get; init; }

    public required Func<float, int> FromSingle { get; init; }

    public required Func<int[], float[]> ToSingles { get; init; }

    public required Func<float[], int[]> FromSingles { get; init; }

    public static IEnumerable<SmallFloat> All =>
    [
        Create("bfloat16", 8, 7, 127, MiniFloatSpecials.InfinityAndNaN, bits => BFloat16.FromBits((ushort)bits), x => x.Bits, x => x, x => (BFloat16)x, BFloat16.ConvertToSingle, BFloat16.ConvertFromSingle),
        Create("float8_e3m4", 3, 4, 3, MiniFloatSpecials.InfinityAndNaN, bits => Float8E3M4.FromBits((byte)bits), x => x.Bits, x => x, x => (Float8E3M4)x, Float8E3M4.ConvertToSingle, Float8E3M4.ConvertFromSingle),
        Create("float8_e4m3fn", 4, 3, 7, MiniFloatSpecials.AllOnesNaN, bits => Float8E4M3Fn.FromBits((byte)bits), x => x.Bits, x => x, x => (Float8E4M3Fn)x, Float8E4M3Fn.ConvertToSingle, Float8E4M3Fn.ConvertFromSingle),
        Create("float8_e4m3fnuz", 4, 3, 8, MiniFloatSpecials.NegativeZeroNaN, bits => Float8E4M3FnUz.FromBits((byte)bits), x => x.Bits, x => x, x => (Float8E4M3FnUz)x, Float8E4M3FnUz.ConvertToSingle, Float8E4M3FnUz.ConvertFromSingle),
        Create("float8_e4m3b11fnuz", 4, 3, 11, MiniFloatSpecials.NegativeZeroNaN, bits => Float8E4M3B11FnUz.FromBits((byte)bits), x => x.Bits, x => x, x => (Float8E4M3B11FnUz)x, Float8E4M3B11FnUz.ConvertToSingle, Float8E4M3B11FnUz.ConvertFromSingle),
        Create("float8_e5m2", 5, 2, 15, MiniFloatSpecials.InfinityAndNaN, bits => Float8E5M2.FromBits((byte)bits), x => x.Bits, x => x, x => (Float8E5M2)x, Float8E5M2.ConvertToSingle, Float8E5M2.ConvertFromSingle),
        Create("float8_e5m2fnuz", 5, 2, 16, MiniFloatSpecials.NegativeZeroNaN, bits => Float8E5M2FnUz.FromBits((byte)bits), x => x.Bits, x => x, x => (Float8E5M2FnUz)x, Float8E5M2FnUz.ConvertToSingle, Float8E5M2FnUz.ConvertFromSingle),
        Create("float4_e2m1fn", 2, 1, 1, MiniFloatSpecials.None, bits => Float4E2M1Fn.FromBits((byte)bits), x => x.Bits, x => x, x => (Float4E2M1Fn)x, Float4E2M1Fn.ConvertToSingle, Float4E2M1Fn.ConvertFromSingle),
    ];

    public int Sign => 1 << (ExponentBits + MantissaBits);

    public int Patterns => 2 * Sign;

    /// <summary>The pattern of the largest finite number.</summary>
    public int Largest => Specials switch
    {
        MiniFloatSpecials.InfinityAndNaN => (((1 << ExponentBits) - 1) << MantissaBits) - 1,
        MiniFloatSpecials.AllOnesNaN => Sign - 2,
        _ => Sign - 1,
    };

    /// <summary>What a number becomes that is too large.</summary>
    public int Overflow => Specials == MiniFloatSpecials.NegativeZeroNaN ? Sign : Specials == MiniFloatSpecials.None ? Largest : Largest + 1;

    public bool IsNaN(int bits) => Specials switch
    {
        MiniFloatSpecials.InfinityAndNaN => (bits & (Sign - 1)) > Largest + 1,
        MiniFloatSpecials.AllOnesNaN => (bits & (Sign - 1)) == Sign - 1,
        MiniFloatSpecials.NegativeZeroNaN => bits == Sign,
        _ => false,
    };

    /// <summary>The number of a pattern without its sign, also of one behind the largest, as if the exponents went on.</summary>
    public double Magnitude(int bits)
    {
        int exponent = bits >> MantissaBits;
        int mantissa = bits & ((1 << MantissaBits) - 1);
        return exponent == 0
            ? Math.ScaleB(mantissa, 1 - Bias - MantissaBits)
            : Math.ScaleB(mantissa + (1 << MantissaBits), exponent - Bias - MantissaBits);
    }

    /// <summary>The number of a pattern.</summary>
    public float Value(int bits)
    {
        if (IsNaN(bits))
        {
            return float.NaN;
        }

        int magnitude = bits & (Sign - 1);
        double value = magnitude > Largest ? double.PositiveInfinity : Magnitude(magnitude);
        return (float)(bits == magnitude ? value : -value);
    }

    /// <inheritdoc/>
    public override string ToString() => Name;

    private delegate void Convert<TFrom, TTo>(ReadOnlySpan<TFrom> source, Span<TTo> destination);

    private static SmallFloat Create<T>(
        string name, int exponentBits, int mantissaBits, int bias, MiniFloatSpecials specials,
        Func<int, T> fromBits, Func<T, int> bits, Func<T, float> toSingle, Func<float, T> fromSingle, Convert<T, float> toSingles, Convert<float, T> fromSingles)
        where T : unmanaged => new(name, exponentBits, mantissaBits, bias, specials)
        {
            ToSingle = pattern => toSingle(fromBits(pattern)),
            FromSingle = value => bits(fromSingle(value)),
            ToSingles = patterns =>
            {
                float[] values = new float[patterns.Length];
                toSingles([.. patterns.Select(fromBits)], values);
                return values;
            },
            FromSingles = values =>
            {
                var patterns = new T[values.Length];
                fromSingles(values, patterns);
                return [.. patterns.Select(bits)];
            },
        };
}

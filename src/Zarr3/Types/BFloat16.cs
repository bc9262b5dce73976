using System.Globalization;
using System.Runtime.InteropServices;

namespace OcdbtSharp.Zarr3;

/// <summary>bfloat16: a float of 16 bits, the upper half of a <see cref="float"/>.</summary>
/// <remarks>8 bits of exponent, 7 of mantissa; infinities and NaN as IEEE 754.</remarks>
public readonly struct BFloat16 : IEquatable<BFloat16>, Types.IMiniFloatFormat
{
    private readonly ushort _bits;

    private BFloat16(ushort bits) => _bits = bits;

    /// <summary>The bit pattern.</summary>
    public ushort Bits => _bits;

    static int Types.IMiniFloatFormat.ExponentBits => 8;

    static int Types.IMiniFloatFormat.MantissaBits => 7;

    static int Types.IMiniFloatFormat.Bias => 127;

    static Types.MiniFloatSpecials Types.IMiniFloatFormat.Specials => Types.MiniFloatSpecials.InfinityAndNaN;

    /// <summary>The number with a bit pattern.</summary>
    public static BFloat16 FromBits(ushort bits) => new(bits);

    /// <summary>The nearest number, ties to even. Larger than the largest becomes infinity.</summary>
    public static explicit operator BFloat16(float value) => new((ushort)Types.MiniFloat<BFloat16>.FromSingle(value));

    /// <summary>The same number; nothing is lost.</summary>
    public static implicit operator float(BFloat16 value) => Types.MiniFloat<BFloat16>.ToSingle(value._bits);

    /// <summary>Whether two numbers are equal: zeros of both signs are, NaN equals nothing.</summary>
    public static bool operator ==(BFloat16 left, BFloat16 right) => (float)left == (float)right;

    /// <summary>Whether two numbers differ.</summary>
    public static bool operator !=(BFloat16 left, BFloat16 right) => (float)left != (float)right;

    /// <summary>Converts many numbers to <see cref="float"/>.</summary>
    /// <exception cref="ArgumentException"><paramref name="destination"/> is shorter than <paramref name="source"/>.</exception>
    public static void ConvertToSingle(ReadOnlySpan<BFloat16> source, Span<float> destination) =>
        Types.MiniFloat<BFloat16>.ToSingle(MemoryMarshal.Cast<BFloat16, ushort>(source), destination);

    /// <summary>Converts many numbers from <see cref="float"/>, each to the nearest, ties to even.</summary>
    /// <exception cref="ArgumentException"><paramref name="destination"/> is shorter than <paramref name="source"/>.</exception>
    public static void ConvertFromSingle(ReadOnlySpan<float> source, Span<BFloat16> destination) =>
        Types.MiniFloat<BFloat16>.FromSingle(source, MemoryMarshal.Cast<BFloat16, ushort>(destination));

    /// <summary>Whether two numbers are equal, NaN being equal to NaN.</summary>
    public bool Equals(BFloat16 other) => ((float)this).Equals(other);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is BFloat16 other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => ((float)this).GetHashCode();

    /// <summary>The number as text, the same in every culture.</summary>
    public override string ToString() => ((float)this).ToString(CultureInfo.InvariantCulture);
}

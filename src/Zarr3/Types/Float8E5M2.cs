using System.Globalization;
using System.Runtime.InteropServices;

namespace OcdbtSharp.Zarr3;

/// <summary>float8_e5m2: a float of 8 bits, the upper half of a <see cref="Half"/>, up to 57344.</summary>
/// <remarks>5 bits of exponent with bias 15, 2 of mantissa; infinities and NaN as IEEE 754.</remarks>
public readonly struct Float8E5M2 : IEquatable<Float8E5M2>, Types.IMiniFloatFormat
{
    private readonly byte _bits;

    private Float8E5M2(byte bits) => _bits = bits;

    /// <summary>The bit pattern.</summary>
    public byte Bits => _bits;

    static int Types.IMiniFloatFormat.ExponentBits => 5;

    static int Types.IMiniFloatFormat.MantissaBits => 2;

    static int Types.IMiniFloatFormat.Bias => 15;

    static Types.MiniFloatSpecials Types.IMiniFloatFormat.Specials => Types.MiniFloatSpecials.InfinityAndNaN;

    /// <summary>The number with a bit pattern.</summary>
    public static Float8E5M2 FromBits(byte bits) => new(bits);

    /// <summary>The nearest number, ties to even. Larger than the largest becomes infinity.</summary>
    public static explicit operator Float8E5M2(float value) => new((byte)Types.MiniFloat<Float8E5M2>.FromSingle(value));

    /// <summary>The same number; nothing is lost.</summary>
    public static implicit operator float(Float8E5M2 value) => Types.MiniFloat<Float8E5M2>.ToSingle(value._bits);

    /// <summary>Whether two numbers are equal: zeros of both signs are, NaN equals nothing.</summary>
    public static bool operator ==(Float8E5M2 left, Float8E5M2 right) => (float)left == (float)right;

    /// <summary>Whether two numbers differ.</summary>
    public static bool operator !=(Float8E5M2 left, Float8E5M2 right) => (float)left != (float)right;

    /// <summary>Converts many numbers to <see cref="float"/>.</summary>
    /// <exception cref="ArgumentException"><paramref name="destination"/> is shorter than <paramref name="source"/>.</exception>
    public static void ConvertToSingle(ReadOnlySpan<Float8E5M2> source, Span<float> destination) =>
        Types.MiniFloat<Float8E5M2>.ToSingle(MemoryMarshal.Cast<Float8E5M2, byte>(source), destination);

    /// <summary>Converts many numbers from <see cref="float"/>, each to the nearest, ties to even.</summary>
    /// <exception cref="ArgumentException"><paramref name="destination"/> is shorter than <paramref name="source"/>.</exception>
    public static void ConvertFromSingle(ReadOnlySpan<float> source, Span<Float8E5M2> destination) =>
        Types.MiniFloat<Float8E5M2>.FromSingle(source, MemoryMarshal.Cast<Float8E5M2, byte>(destination));

    /// <summary>Whether two numbers are equal, NaN being equal to NaN.</summary>
    public bool Equals(Float8E5M2 other) => ((float)this).Equals(other);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Float8E5M2 other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => ((float)this).GetHashCode();

    /// <summary>The number as text, the same in every culture.</summary>
    public override string ToString() => ((float)this).ToString(CultureInfo.InvariantCulture);
}

using System.Globalization;
using System.Runtime.InteropServices;

namespace OcdbtSharp.Zarr3;

/// <summary>float8_e5m2fnuz: a float of 8 bits, up to 57344.</summary>
/// <remarks>5 bits of exponent with bias 16, 2 of mantissa; one NaN, no infinities, no negative zero.</remarks>
public readonly struct Float8E5M2FnUz : IEquatable<Float8E5M2FnUz>, Types.IMiniFloatFormat
{
    private readonly byte _bits;

    private Float8E5M2FnUz(byte bits) => _bits = bits;

    /// <summary>The bit pattern.</summary>
    public byte Bits => _bits;

    static int Types.IMiniFloatFormat.ExponentBits => 5;

    static int Types.IMiniFloatFormat.MantissaBits => 2;

    static int Types.IMiniFloatFormat.Bias => 16;

    static Types.MiniFloatSpecials Types.IMiniFloatFormat.Specials => Types.MiniFloatSpecials.NegativeZeroNaN;

    /// <summary>The number with a bit pattern.</summary>
    public static Float8E5M2FnUz FromBits(byte bits) => new(bits);

    /// <summary>The nearest number, ties to even. Larger than the largest becomes NaN.</summary>
    public static explicit operator Float8E5M2FnUz(float value) => new((byte)Types.MiniFloat<Float8E5M2FnUz>.FromSingle(value));

    /// <summary>The same number; nothing is lost.</summary>
    public static implicit operator float(Float8E5M2FnUz value) => Types.MiniFloat<Float8E5M2FnUz>.ToSingle(value._bits);

    /// <summary>Whether two numbers are equal: zeros of both signs are, NaN equals nothing.</summary>
    public static bool operator ==(Float8E5M2FnUz left, Float8E5M2FnUz right) => (float)left == (float)right;

    /// <summary>Whether two numbers differ.</summary>
    public static bool operator !=(Float8E5M2FnUz left, Float8E5M2FnUz right) => (float)left != (float)right;

    /// <summary>Converts many numbers to <see cref="float"/>.</summary>
    /// <exception cref="ArgumentException"><paramref name="destination"/> is shorter than <paramref name="source"/>.</exception>
    public static void ConvertToSingle(ReadOnlySpan<Float8E5M2FnUz> source, Span<float> destination) =>
        Types.MiniFloat<Float8E5M2FnUz>.ToSingle(MemoryMarshal.Cast<Float8E5M2FnUz, byte>(source), destination);

    /// <summary>Converts many numbers from <see cref="float"/>, each to the nearest, ties to even.</summary>
    /// <exception cref="ArgumentException"><paramref name="destination"/> is shorter than <paramref name="source"/>.</exception>
    public static void ConvertFromSingle(ReadOnlySpan<float> source, Span<Float8E5M2FnUz> destination) =>
        Types.MiniFloat<Float8E5M2FnUz>.FromSingle(source, MemoryMarshal.Cast<Float8E5M2FnUz, byte>(destination));

    /// <summary>Whether two numbers are equal, NaN being equal to NaN.</summary>
    public bool Equals(Float8E5M2FnUz other) => ((float)this).Equals(other);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Float8E5M2FnUz other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => ((float)this).GetHashCode();

    /// <summary>The number as text, the same in every culture.</summary>
    public override string ToString() => ((float)this).ToString(CultureInfo.InvariantCulture);
}

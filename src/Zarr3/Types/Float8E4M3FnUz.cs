using System.Globalization;
using System.Runtime.InteropServices;

namespace OcdbtSharp.Zarr3;

/// <summary>float8_e4m3fnuz: a float of 8 bits, up to 240.</summary>
/// <remarks>4 bits of exponent with bias 8, 3 of mantissa; one NaN, no infinities, no negative zero.</remarks>
public readonly struct Float8E4M3FnUz : IEquatable<Float8E4M3FnUz>, Types.IMiniFloatFormat
{
    private readonly byte _bits;

    private Float8E4M3FnUz(byte bits) => _bits = bits;

    /// <summary>The bit pattern.</summary>
    public byte Bits => _bits;

    static int Types.IMiniFloatFormat.ExponentBits => 4;

    static int Types.IMiniFloatFormat.MantissaBits => 3;

    static int Types.IMiniFloatFormat.Bias => 8;

    static Types.MiniFloatSpecials Types.IMiniFloatFormat.Specials => Types.MiniFloatSpecials.NegativeZeroNaN;

    /// <summary>The number with a bit pattern.</summary>
    public static Float8E4M3FnUz FromBits(byte bits) => new(bits);

    /// <summary>The nearest number, ties to even. Larger than the largest becomes NaN.</summary>
    public static explicit operator Float8E4M3FnUz(float value) => new((byte)Types.MiniFloat<Float8E4M3FnUz>.FromSingle(value));

    /// <summary>The same number; nothing is lost.</summary>
    public static implicit operator float(Float8E4M3FnUz value) => Types.MiniFloat<Float8E4M3FnUz>.ToSingle(value._bits);

    /// <summary>Whether two numbers are equal: zeros of both signs are, NaN equals nothing.</summary>
    public static bool operator ==(Float8E4M3FnUz left, Float8E4M3FnUz right) => (float)left == (float)right;

    /// <summary>Whether two numbers differ.</summary>
    public static bool operator !=(Float8E4M3FnUz left, Float8E4M3FnUz right) => (float)left != (float)right;

    /// <summary>Converts many numbers to <see cref="float"/>.</summary>
    /// <exception cref="ArgumentException"><paramref name="destination"/> is shorter than <paramref name="source"/>.</exception>
    public static void ConvertToSingle(ReadOnlySpan<Float8E4M3FnUz> source, Span<float> destination) =>
        Types.MiniFloat<Float8E4M3FnUz>.ToSingle(MemoryMarshal.Cast<Float8E4M3FnUz, byte>(source), destination);

    /// <summary>Converts many numbers from <see cref="float"/>, each to the nearest, ties to even.</summary>
    /// <exception cref="ArgumentException"><paramref name="destination"/> is shorter than <paramref name="source"/>.</exception>
    public static void ConvertFromSingle(ReadOnlySpan<float> source, Span<Float8E4M3FnUz> destination) =>
        Types.MiniFloat<Float8E4M3FnUz>.FromSingle(source, MemoryMarshal.Cast<Float8E4M3FnUz, byte>(destination));

    /// <summary>Whether two numbers are equal, NaN being equal to NaN.</summary>
    public bool Equals(Float8E4M3FnUz other) => ((float)this).Equals(other);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Float8E4M3FnUz other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => ((float)this).GetHashCode();

    /// <summary>The number as text, the same in every culture.</summary>
    public override string ToString() => ((float)this).ToString(CultureInfo.InvariantCulture);
}

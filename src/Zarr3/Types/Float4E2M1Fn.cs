using System.Globalization;
using System.Runtime.InteropServices;

namespace OcdbtSharp.Zarr3;

/// <summary>float4_e2m1fn: a float of 4 bits, up to 6, in the lower half of a byte.</summary>
/// <remarks>2 bits of exponent with bias 1, 1 of mantissa; neither infinities nor NaN.</remarks>
public readonly struct Float4E2M1Fn : IEquatable<Float4E2M1Fn>, Types.IMiniFloatFormat
{
    private readonly byte _bits;

    private Float4E2M1Fn(byte bits) => _bits = bits;

    /// <summary>The bit pattern, in the lower four bits.</summary>
    public byte Bits => (byte)(_bits & 0x0F);

    static int Types.IMiniFloatFormat.ExponentBits => 2;

    static int Types.IMiniFloatFormat.MantissaBits => 1;

    static int Types.IMiniFloatFormat.Bias => 1;

    static Types.MiniFloatSpecials Types.IMiniFloatFormat.Specials => Types.MiniFloatSpecials.None;

    /// <summary>The number with a bit pattern.</summary>
    public static Float4E2M1Fn FromBits(byte bits) => new(bits);

    /// <summary>The nearest number, ties to even. Larger than the largest becomes the largest, NaN becomes zero.</summary>
    public static explicit operator Float4E2M1Fn(float value) => new((byte)Types.MiniFloat<Float4E2M1Fn>.FromSingle(value));

    /// <summary>The same number; nothing is lost.</summary>
    public static implicit operator float(Float4E2M1Fn value) => Types.MiniFloat<Float4E2M1Fn>.ToSingle(value._bits);

    /// <summary>Whether two numbers are equal: zeros of both signs are.</summary>
    public static bool operator ==(Float4E2M1Fn left, Float4E2M1Fn right) => (float)left == (float)right;

    /// <summary>Whether two numbers differ.</summary>
    public static bool operator !=(Float4E2M1Fn left, Float4E2M1Fn right) => (float)left != (float)right;

    /// <summary>Converts many numbers to <see cref="float"/>.</summary>
    /// <exception cref="ArgumentException"><paramref name="destination"/> is shorter than <paramref name="source"/>.</exception>
    public static void ConvertToSingle(ReadOnlySpan<Float4E2M1Fn> source, Span<float> destination) =>
        Types.MiniFloat<Float4E2M1Fn>.ToSingle(MemoryMarshal.Cast<Float4E2M1Fn, byte>(source), destination);

    /// <summary>Converts many numbers from <see cref="float"/>, each to the nearest, ties to even.</summary>
    /// <exception cref="ArgumentException"><paramref name="destination"/> is shorter than <paramref name="source"/>.</exception>
    public static void ConvertFromSingle(ReadOnlySpan<float> source, Span<Float4E2M1Fn> destination) =>
        Types.MiniFloat<Float4E2M1Fn>.FromSingle(source, MemoryMarshal.Cast<Float4E2M1Fn, byte>(destination));

    /// <summary>Whether two numbers are equal, zeros of both signs being so.</summary>
    public bool Equals(Float4E2M1Fn other) => ((float)this).Equals(other);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Float4E2M1Fn other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => ((float)this).GetHashCode();

    /// <summary>The number as text, the same in every culture.</summary>
    public override string ToString() => ((float)this).ToString(CultureInfo.InvariantCulture);
}

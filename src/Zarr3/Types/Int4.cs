using System.Globalization;
using System.Runtime.InteropServices;

namespace OcdbtSharp.Zarr3;

/// <summary>int4: an integer from -8 to 7, in the lower 4 bits of a byte.</summary>
public readonly struct Int4 : IEquatable<Int4>
{
    private const int Width = 4;
    private const int Mask = (1 << Width) - 1;

    private readonly byte _bits;

    private Int4(byte bits) => _bits = bits;

    /// <summary>The bit pattern, in the lower 4 bits; the others are zero.</summary>
    public byte Bits => (byte)(_bits & Mask);

    /// <summary>The number with a bit pattern, of which only the lower 4 bits count.</summary>
    public static Int4 FromBits(byte bits) => new((byte)(bits & Mask));

    /// <summary>The number whose bits are the lower 4 of <paramref name="value"/>: others than -8 to 7 wrap around.</summary>
    public static explicit operator Int4(int value) => new((byte)(value & Mask));

    /// <summary>The nearest number, ties to even; -8 or 7 for what is beyond them, 0 for NaN.</summary>
    public static explicit operator Int4(float value) => new(Types.MiniInteger.FromSingle(value, Width, true));

    /// <summary>The same number.</summary>
    public static implicit operator int(Int4 value) => (sbyte)(value._bits << 4) >> 4;

    /// <summary>Whether two numbers are equal.</summary>
    public static bool operator ==(Int4 left, Int4 right) => left.Equals(right);

    /// <summary>Whether two numbers differ.</summary>
    public static bool operator !=(Int4 left, Int4 right) => !left.Equals(right);

    /// <summary>Converts many numbers to <see cref="float"/>.</summary>
    /// <exception cref="ArgumentException"><paramref name="destination"/> is shorter than <paramref name="source"/>.</exception>
    public static void ConvertToSingle(ReadOnlySpan<Int4> source, Span<float> destination) =>
        Types.MiniInteger.ToSingle(MemoryMarshal.Cast<Int4, byte>(source), destination, Width, true);

    /// <summary>Converts many numbers from <see cref="float"/>, each to the nearest, ties to even; beyond the ends to the end, NaN to 0.</summary>
    /// <exception cref="ArgumentException"><paramref name="destination"/> is shorter than <paramref name="source"/>.</exception>
    public static void ConvertFromSingle(ReadOnlySpan<float> source, Span<Int4> destination) =>
        Types.MiniInteger.FromSingle(source, MemoryMarshal.Cast<Int4, byte>(destination), Width, true);

    /// <summary>Whether two numbers are equal.</summary>
    public bool Equals(Int4 other) => Bits == other.Bits;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Int4 other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => Bits;

    /// <summary>The number as text, the same in every culture.</summary>
    public override string ToString() => ((int)this).ToString(CultureInfo.InvariantCulture);
}

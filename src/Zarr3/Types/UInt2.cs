using System.Globalization;
using System.Runtime.InteropServices;

namespace OcdbtSharp.Zarr3;

/// <summary>uint2: an integer from 0 to 3, in the lower 2 bits of a byte.</summary>
public readonly struct UInt2 : IEquatable<UInt2>
{
    private const int Width = 2;
    private const int Mask = (1 << Width) - 1;

    private readonly byte _bits;

    private UInt2(byte bits) => _bits = bits;

    /// <summary>The bit pattern, in the lower 2 bits; the others are zero.</summary>
    public byte Bits => (byte)(_bits & Mask);

    /// <summary>The number with a bit pattern, of which only the lower 2 bits count.</summary>
    public static UInt2 FromBits(byte bits) => new((byte)(bits & Mask));

    /// <summary>The number whose bits are the lower 2 of <paramref name="value"/>: others than 0 to 3 wrap around.</summary>
    public static explicit operator UInt2(int value) => new((byte)(value & Mask));

    /// <summary>The nearest number, ties to even; 0 or 3 for what is beyond them, 0 for NaN.</summary>
    public static explicit operator UInt2(float value) => new(Types.MiniInteger.FromSingle(value, Width, false));

    /// <summary>The same number.</summary>
    public static implicit operator int(UInt2 value) => value.Bits;

    /// <summary>Whether two numbers are equal.</summary>
    public static bool operator ==(UInt2 left, UInt2 right) => left.Equals(right);

    /// <summary>Whether two numbers differ.</summary>
    public static bool operator !=(UInt2 left, UInt2 right) => !left.Equals(right);

    /// <summary>Converts many numbers to <see cref="float"/>.</summary>
    /// <exception cref="ArgumentException"><paramref name="destination"/> is shorter than <paramref name="source"/>.</exception>
    public static void ConvertToSingle(ReadOnlySpan<UInt2> source, Span<float> destination) =>
        Types.MiniInteger.ToSingle(MemoryMarshal.Cast<UInt2, byte>(source), destination, Width, false);

    /// <summary>Converts many numbers from <see cref="float"/>, each to the nearest, ties to even; beyond the ends to the end, NaN to 0.</summary>
    /// <exception cref="ArgumentException"><paramref name="destination"/> is shorter than <paramref name="source"/>.</exception>
    public static void ConvertFromSingle(ReadOnlySpan<float> source, Span<UInt2> destination) =>
        Types.MiniInteger.FromSingle(source, MemoryMarshal.Cast<UInt2, byte>(destination), Width, false);

    /// <summary>Whether two numbers are equal.</summary>
    public bool Equals(UInt2 other) => Bits == other.Bits;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is UInt2 other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => Bits;

    /// <summary>The number as text, the same in every culture.</summary>
    public override string ToString() => ((int)this).ToString(CultureInfo.InvariantCulture);
}

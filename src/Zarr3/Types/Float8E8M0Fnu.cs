using System.Globalization;

namespace OcdbtSharp.Zarr3;

/// <summary>float8_e8m0fnu: a power of two in 8 bits, from 2^-127 to 2^127: the common scale of a block of smaller floats.</summary>
/// <remarks>8 bits of exponent with bias 127; no sign, no zero, no infinities; the pattern of all ones is NaN.</remarks>
public readonly struct Float8E8M0Fnu : IEquatable<Float8E8M0Fnu>
{
    private const byte NaN = 0xFF;
    private const int SingleMantissaBits = 23;
    private const uint Half = 1u << (SingleMantissaBits - 1);
    private const uint SingleInfinity = 0x7F80_0000;

    private readonly byte _bits;

    private Float8E8M0Fnu(byte bits) => _bits = bits;

    /// <summary>The bit pattern.</summary>
    public byte Bits => _bits;

    /// <summary>The number with a bit pattern.</summary>
    public static Float8E8M0Fnu FromBits(byte bits) => new(bits);

    /// <summary>The nearest power of two, of two as near the larger; the smallest for what is positive and smaller, as ml_dtypes has it. The rest becomes NaN.</summary>
    public static explicit operator Float8E8M0Fnu(float value) => new(FromSingle(BitConverter.SingleToUInt32Bits(value)));

    /// <summary>The same number; nothing is lost.</summary>
    public static implicit operator float(Float8E8M0Fnu value) => value._bits switch
    {
        NaN => float.NaN,
        0 => BitConverter.UInt32BitsToSingle(Half),
        _ => BitConverter.UInt32BitsToSingle((uint)value._bits << SingleMantissaBits),
    };

    /// <summary>Whether two numbers are equal: NaN equals nothing.</summary>
    public static bool operator ==(Float8E8M0Fnu left, Float8E8M0Fnu right) => (float)left == (float)right;

    /// <summary>Whether two numbers differ.</summary>
    public static bool operator !=(Float8E8M0Fnu left, Float8E8M0Fnu right) => (float)left != (float)right;

    /// <summary>Converts many numbers to <see cref="float"/>.</summary>
    /// <exception cref="ArgumentException"><paramref name="destination"/> is shorter than <paramref name="source"/>.</exception>
    public static void ConvertToSingle(ReadOnlySpan<Float8E8M0Fnu> source, Span<float> destination)
    {
        CheckRoom(source.Length, destination.Length);
        for (int i = 0; i < source.Length; i++)
        {
            destination[i] = source[i];
        }
    }

    /// <summary>Converts many numbers from <see cref="float"/>.</summary>
    /// <exception cref="ArgumentException"><paramref name="destination"/> is shorter than <paramref name="source"/>.</exception>
    public static void ConvertFromSingle(ReadOnlySpan<float> source, Span<Float8E8M0Fnu> destination)
    {
        CheckRoom(source.Length, destination.Length);
        for (int i = 0; i < source.Length; i++)
        {
            destination[i] = (Float8E8M0Fnu)source[i];
        }
    }

    /// <summary>Whether two numbers are equal, NaN being equal to NaN.</summary>
    public bool Equals(Float8E8M0Fnu other) => ((float)this).Equals(other);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Float8E8M0Fnu other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => ((float)this).GetHashCode();

    /// <summary>The number as text, the same in every culture.</summary>
    public override string ToString() => ((float)this).ToString(CultureInfo.InvariantCulture);

    // Negative numbers have the sign bit, and are above infinity.
    private static byte FromSingle(uint bits)
    {
        uint exponent = bits >> SingleMantissaBits;
        return bits is 0 or >= SingleInfinity ? NaN
            : exponent == 0 ? (byte)(bits > Half ? 1 : 0)
            : (byte)(exponent + ((bits & Half) >> (SingleMantissaBits - 1)));
    }

    private static void CheckRoom(int source, int destination)
    {
        if (destination < source)
        {
            throw new ArgumentException($"The destination has room for {destination} elements, {source} are needed.", nameof(destination));
        }
    }
}

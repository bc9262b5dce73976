using System.Globalization;
using System.Numerics;

namespace OcdbtSharp.Zarr3;

/// <summary>complex64: a complex number of two <see cref="float"/>, real part first. complex128 is <see cref="Complex"/>.</summary>
/// <param name="Real">The real part.</param>
/// <param name="Imaginary">The imaginary part.</param>
public readonly record struct Complex64(float Real, float Imaginary)
{
    /// <summary>The nearest number of single precision.</summary>
    public static explicit operator Complex64(Complex value) => new((float)value.Real, (float)value.Imaginary);

    /// <summary>The same number in double precision.</summary>
    public static implicit operator Complex(Complex64 value) => new(value.Real, value.Imaginary);

    /// <summary>The number as text, as <see cref="Complex"/> writes it, the same in every culture.</summary>
    public override string ToString() => ((Complex)this).ToString(CultureInfo.InvariantCulture);
}

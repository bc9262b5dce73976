namespace OcdbtSharp.Zarr3.Types;

/// <summary>What the bit patterns of a small float mean besides finite numbers.</summary>
internal enum MiniFloatSpecials
{
    /// <summary>As IEEE 754: the highest exponent holds infinities and NaNs.</summary>
    InfinityAndNaN,

    /// <summary>"fn": no infinities; all bits of exponent and mantissa set is NaN.</summary>
    AllOnesNaN,

    /// <summary>"fnuz": no infinities and no negative zero, whose pattern is the one NaN.</summary>
    NegativeZeroNaN,

    /// <summary>Finite numbers only: what is too large becomes the largest.</summary>
    None,
}

/// <summary>The layout of a float of at most 16 bits: from the highest bit down, sign, exponent, mantissa.</summary>
internal interface IMiniFloatFormat
{
    static abstract int ExponentBits { get; }

    static abstract int MantissaBits { get; }

    static abstract int Bias { get; }

    static abstract MiniFloatSpecials Specials { get; }
}

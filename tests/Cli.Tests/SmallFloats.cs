using System.Globalization;

namespace OcdbtSharp.Cli.Tests;

/// <summary>The values of small floating-point types, computed from the numbers in their names.</summary>
internal static class SmallFloats
{
    /// <summary>The values of elements, little-endian; <c>float8_e4m3fn</c> has 4 bits of exponent and 3 of mantissa, and so on.</summary>
    public static float[] Decode(string type, byte[] elements)
    {
        if (type == "bfloat16")
        {
            return [.. elements.Chunk(2).Select(pair => BitConverter.UInt32BitsToSingle((uint)(pair[0] | (pair[1] << 8)) << 16))];
        }

        string digits = type[(type.IndexOf("_e", StringComparison.Ordinal) + 2)..];
        int exponentBits = digits[0] - '0';
        int mantissaBits = digits[2] - '0';
        bool isUnsignedZero = digits.EndsWith("uz", StringComparison.Ordinal);
        bool isFinite = digits.Contains("fn", StringComparison.Ordinal);
        int bias = digits.Contains('b', StringComparison.Ordinal)
            ? int.Parse(digits[(digits.IndexOf('b', StringComparison.Ordinal) + 1)..].TrimEnd('f', 'n', 'u', 'z'), CultureInfo.InvariantCulture)
            : (1 << (exponentBits - 1)) - (isUnsignedZero ? 0 : 1);
        return [.. elements.Select(bits => Decode(bits, exponentBits, mantissaBits, bias, isFinite, isUnsignedZero))];
    }

    private static float Decode(byte bits, int exponentBits, int mantissaBits, int bias, bool isFinite, bool isUnsignedZero)
    {
        int width = exponentBits + mantissaBits;
        bool isNegative = ((bits >> width) & 1) != 0;
        int magnitude = bits & ((1 << width) - 1);
        int exponent = magnitude >> mantissaBits;
        int mantissa = magnitude & ((1 << mantissaBits) - 1);
        if (isUnsignedZero && isNegative && magnitude == 0)
        {
            return float.NaN;
        }

        if (!isUnsignedZero && width == 7)
        {
            if (isFinite ? magnitude == 0x7F : exponent == (1 << exponentBits) - 1 && mantissa != 0)
            {
                return float.NaN;
            }

            if (!isFinite && exponent == (1 << exponentBits) - 1)
            {
                return isNegative ? float.NegativeInfinity : float.PositiveInfinity;
            }
        }

        double value = exponent == 0
            ? mantissa * Math.Pow(2, 1 - bias - mantissaBits)
            : (mantissa + (1 << mantissaBits)) * Math.Pow(2, exponent - bias - mantissaBits);
        return (float)(isNegative ? -value : value);
    }
}

using System.Buffers.Binary;
using System.Globalization;
using System.Text.Json;
using OcdbtSharp.KvStore;

namespace OcdbtSharp.Zarr3;

/// <summary>The value of elements that are not stored: its spellings in JSON, and its bytes, little-endian.</summary>
internal static partial class FillValue
{
    // The NaN that C and Python give; .NET's own is negative.
    private const ulong PositiveNaN = 0x7FF8_0000_0000_0000;

    /// <summary>Reads a fill value.</summary>
    /// <param name="element">The JSON value.</param>
    /// <param name="type">The type of the elements.</param>
    /// <param name="format">In version 3 a text that begins with <c>0x</c> is a bit pattern; in version 2, for TensorStore, a number.</param>
    /// <returns>The bytes of one element.</returns>
    /// <exception cref="CorruptDataException">It is not a value of the type.</exception>
    public static byte[] Parse(JsonElement element, DataType type, ZarrFormat format)
    {
        byte[]? value = type.Kind switch
        {
            DataTypeKind.Boolean => Boolean(element),
            DataTypeKind.SignedInteger => Signed(element, type),
            DataTypeKind.UnsignedInteger => Unsigned(element, type),
            DataTypeKind.FloatingPoint => Float(element, type, format),
            DataTypeKind.Complex => Complex(element, type, format),
            _ => Bytes(element, type),
        };
        return value ?? throw new CorruptDataException($"\"fill_value\" is {element.GetRawText()}, which is no value of the data type {type}");
    }

    private static byte[]? Boolean(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.True => [1],
        JsonValueKind.False => [0],

        // zarr-python writes version 2 so.
        JsonValueKind.Number when element.TryGetInt32(out int number) && number is 0 or 1 => [(byte)element.GetInt32()],
        _ => null,
    };

    private static byte[]? Signed(JsonElement element, DataType type)
    {
        long limit = type.Bits == 64 ? long.MaxValue : (1L << (type.Bits - 1)) - 1;
        return TryGetWhole(element) is { } value && value <= limit && value >= -(Int128)limit - 1
            ? LittleEndian((ulong)(long)value, type.Size)
            : null;
    }

    private static byte[]? Unsigned(JsonElement element, DataType type)
    {
        ulong limit = ulong.MaxValue >> (64 - type.Bits);
        return TryGetWhole(element) is { } value && value >= 0 && value <= limit ? LittleEndian((ulong)value, type.Size) : null;
    }

    /// <summary>A whole number, which may be spelled with a fraction of zero.</summary>
    private static Int128? TryGetWhole(JsonElement element)
    {
        if (element.ValueKind != JsonValueKind.Number)
        {
            return null;
        }

        return element.TryGetInt64(out long number) ? number
            : element.TryGetUInt64(out ulong large) ? large
            : element.TryGetDouble(out double value) && Math.Abs(value) < 1L << 53 && value == Math.Truncate(value) ? (long)value
            : null;
    }

    private static byte[]? Float(JsonElement element, DataType type, ZarrFormat format)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Number:
                return Encode(element.GetDouble(), type);
            case JsonValueKind.String:
                string text = element.GetString()!;
                return text switch
                {
                    "NaN" => Encode(BitConverter.UInt64BitsToDouble(PositiveNaN), type),
                    "Infinity" => Encode(double.PositiveInfinity, type),
                    "-Infinity" => Encode(double.NegativeInfinity, type),
                    _ when text.StartsWith("0x", StringComparison.Ordinal) => Hex(text.AsSpan(2), type, format),

                    // TensorStore takes numbers in quotes in version 2.
                    _ when double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && double.IsFinite(number) => Encode(number, type),
                    _ => FromBase64(text, type.Size),
                };
            default:
                return null;
        }
    }

    /// <summary>The bit pattern of a number, or in version 2 a whole number, most significant digit first; leading zeros may be left out.</summary>
    private static byte[]? Hex(ReadOnlySpan<char> digits, DataType type, ZarrFormat format) =>
        format == ZarrFormat.V2 ? (ulong.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong whole) ? Encode(whole, type) : null) :
        digits.Length <= 2 * type.Size && ulong.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong bits)
        && bits <= ulong.MaxValue >> (64 - type.Bits)
            ? LittleEndian(bits, type.Size)
            : null;

    private static byte[]? Complex(JsonElement element, DataType type, ZarrFormat format)
    {
        DataType half = DataType.Parse(type.Size == 8 ? "float32" : "float64");
        if (element.ValueKind == JsonValueKind.Array && element.GetArrayLength() == 2)
        {
            byte[]? real = Float(element[0], half, format);
            byte[]? imaginary = Float(element[1], half, format);
            return real is null || imaginary is null ? null : [.. real, .. imaginary];
        }

        // A real number stands for itself in version 2; base64 for both parts.
        return element.ValueKind == JsonValueKind.String && FromBase64(element.GetString()!, type.Size) is { } bytes ? bytes
            : Float(element, half, format) is { } alone ? [.. alone, .. new byte[half.Size]]
            : null;
    }

    private static byte[]? Bytes(JsonElement element, DataType type) => element.ValueKind switch
    {
        JsonValueKind.String => FromBase64(element.GetString()!, type.Size),
        JsonValueKind.Number when element.TryGetInt32(out int number) && number == 0 => new byte[type.Size],
        JsonValueKind.Array when element.GetArrayLength() == type.Size
            && element.EnumerateArray().All(item => item.ValueKind == JsonValueKind.Number && item.TryGetByte(out _)) =>
            [.. element.EnumerateArray().Select(item => item.GetByte())],
        _ => null,
    };

    /// <summary>Bytes in base64; shorter ones are continued with zeros, as numpy does.</summary>
    private static byte[]? FromBase64(string text, int size)
    {
        byte[] bytes = new byte[size];
        return text.Length <= (size + 2) / 3 * 4 && Convert.TryFromBase64String(text, bytes, out _) ? bytes : null;
    }

    private static byte[] Encode(double value, DataType type) => type.Name switch
    {
        "float64" => LittleEndian(BitConverter.DoubleToUInt64Bits(value), 8),
        "float32" => LittleEndian(BitConverter.SingleToUInt32Bits((float)value), 4),
        "float16" => LittleEndian(BitConverter.HalfToUInt16Bits((Half)value), 2),
        "bfloat16" => LittleEndian(((BFloat16)(float)value).Bits, 2),
        "float8_e3m4" => [((Float8E3M4)(float)value).Bits],
        "float8_e4m3b11fnuz" => [((Float8E4M3B11FnUz)(float)value).Bits],
        "float8_e4m3fn" => [((Float8E4M3Fn)(float)value).Bits],
        "float8_e4m3fnuz" => [((Float8E4M3FnUz)(float)value).Bits],
        "float8_e5m2" => [((Float8E5M2)(float)value).Bits],
        "float8_e5m2fnuz" => [((Float8E5M2FnUz)(float)value).Bits],

        // TensorStore spells the number of no bits so, though there is no zero.
        "float8_e8m0fnu" => value == 0 ? [0] : [((Float8E8M0Fnu)(float)value).Bits],
        "float4_e2m1fn" => [((Float4E2M1Fn)(float)value).Bits],
        _ => throw new UnsupportedFormatException($"there is no conversion of a fill value to {type}"),
    };

    private static byte[] LittleEndian(ulong bits, int size)
    {
        byte[] bytes = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, bits);
        return bytes[..size];
    }
}

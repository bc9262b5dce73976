using System.Buffers.Binary;
using System.Globalization;
using System.Text.Json.Nodes;
using OcdbtSharp.KvStore;

namespace OcdbtSharp.Zarr3;

/// <content>The spelling that is written: TensorStore's.</content>
internal static partial class FillValue
{
    /// <summary>Spells a fill value.</summary>
    /// <param name="value">The bytes of one element; null where all are zero.</param>
    /// <param name="type">The type of the elements.</param>
    /// <param name="format">Version 3 spells every NaN so that its bits survive; version 2 has one word for all.</param>
    public static JsonNode Encode(byte[]? value, DataType type, ZarrFormat format)
    {
        value ??= new byte[type.Size];
        return type.Kind switch
        {
            DataTypeKind.Boolean => JsonValue.Create(value[0] != 0),
            DataTypeKind.SignedInteger => JsonValue.Create(ToInt64(value, type)),
            DataTypeKind.UnsignedInteger => JsonValue.Create(ToUInt64(value)),

            // TensorStore knows no number of four bits in version 2.
            DataTypeKind.FloatingPoint when format == ZarrFormat.V2 && type.Bits < 8 => JsonValue.Create(Convert.ToBase64String(value)),
            DataTypeKind.FloatingPoint => EncodeFloat(value, type, format),
            DataTypeKind.Complex => EncodeComplex(value, type, format),
            _ => JsonValue.Create(Convert.ToBase64String(value)),
        };
    }

    /// <summary>The value of an element of a floating-point type.</summary>
    public static double ToDouble(ReadOnlySpan<byte> value, DataType type) => type.Name switch
    {
        "float64" => BinaryPrimitives.ReadDoubleLittleEndian(value),
        "float32" => BinaryPrimitives.ReadSingleLittleEndian(value),
        "float16" => (double)BinaryPrimitives.ReadHalfLittleEndian(value),
        "bfloat16" => BFloat16.FromBits(BinaryPrimitives.ReadUInt16LittleEndian(value)),
        "float8_e3m4" => Float8E3M4.FromBits(value[0]),
        "float8_e4m3b11fnuz" => Float8E4M3B11FnUz.FromBits(value[0]),
        "float8_e4m3fn" => Float8E4M3Fn.FromBits(value[0]),
        "float8_e4m3fnuz" => Float8E4M3FnUz.FromBits(value[0]),
        "float8_e5m2" => Float8E5M2.FromBits(value[0]),
        "float8_e5m2fnuz" => Float8E5M2FnUz.FromBits(value[0]),
        "float8_e8m0fnu" => Float8E8M0Fnu.FromBits(value[0]),
        "float4_e2m1fn" => Float4E2M1Fn.FromBits(value[0]),
        _ => throw new UnsupportedFormatException($"there is no conversion of a fill value of {type}"),
    };

    private static JsonNode EncodeFloat(ReadOnlySpan<byte> value, DataType type, ZarrFormat format)
    {
        double number = ToDouble(value, type);
        if (type.Name == "float8_e8m0fnu" && double.IsFinite(number))
        {
            // TensorStore reads numbers of this type with another bias than everyone else; bits it reads as they are.
            return value[0] == 0 ? JsonSpelling.Number(0)
                : format == ZarrFormat.V3 ? JsonValue.Create("0x" + value[0].ToString("x2", CultureInfo.InvariantCulture))
                : JsonSpelling.Number(number);
        }

        if (double.IsFinite(number))
        {
            return JsonSpelling.Number(number);
        }

        if (double.IsInfinity(number))
        {
            return JsonValue.Create(number > 0 ? "Infinity" : "-Infinity");
        }

        byte[] usual = Encode(BitConverter.UInt64BitsToDouble(PositiveNaN), type);
        return JsonValue.Create(format == ZarrFormat.V2 || value.SequenceEqual(usual)
            ? "NaN"
            : "0x" + ToUInt64(value).ToString("x" + 2 * type.Size, CultureInfo.InvariantCulture));
    }

    private static JsonArray EncodeComplex(ReadOnlySpan<byte> value, DataType type, ZarrFormat format)
    {
        DataType half = DataType.Parse(type.Size == 8 ? "float32" : "float64");
        return new JsonArray(EncodeFloat(value[..half.Size], half, format), EncodeFloat(value[half.Size..], half, format));
    }

    private static long ToInt64(ReadOnlySpan<byte> value, DataType type)
    {
        int unused = 64 - type.Bits;
        return (long)ToUInt64(value) << unused >> unused;
    }

    private static ulong ToUInt64(ReadOnlySpan<byte> value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        bytes.Clear();
        value.CopyTo(bytes);
        return BinaryPrimitives.ReadUInt64LittleEndian(bytes);
    }
}

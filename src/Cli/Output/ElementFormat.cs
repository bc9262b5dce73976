using System.Buffers.Binary;
using System.Globalization;
using System.Text.Json;
using OcdbtSharp.KvStore;
using OcdbtSharp.Zarr3;

namespace OcdbtSharp.Cli.Output;

/// <summary>Prints the elements of one data type.</summary>
internal abstract class ElementFormat
{
    /// <summary>Bytes of an element.</summary>
    public abstract int Size { get; }

    /// <summary>An element for people.</summary>
    public abstract string ToText(ReadOnlySpan<byte> element);

    /// <summary>An element for programs: a number, a boolean, a pair for a complex number, text for what JSON has no number for.</summary>
    public abstract void WriteJson(Utf8JsonWriter json, ReadOnlySpan<byte> element);

    /// <summary>The format of a data type.</summary>
    /// <exception cref="UnsupportedFormatException">Elements of this type cannot be printed.</exception>
    public static ElementFormat For(DataType dataType) => dataType.Kind switch
    {
        DataTypeKind.Structure => new StructureFormat(dataType),
        DataTypeKind.Bytes => new Plain<string>(dataType.Size, Convert.ToHexStringLower, value => value, (json, value) => json.WriteStringValue(value)),
        _ => For(dataType.Name),
    };

    private static ElementFormat For(string dataType) => dataType switch
    {
        "bool" => new Plain<bool>(1, element => element[0] != 0, value => value ? "True" : "False", (json, value) => json.WriteBooleanValue(value)),
        "int2" => SmallInteger(2, isSigned: true),
        "int4" => SmallInteger(4, isSigned: true),
        "uint2" => SmallInteger(2, isSigned: false),
        "uint4" => SmallInteger(4, isSigned: false),
        "int8" => Integer(1, element => (sbyte)element[0]),
        "int16" => Integer(2, element => BinaryPrimitives.ReadInt16LittleEndian(element)),
        "int32" => Integer(4, element => BinaryPrimitives.ReadInt32LittleEndian(element)),
        "int64" => Integer(8, element => BinaryPrimitives.ReadInt64LittleEndian(element)),
        "uint8" => Integer(1, element => element[0]),
        "uint16" => Integer(2, element => BinaryPrimitives.ReadUInt16LittleEndian(element)),
        "uint32" => Integer(4, element => BinaryPrimitives.ReadUInt32LittleEndian(element)),
        "uint64" => new Plain<ulong>(
            8, BinaryPrimitives.ReadUInt64LittleEndian, value => value.ToString(CultureInfo.InvariantCulture), (json, value) => json.WriteNumberValue(value)),
        "bfloat16" => Single(2, element => BFloat16.FromBits(BinaryPrimitives.ReadUInt16LittleEndian(element)), "G4"),
        "float16" => new Plain<Half>(
            2, BinaryPrimitives.ReadHalfLittleEndian, value => Text(value), (json, value) => WriteFloat(json, (float)value, (float)value)),
        "float32" => Single(4, BinaryPrimitives.ReadSingleLittleEndian, null),
        "float64" => new Plain<double>(8, BinaryPrimitives.ReadDoubleLittleEndian, Text, (json, value) => WriteFloat(json, value, value)),
        "complex64" => new Plain<(float Real, float Imaginary)>(
            8,
            element => (BinaryPrimitives.ReadSingleLittleEndian(element), BinaryPrimitives.ReadSingleLittleEndian(element[4..])),
            value => Complex(Text(value.Real), Text(value.Imaginary)),
            (json, value) => WritePair(json, value.Real, value.Imaginary, isSingle: true)),
        "complex128" => new Plain<(double Real, double Imaginary)>(
            16,
            element => (BinaryPrimitives.ReadDoubleLittleEndian(element), BinaryPrimitives.ReadDoubleLittleEndian(element[8..])),
            value => Complex(Text(value.Real), Text(value.Imaginary)),
            (json, value) => WritePair(json, value.Real, value.Imaginary, isSingle: false)),
        "float8_e3m4" => Single(1, element => Float8E3M4.FromBits(element[0]), null),
        "float8_e4m3b11fnuz" => Single(1, element => Float8E4M3B11FnUz.FromBits(element[0]), null),
        "float8_e4m3fn" => Single(1, element => Float8E4M3Fn.FromBits(element[0]), null),
        "float8_e4m3fnuz" => Single(1, element => Float8E4M3FnUz.FromBits(element[0]), null),
        "float8_e5m2" => Single(1, element => Float8E5M2.FromBits(element[0]), null),
        "float8_e5m2fnuz" => Single(1, element => Float8E5M2FnUz.FromBits(element[0]), null),
        "float8_e8m0fnu" => Single(1, element => Float8E8M0Fnu.FromBits(element[0]), null),
        "float4_e2m1fn" => Single(1, element => Float4E2M1Fn.FromBits(element[0]), null),
        _ => throw new UnsupportedFormatException($"Elements of the type {dataType} cannot be printed: use --raw or --sha256."),
    };

    private static Plain<long> Integer(int size, Read<long> read) =>
        new(size, read, value => value.ToString(CultureInfo.InvariantCulture), (json, value) => json.WriteNumberValue(value));

    private static Plain<long> SmallInteger(int bits, bool isSigned)
    {
        int unused = 8 - bits;
        return Integer(1, element => isSigned ? (sbyte)(element[0] << unused) >> unused : (byte)(element[0] << unused) >> unused);
    }

    private static Plain<float> Single(int size, Read<float> read, string? format) =>
        new(size, read, value => format is null ? Text(value) : Text(float.Parse(value.ToString(format, CultureInfo.InvariantCulture), CultureInfo.InvariantCulture)), (json, value) => WriteFloat(json, value, value));

    private static string Text<T>(T value)
        where T : IFormattable => value.ToString(null, CultureInfo.InvariantCulture);

    private static string Complex(string real, string imaginary) => imaginary.StartsWith('-') ? $"{real}{imaginary}i" : $"{real}+{imaginary}i";

    private static void WritePair(Utf8JsonWriter json, double real, double imaginary, bool isSingle)
    {
        json.WriteStartArray();
        if (isSingle)
        {
            WriteFloat(json, (float)real, real);
            WriteFloat(json, (float)imaginary, imaginary);
        }
        else
        {
            WriteFloat(json, real, real);
            WriteFloat(json, imaginary, imaginary);
        }

        json.WriteEndArray();
    }

    /// <summary>A number, or a text where JSON has no number for it. The shorter width prints the fewest digits that give it back.</summary>
    private static void WriteFloat(Utf8JsonWriter json, float shorter, double value)
    {
        if (double.IsFinite(value))
        {
            json.WriteNumberValue(shorter);
        }
        else
        {
            json.WriteStringValue(Special(value));
        }
    }

    private static void WriteFloat(Utf8JsonWriter json, double number, double value)
    {
        if (double.IsFinite(value))
        {
            json.WriteNumberValue(number);
        }
        else
        {
            json.WriteStringValue(Special(value));
        }
    }

    private static string Special(double value) => double.IsNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";
}

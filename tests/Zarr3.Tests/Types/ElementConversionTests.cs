using System.Buffers.Binary;
using OcdbtSharp.Zarr3.Types;

namespace OcdbtSharp.Zarr3.Tests.Types;

[TestFixture]
public sealed class ElementConversionTests
{
    // Scales of eight bits have no zero.
    private static readonly string[] Numbers =
        [.. DataType.Names.Where(name => DataType.Parse(name).Kind != DataTypeKind.Complex && name != "float8_e8m0fnu")];

    /// <summary>Whole numbers that every type holds but bool, more than a block of them.</summary>
    private static int[] Common(string type) => [.. Enumerable.Range(0, 1100).Select(i => type is "int2" or "bool" ? i % 2 : i % 3)];

    [Test]
    public void Small_whole_numbers_survive_every_conversion([ValueSource(nameof(Numbers))] string from, [ValueSource(nameof(Numbers))] string to)
    {
        int[] values = Common(from is "int2" or "bool" ? from : to);
        Assert.That(Decode(Convert(Encode(values.Select(value => (double)value), from), from, to), to), Is.EqualTo(values.Select(value => (double)value)));
    }

    [TestCase("float64", "bfloat16", 1.00390625, 1.0)] // half way to the next: to the even one
    [TestCase("float64", "bfloat16", 1.01171875, 1.015625)]
    [TestCase("float32", "float16", 70000, double.PositiveInfinity)]
    [TestCase("float32", "float8_e4m3fn", 500, double.NaN)]
    [TestCase("float64", "float8_e8m0fnu", 3, 4)]
    [TestCase("int32", "float8_e8m0fnu", 2, 2)]
    [TestCase("bfloat16", "float8_e8m0fnu", 0, double.NaN)]
    [TestCase("float8_e8m0fnu", "float32", 0.25, 0.25)]
    [TestCase("float32", "int8", -3.9, -3)]
    [TestCase("float32", "int8", 1000, 127)]
    [TestCase("float64", "uint8", -5, 0)]
    [TestCase("float64", "int64", 1e30, 9.2233720368547758e18)]
    [TestCase("float32", "int32", double.NaN, 0)]
    [TestCase("float32", "int4", 2.7, 2)]
    [TestCase("float32", "int4", 100, 7)]
    [TestCase("int32", "int8", 300, 44)] // 300 - 256
    [TestCase("int32", "uint4", 17, 1)]
    [TestCase("int16", "bool", 256, 1)]
    [TestCase("float32", "bool", 0.25, 1)]
    [TestCase("int32", "float32", 16777217, 16777216)]
    public void Rounding_and_ends_are_as_documented(string from, string to, double value, double expected) =>
        Assert.That(Decode(Convert(Encode([value], from), from, to), to), Is.EqualTo(new[] { expected }));

    [Test]
    public void Large_unsigned_numbers_do_not_turn_negative()
    {
        byte[] source = BitConverter.GetBytes(ulong.MaxValue);
        Assert.That(Decode(Convert(source, "uint64", "float64"), "float64")[0], Is.EqualTo(18446744073709551615.0));
        Assert.That(Convert(source, "uint64", "int64"), Is.EqualTo(source), "as numpy wraps");
    }

    [Test]
    public void Complex_numbers_take_real_ones_and_each_other()
    {
        Assert.That(Convert(BitConverter.GetBytes(2.5f), "float32", "complex128"), Is.EqualTo(BitConverter.GetBytes(2.5).Concat(new byte[8])));
        byte[] single = [.. BitConverter.GetBytes(1f), .. BitConverter.GetBytes(-2f)];
        Assert.That(Convert(single, "complex64", "complex128"), Is.EqualTo(BitConverter.GetBytes(1.0).Concat(BitConverter.GetBytes(-2.0))));
        Assert.That(ElementConversion.Exists(DataType.Parse("complex64"), DataType.Parse("float32")), Is.False);
        Assert.Throws<ArgumentException>(() => Convert(single, "complex64", "float32"));
    }

    private static byte[] Convert(byte[] source, string from, string to)
    {
        DataType target = DataType.Parse(to);
        byte[] result = new byte[source.Length / DataType.Parse(from).Size * target.Size];
        ElementConversion.Convert(DataType.Parse(from), source, target, result);
        return result;
    }

    /// <summary>Elements by the scalar conversions, one at a time.</summary>
    private static byte[] Encode(IEnumerable<double> values, string type) => [.. values.SelectMany(value => Bytes(value, type))];

    private static byte[] Bytes(double value, string type) => type switch
    {
        "bool" or "uint8" => [(byte)value],
        "int8" => [(byte)(sbyte)value],
        "int16" => BitConverter.GetBytes((short)value),
        "uint16" => BitConverter.GetBytes((ushort)value),
        "int32" => BitConverter.GetBytes((int)value),
        "uint32" => BitConverter.GetBytes((uint)value),
        "int64" => BitConverter.GetBytes((long)value),
        "uint64" => BitConverter.GetBytes((ulong)value),
        "int2" => [((Int2)(int)value).Bits],
        "int4" => [((Int4)(int)value).Bits],
        "uint2" => [((UInt2)(int)value).Bits],
        "uint4" => [((UInt4)(int)value).Bits],
        "float64" => BitConverter.GetBytes(value),
        "float32" => BitConverter.GetBytes((float)value),
        "float16" => BitConverter.GetBytes((Half)value),
        _ => FillValue.Parse(JsonSpelling.ToElement(JsonSpelling.Number(value)), DataType.Parse(type), ZarrFormat.V3),
    };

    private static double[] Decode(byte[] bytes, string type) => [.. bytes.Chunk(DataType.Parse(type).Size).Select(element => Value(element, type))];

    private static double Value(byte[] element, string type) => type switch
    {
        "bool" or "uint8" => element[0],
        "int8" => (sbyte)element[0],
        "int16" => BinaryPrimitives.ReadInt16LittleEndian(element),
        "uint16" => BinaryPrimitives.ReadUInt16LittleEndian(element),
        "int32" => BinaryPrimitives.ReadInt32LittleEndian(element),
        "uint32" => BinaryPrimitives.ReadUInt32LittleEndian(element),
        "int64" => BinaryPrimitives.ReadInt64LittleEndian(element),
        "uint64" => BinaryPrimitives.ReadUInt64LittleEndian(element),
        "int2" => (int)Int2.FromBits(element[0]),
        "int4" => (int)Int4.FromBits(element[0]),
        "uint2" => (int)UInt2.FromBits(element[0]),
        "uint4" => (int)UInt4.FromBits(element[0]),
        _ => FillValue.ToDouble(element, DataType.Parse(type)),
    };
}

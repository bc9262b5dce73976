using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using OcdbtSharp.KvStore;

namespace OcdbtSharp.Zarr3.Codecs;

/// <summary>How numbers lie in bytes: their type and their byte order. Numbers of any type are loaded as, and stored from, 64-bit integers or doubles.</summary>
internal readonly record struct NumberFormat(DataType Type, bool IsBigEndian)
{
    public int Size => Type.Size;

    public bool IsFloat => Type.Kind == DataTypeKind.FloatingPoint;

    /// <summary>Checks that the numbers are of a type with which a codec can calculate.</summary>
    public static NumberFormat Of(DataType type, bool bigEndian, string codec) =>
        type is { Kind: DataTypeKind.SignedInteger or DataTypeKind.UnsignedInteger, Bits: >= 8 } or { Kind: DataTypeKind.FloatingPoint, Name: "float16" or "float32" or "float64" }
            ? new NumberFormat(type, bigEndian && type.Size > 1)
            : throw new UnsupportedFormatException($"codec {codec}: the data type {type.Name} is not supported, only integers of 8 to 64 bits and floats of 16 to 64");

    /// <summary>A number of this type as one of another.</summary>
    /// <param name="number">Its bytes; null where all are zero.</param>
    /// <param name="to">The other type.</param>
    public byte[]? Convert(byte[]? number, NumberFormat to)
    {
        if (number is null)
        {
            return null;
        }

        byte[] converted = new byte[to.Size];
        if (IsFloat || to.IsFloat)
        {
            double value = 0;
            Load(number, new Span<double>(ref value));
            to.Store([value], converted);
        }
        else
        {
            long value = 0;
            Load(number, new Span<long>(ref value));
            to.Store([value], converted);
        }

        return converted;
    }

    /// <summary>Loads integers; those of uint64 beyond 2^63 with their bits.</summary>
    public void Load(scoped ReadOnlySpan<byte> source, Span<long> numbers)
    {
        Span<byte> swapped = stackalloc byte[IsBigEndian ? source.Length : 0];
        source = Swap(source, swapped);
        switch (Type.Name)
        {
            case "int8": Convert<sbyte, long>(MemoryMarshal.Cast<byte, sbyte>(source), numbers); break;
            case "int16": Convert<short, long>(MemoryMarshal.Cast<byte, short>(source), numbers); break;
            case "int32": Convert<int, long>(MemoryMarshal.Cast<byte, int>(source), numbers); break;
            case "uint8": Convert<byte, long>(source, numbers); break;
            case "uint16": Convert<ushort, long>(MemoryMarshal.Cast<byte, ushort>(source), numbers); break;
            case "uint32": Convert<uint, long>(MemoryMarshal.Cast<byte, uint>(source), numbers); break;
            default: MemoryMarshal.Cast<byte, long>(source).CopyTo(numbers); break;
        }
    }

    /// <summary>Loads doubles, the nearest ones of integers beyond 2^53.</summary>
    public void Load(scoped ReadOnlySpan<byte> source, Span<double> numbers)
    {
        Span<byte> swapped = stackalloc byte[IsBigEndian ? source.Length : 0];
        source = Swap(source, swapped);
        switch (Type.Name)
        {
            case "int8": Convert<sbyte, double>(MemoryMarshal.Cast<byte, sbyte>(source), numbers); break;
            case "int16": Convert<short, double>(MemoryMarshal.Cast<byte, short>(source), numbers); break;
            case "int32": Convert<int, double>(MemoryMarshal.Cast<byte, int>(source), numbers); break;
            case "int64": Convert<long, double>(MemoryMarshal.Cast<byte, long>(source), numbers); break;
            case "uint8": Convert<byte, double>(source, numbers); break;
            case "uint16": Convert<ushort, double>(MemoryMarshal.Cast<byte, ushort>(source), numbers); break;
            case "uint32": Convert<uint, double>(MemoryMarshal.Cast<byte, uint>(source), numbers); break;
            case "uint64": Convert<ulong, double>(MemoryMarshal.Cast<byte, ulong>(source), numbers); break;
            case "float16": Convert<Half, double>(MemoryMarshal.Cast<byte, Half>(source), numbers); break;
            case "float32": Convert<float, double>(MemoryMarshal.Cast<byte, float>(source), numbers); break;
            default: MemoryMarshal.Cast<byte, double>(source).CopyTo(numbers); break;
        }
    }

    /// <summary>Stores integers, of which the low bits stay.</summary>
    public void Store(ReadOnlySpan<long> numbers, Span<byte> target)
    {
        switch (Type.Name)
        {
            case "int8" or "uint8": Convert<long, byte>(numbers, target); break;
            case "int16" or "uint16": Convert<long, ushort>(numbers, MemoryMarshal.Cast<byte, ushort>(target)); break;
            case "int32" or "uint32": Convert<long, uint>(numbers, MemoryMarshal.Cast<byte, uint>(target)); break;
            default: numbers.CopyTo(MemoryMarshal.Cast<byte, long>(target)); break;
        }

        Swap(target, target);
    }

    /// <summary>Stores doubles; of those that become integers the whole part.</summary>
    public void Store(ReadOnlySpan<double> numbers, Span<byte> target)
    {
        switch (Type.Name)
        {
            case "uint64": Convert<double, ulong>(numbers, MemoryMarshal.Cast<byte, ulong>(target)); break;
            case "float16": Convert<double, Half>(numbers, MemoryMarshal.Cast<byte, Half>(target)); break;
            case "float32": Convert<double, float>(numbers, MemoryMarshal.Cast<byte, float>(target)); break;
            case "float64": numbers.CopyTo(MemoryMarshal.Cast<byte, double>(target)); break;
            default:
                Span<long> whole = stackalloc long[numbers.Length];
                Convert(numbers, whole);
                Store(whole, target);
                return;
        }

        Swap(target, target);
    }

    /// <summary>The number of this type that is nearest. One step of arithmetic in double, rounded, is the same step in the narrower type.</summary>
    public double Round(double number) => Size switch
    {
        2 => (double)(Half)number,
        4 => (float)number,
        _ => number,
    };

    /// <summary>What is left of an integer that leaves the range of this type.</summary>
    public long Wrap(long number) => Type.Name switch
    {
        "int8" => (sbyte)number,
        "int16" => (short)number,
        "int32" => (int)number,
        "uint8" => (byte)number,
        "uint16" => (ushort)number,
        "uint32" => (uint)number,
        _ => number,
    };

    /// <summary>The value of a loaded integer.</summary>
    public double ToDouble(long number) => Type.Name == "uint64" ? (ulong)number : number;

    private static void Convert<TFrom, TTo>(ReadOnlySpan<TFrom> source, Span<TTo> target)
        where TFrom : INumberBase<TFrom>
        where TTo : INumberBase<TTo>
    {
        for (int i = 0; i < source.Length; i++)
        {
            target[i] = TTo.CreateTruncating(source[i]);
        }
    }

    private ReadOnlySpan<byte> Swap(ReadOnlySpan<byte> source, Span<byte> target)
    {
        if (!IsBigEndian)
        {
            return source;
        }

        switch (Size)
        {
            case 2: BinaryPrimitives.ReverseEndianness(MemoryMarshal.Cast<byte, ushort>(source), MemoryMarshal.Cast<byte, ushort>(target)); break;
            case 4: BinaryPrimitives.ReverseEndianness(MemoryMarshal.Cast<byte, uint>(source), MemoryMarshal.Cast<byte, uint>(target)); break;
            default: BinaryPrimitives.ReverseEndianness(MemoryMarshal.Cast<byte, ulong>(source), MemoryMarshal.Cast<byte, ulong>(target)); break;
        }

        return target;
    }
}

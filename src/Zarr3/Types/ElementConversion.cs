using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using OcdbtSharp.KvStore.Buffers;

namespace OcdbtSharp.Zarr3.Types;

/// <summary>
/// Elements of one data type as elements of another. Floating-point numbers go to the nearest, ties to even; to integers they lose their fraction and
/// stop at the ends, NaN becomes 0; integers that do not fit wrap around, as in numpy; a boolean is whether a number is not zero.
/// </summary>
internal static class ElementConversion
{
    // Elements that are converted at a time: what is between the types stays in the first-level cache.
    private const int Block = 512;

    // Elements of one window of long memory.
    private const int Window = 1 << 20;

    /// <summary>Whether there is a conversion: there is none from complex numbers to others, and none of records and raw bytes.</summary>
    public static bool Exists(DataType from, DataType to) =>
        from.Equals(to)
        || (IsNumber(from) && IsNumber(to) && (from.Kind != DataTypeKind.Complex || to.Kind == DataTypeKind.Complex));

    /// <summary>Converts elements that may take more than 2 GiB.</summary>
    /// <inheritdoc cref="Convert(DataType, ReadOnlySpan{byte}, DataType, Span{byte})"/>
    public static void Convert(DataType from, ReadOnlyLongSpan source, DataType to, LongSpan destination)
    {
        long count = source.Length / from.Size;
        for (long first = 0; first < count; first += Window)
        {
            int length = (int)Math.Min(Window, count - first);
            Convert(from, source.Window(first * from.Size, length * from.Size), to, destination.Window(first * to.Size, length * to.Size));
        }
    }

    /// <summary>Converts elements, little-endian on both sides.</summary>
    /// <param name="from">The type of the source.</param>
    /// <param name="source">The elements.</param>
    /// <param name="to">The type of the destination.</param>
    /// <param name="destination">Room for exactly as many elements.</param>
    /// <exception cref="ArgumentException">There is no such conversion, or the lengths do not agree.</exception>
    public static void Convert(DataType from, ReadOnlySpan<byte> source, DataType to, Span<byte> destination)
    {
        int count = source.Length / from.Size;
        if (!Exists(from, to) || count * from.Size != source.Length || (long)count * to.Size != destination.Length)
        {
            throw new ArgumentException($"{source.Length} bytes of {from} cannot become {destination.Length} bytes of {to}.", nameof(destination));
        }

        if (from.Equals(to))
        {
            source.CopyTo(destination);
        }
        else if (to.Kind == DataTypeKind.Complex)
        {
            ConvertToComplex(from, source, to, destination);
        }
        else if (IsWhole(from) && IsWhole(to))
        {
            Convert<long>(from, source, to, destination, count);
        }
        else if (IsExactInSingle(from) && !IsWide(to))
        {
            Convert<float>(from, source, to, destination, count);
        }
        else
        {
            Convert<double>(from, source, to, destination, count);
        }
    }

    private static bool IsNumber(DataType type) => type.Kind is not (DataTypeKind.Structure or DataTypeKind.Bytes);

    private static bool IsWhole(DataType type) => type.Kind is DataTypeKind.Boolean or DataTypeKind.SignedInteger or DataTypeKind.UnsignedInteger;

    private static bool IsExactInSingle(DataType type) => type.Kind == DataTypeKind.FloatingPoint ? type.Bits <= 32 : type.Bits <= 16;

    private static bool IsWide(DataType type) => type.Name == "float64" || (IsWhole(type) && type.Bits > 16);

    private static void Convert<T>(DataType from, ReadOnlySpan<byte> source, DataType to, Span<byte> destination, int count)
        where T : unmanaged, INumberBase<T>
    {
        Span<T> between = stackalloc T[Block];
        for (int done = 0; done < count; done += Block)
        {
            Span<T> values = between[..Math.Min(Block, count - done)];
            Load(from, source.Slice(done * from.Size, values.Length * from.Size), values);
            Store(to, values, destination.Slice(done * to.Size, values.Length * to.Size));
        }
    }

    private static void ConvertToComplex(DataType from, ReadOnlySpan<byte> source, DataType to, Span<byte> destination)
    {
        DataType half = HalfOf(to);
        if (from.Kind == DataTypeKind.Complex)
        {
            Convert(HalfOf(from), source, half, destination);
            return;
        }

        byte[] real = new byte[source.Length / from.Size * half.Size];
        Convert(from, source, half, real);
        destination.Clear();
        for (int i = 0; i * half.Size < real.Length; i++)
        {
            real.AsSpan(i * half.Size, half.Size).CopyTo(destination[(i * to.Size)..]);
        }
    }

    private static DataType HalfOf(DataType complex) => DataType.Parse(complex.Size == 8 ? "float32" : "float64");

    private static void Load<T>(DataType type, ReadOnlySpan<byte> source, Span<T> destination)
        where T : unmanaged, INumberBase<T>
    {
        switch (type.Name)
        {
            case "bool":
                Span<byte> bits = stackalloc byte[source.Length];
                for (int i = 0; i < bits.Length; i++)
                {
                    bits[i] = source[i] != 0 ? (byte)1 : (byte)0;
                }

                TensorPrimitives.ConvertTruncating<byte, T>(bits, destination);
                break;
            case "int8":
                Load<sbyte, T>(source, destination);
                break;
            case "int16":
                Load<short, T>(source, destination);
                break;
            case "int32":
                Load<int, T>(source, destination);
                break;
            case "int64":
                Load<long, T>(source, destination);
                break;
            case "uint8":
                Load<byte, T>(source, destination);
                break;
            case "uint16":
                Load<ushort, T>(source, destination);
                break;
            case "uint32":
                Load<uint, T>(source, destination);
                break;
            case "uint64":
                Load<ulong, T>(source, destination);
                break;
            case "float16":
                Load<Half, T>(source, destination);
                break;
            case "float32":
                Load<float, T>(source, destination);
                break;
            case "float64":
                Load<double, T>(source, destination);
                break;
            default:
                Span<float> singles = stackalloc float[destination.Length];
                SmallToSingle(type, source, singles);
                TensorPrimitives.ConvertTruncating<float, T>(singles, destination);
                break;
        }
    }

    private static void Load<TFrom, T>(ReadOnlySpan<byte> source, Span<T> destination)
        where TFrom : unmanaged, INumberBase<TFrom>
        where T : unmanaged, INumberBase<T> => TensorPrimitives.ConvertTruncating<TFrom, T>(MemoryMarshal.Cast<byte, TFrom>(source), destination);

    private static void Store<T>(DataType type, ReadOnlySpan<T> source, Span<byte> destination)
        where T : unmanaged, INumberBase<T>
    {
        switch (type.Name)
        {
            case "bool":
                for (int i = 0; i < source.Length; i++)
                {
                    destination[i] = T.IsZero(source[i]) ? (byte)0 : (byte)1;
                }

                break;
            case "int8":
                Store<T, sbyte>(source, destination);
                break;
            case "int16":
                Store<T, short>(source, destination);
                break;
            case "int32":
                Store<T, int>(source, destination);
                break;
            case "int64":
                Store<T, long>(source, destination);
                break;
            case "uint8":
                Store<T, byte>(source, destination);
                break;
            case "uint16":
                Store<T, ushort>(source, destination);
                break;
            case "uint32":
                Store<T, uint>(source, destination);
                break;
            case "uint64":
                Store<T, ulong>(source, destination);
                break;
            case "float16":
                Store<T, Half>(source, destination);
                break;
            case "float32":
                Store<T, float>(source, destination);
                break;
            case "float64":
                Store<T, double>(source, destination);
                break;
            case "int2" or "int4" or "uint2" or "uint4" when typeof(T) == typeof(long):
                // The bits of a small integer are the lowest ones, as those of any other.
                Span<byte> low = destination;
                Store<T, byte>(source, low);
                Narrow(type, low);
                break;
            default:
                Span<float> singles = stackalloc float[source.Length];
                TensorPrimitives.ConvertSaturating(source, singles);
                SmallFromSingle(type, singles, destination);
                break;
        }
    }

    private static void Store<T, TTo>(ReadOnlySpan<T> source, Span<byte> destination)
        where T : unmanaged, INumberBase<T>
        where TTo : unmanaged, INumberBase<TTo>
    {
        Span<TTo> target = MemoryMarshal.Cast<byte, TTo>(destination);
        if (typeof(T) == typeof(long))
        {
            TensorPrimitives.ConvertTruncating(source, target);
        }
        else
        {
            TensorPrimitives.ConvertSaturating(source, target);
        }
    }

    private static void Narrow(DataType type, Span<byte> values)
    {
        byte mask = (byte)((1 << type.Bits) - 1);
        for (int i = 0; i < values.Length; i++)
        {
            values[i] &= mask;
        }
    }

    private static void SmallToSingle(DataType type, ReadOnlySpan<byte> source, Span<float> destination)
    {
        switch (type.Name)
        {
            case "bfloat16":
                BFloat16.ConvertToSingle(MemoryMarshal.Cast<byte, BFloat16>(source), destination);
                break;
            case "float8_e3m4":
                Float8E3M4.ConvertToSingle(MemoryMarshal.Cast<byte, Float8E3M4>(source), destination);
                break;
            case "float8_e4m3b11fnuz":
                Float8E4M3B11FnUz.ConvertToSingle(MemoryMarshal.Cast<byte, Float8E4M3B11FnUz>(source), destination);
                break;
            case "float8_e4m3fn":
                Float8E4M3Fn.ConvertToSingle(MemoryMarshal.Cast<byte, Float8E4M3Fn>(source), destination);
                break;
            case "float8_e4m3fnuz":
                Float8E4M3FnUz.ConvertToSingle(MemoryMarshal.Cast<byte, Float8E4M3FnUz>(source), destination);
                break;
            case "float8_e5m2":
                Float8E5M2.ConvertToSingle(MemoryMarshal.Cast<byte, Float8E5M2>(source), destination);
                break;
            case "float8_e8m0fnu":
                Float8E8M0Fnu.ConvertToSingle(MemoryMarshal.Cast<byte, Float8E8M0Fnu>(source), destination);
                break;
            case "float8_e5m2fnuz":
                Float8E5M2FnUz.ConvertToSingle(MemoryMarshal.Cast<byte, Float8E5M2FnUz>(source), destination);
                break;
            case "float4_e2m1fn":
                Float4E2M1Fn.ConvertToSingle(MemoryMarshal.Cast<byte, Float4E2M1Fn>(source), destination);
                break;
            default:
                MiniInteger.ToSingle(source, destination, type.Bits, type.Kind == DataTypeKind.SignedInteger);
                break;
        }
    }

    private static void SmallFromSingle(DataType type, ReadOnlySpan<float> source, Span<byte> destination)
    {
        switch (type.Name)
        {
            case "bfloat16":
                BFloat16.ConvertFromSingle(source, MemoryMarshal.Cast<byte, BFloat16>(destination));
                break;
            case "float8_e3m4":
                Float8E3M4.ConvertFromSingle(source, MemoryMarshal.Cast<byte, Float8E3M4>(destination));
                break;
            case "float8_e4m3b11fnuz":
                Float8E4M3B11FnUz.ConvertFromSingle(source, MemoryMarshal.Cast<byte, Float8E4M3B11FnUz>(destination));
                break;
            case "float8_e4m3fn":
                Float8E4M3Fn.ConvertFromSingle(source, MemoryMarshal.Cast<byte, Float8E4M3Fn>(destination));
                break;
            case "float8_e4m3fnuz":
                Float8E4M3FnUz.ConvertFromSingle(source, MemoryMarshal.Cast<byte, Float8E4M3FnUz>(destination));
                break;
            case "float8_e5m2":
                Float8E5M2.ConvertFromSingle(source, MemoryMarshal.Cast<byte, Float8E5M2>(destination));
                break;
            case "float8_e8m0fnu":
                Float8E8M0Fnu.ConvertFromSingle(source, MemoryMarshal.Cast<byte, Float8E8M0Fnu>(destination));
                break;
            case "float8_e5m2fnuz":
                Float8E5M2FnUz.ConvertFromSingle(source, MemoryMarshal.Cast<byte, Float8E5M2FnUz>(destination));
                break;
            case "float4_e2m1fn":
                Float4E2M1Fn.ConvertFromSingle(source, MemoryMarshal.Cast<byte, Float4E2M1Fn>(destination));
                break;
            default:
                Truncate(source, destination, type);
                break;
        }
    }

    private static void Truncate(ReadOnlySpan<float> source, Span<byte> destination, DataType type)
    {
        Span<float> whole = stackalloc float[source.Length];
        TensorPrimitives.Truncate(source, whole);
        MiniInteger.FromSingle(whole, destination, type.Bits, type.Kind == DataTypeKind.SignedInteger);
    }
}

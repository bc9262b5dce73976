using System.Buffers.Binary;
using System.Runtime.InteropServices;
using OcdbtSharp.KvStore.Buffers;
using OcdbtSharp.Zarr3;

namespace OcdbtSharp.Checkpoint;

/// <summary>
/// Converts elements of one type to another as TensorStore does: to the nearest floating-point number, towards zero to an integer, to true where the
/// element is not zero. Elements are little-endian, one to a byte where they are smaller.
/// </summary>
internal static class ElementCast
{
    private const int Window = 4096;

    /// <summary>Whether there is a conversion.</summary>
    public static bool Exists(DataType from, DataType to) =>
        from.Equals(to)
        || (IsNumber(from) && IsNumber(to) && (from.Kind != DataTypeKind.Complex || to.Kind == DataTypeKind.Complex));

    /// <summary>Converts elements that may exceed 2 GiB.</summary>
    /// <inheritdoc cref="Convert(ReadOnlySpan{byte}, DataType, Span{byte}, DataType)"/>
    public static void Convert(ReadOnlyLongSpan source, DataType from, LongSpan destination, DataType to)
    {
        const int Elements = 1 << 20;
        long count = source.Length / from.Size;
        for (long first = 0; first < count; first += Elements)
        {
            int length = (int)Math.Min(Elements, count - first);
            Convert(source.Window(first * from.Size, length * from.Size), from, destination.Window(first * to.Size, length * to.Size), to);
        }
    }

    /// <summary>Converts elements.</summary>
    /// <param name="source">The elements.</param>
    /// <param name="from">Their type.</param>
    /// <param name="destination">Room for as many elements of the other type.</param>
    /// <param name="to">The other type.</param>
    /// <exception cref="ArgumentException">There is no such conversion.</exception>
    public static void Convert(ReadOnlySpan<byte> source, DataType from, Span<byte> destination, DataType to)
    {
        if (from.Equals(to))
        {
            source.CopyTo(destination);
            return;
        }

        if (!Exists(from, to))
        {
            throw new ArgumentException($"There is no conversion of {from} to {to}.", nameof(to));
        }

        int count = source.Length / from.Size;
        for (int first = 0; first < count; first += Window)
        {
            int length = Math.Min(Window, count - first);
            ConvertWindow(source.Slice(first * from.Size, length * from.Size), from, destination.Slice(first * to.Size, length * to.Size), to);
        }
    }

    private static void ConvertWindow(ReadOnlySpan<byte> input, DataType from, Span<byte> output, DataType to)
    {
        if (to.Kind == DataTypeKind.Complex)
        {
            ConvertComplex(input, from, output, to);
        }
        else if (from.Kind != DataTypeKind.FloatingPoint)
        {
            ConvertInteger(input, from, output, to);
        }
        else if (from.Name == "float64")
        {
            FromDouble(MemoryMarshal.Cast<byte, double>(input), output, to);
        }
        else
        {
            Span<float> values = stackalloc float[input.Length / from.Size];
            ToSingle(input, from, values);
            FromSingle(values, output, to);
        }
    }

    private static bool IsNumber(DataType type) => type.Kind is not (DataTypeKind.Bytes or DataTypeKind.Structure);

    private static void ConvertInteger(ReadOnlySpan<byte> input, DataType from, Span<byte> output, DataType to)
    {
        Span<long> values = stackalloc long[input.Length / from.Size];
        ToInt64(input, from, values);
        bool unsigned = from.Name == "uint64";
        if (to.Kind != DataTypeKind.FloatingPoint)
        {
            FromInt64(values, output, to);
        }
        else if (to.Name == "float64")
        {
            Span<double> doubles = MemoryMarshal.Cast<byte, double>(output);
            for (int i = 0; i < values.Length; i++)
            {
                doubles[i] = unsigned ? (ulong)values[i] : values[i];
            }
        }
        else
        {
            Span<float> singles = stackalloc float[values.Length];
            for (int i = 0; i < values.Length; i++)
            {
                singles[i] = unsigned ? (ulong)values[i] : values[i];
            }

            FromSingle(singles, output, to);
        }
    }

    private static void ConvertComplex(ReadOnlySpan<byte> input, DataType from, Span<byte> output, DataType to)
    {
        DataType half = DataType.Parse(to.Size == 8 ? "float32" : "float64");
        int step = half.Size;
        if (from.Kind == DataTypeKind.Complex)
        {
            Convert(input, DataType.Parse(from.Size == 8 ? "float32" : "float64"), output, half);
            return;
        }

        Span<byte> real = stackalloc byte[input.Length / from.Size * step];
        Convert(input, from, real, half);
        output.Clear();
        for (int offset = 0; offset < real.Length; offset += step)
        {
            real.Slice(offset, step).CopyTo(output[(2 * offset)..]);
        }
    }

    private static void ToInt64(ReadOnlySpan<byte> input, DataType from, Span<long> values)
    {
        int unused = from.Kind == DataTypeKind.SignedInteger ? 64 - from.Bits : 0;
        for (int i = 0; i < values.Length; i++)
        {
            ReadOnlySpan<byte> element = input.Slice(i * from.Size, from.Size);
            ulong bits = from.Size switch
            {
                1 => element[0],
                2 => BinaryPrimitives.ReadUInt16LittleEndian(element),
                4 => BinaryPrimitives.ReadUInt32LittleEndian(element),
                _ => BinaryPrimitives.ReadUInt64LittleEndian(element),
            };
            values[i] = (long)bits << unused >> unused;
        }
    }

    private static void FromInt64(ReadOnlySpan<long> values, Span<byte> output, DataType to)
    {
        ulong mask = to.Bits == 64 ? ulong.MaxValue : (1UL << to.Bits) - 1;
        for (int i = 0; i < values.Length; i++)
        {
            ulong bits = to.Kind == DataTypeKind.Boolean ? (values[i] != 0 ? 1UL : 0) : (ulong)values[i] & mask;
            Span<byte> element = output.Slice(i * to.Size, to.Size);
            switch (to.Size)
            {
                case 1:
                    element[0] = (byte)bits;
                    break;
                case 2:
                    BinaryPrimitives.WriteUInt16LittleEndian(element, (ushort)bits);
                    break;
                case 4:
                    BinaryPrimitives.WriteUInt32LittleEndian(element, (uint)bits);
                    break;
                default:
                    BinaryPrimitives.WriteUInt64LittleEndian(element, bits);
                    break;
            }
        }
    }

    private static void FromDouble(ReadOnlySpan<double> values, Span<byte> output, DataType to)
    {
        if (to.Kind == DataTypeKind.FloatingPoint)
        {
            Span<float> singles = stackalloc float[values.Length];
            for (int i = 0; i < values.Length; i++)
            {
                singles[i] = (float)values[i];
            }

            FromSingle(singles, output, to);
            return;
        }

        Span<long> integers = stackalloc long[values.Length];
        for (int i = 0; i < values.Length; i++)
        {
            integers[i] = to.Kind == DataTypeKind.Boolean ? (values[i] != 0 ? 1 : 0)
                : to.Name == "uint64" ? (long)(ulong)values[i]
                : (long)values[i];
        }

        FromInt64(integers, output, to);
    }

    private static void FromSingle(ReadOnlySpan<float> values, Span<byte> output, DataType to)
    {
        switch (to.Name)
        {
            case "float32":
                MemoryMarshal.AsBytes(values).CopyTo(output);
                break;
            case "bfloat16":
                BFloat16.ConvertFromSingle(values, MemoryMarshal.Cast<byte, BFloat16>(output));
                break;
            case "float8_e4m3fn":
                Float8E4M3Fn.ConvertFromSingle(values, MemoryMarshal.Cast<byte, Float8E4M3Fn>(output));
                break;
            case "float8_e4m3fnuz":
                Float8E4M3FnUz.ConvertFromSingle(values, MemoryMarshal.Cast<byte, Float8E4M3FnUz>(output));
                break;
            case "float8_e4m3b11fnuz":
                Float8E4M3B11FnUz.ConvertFromSingle(values, MemoryMarshal.Cast<byte, Float8E4M3B11FnUz>(output));
                break;
            case "float8_e5m2":
                Float8E5M2.ConvertFromSingle(values, MemoryMarshal.Cast<byte, Float8E5M2>(output));
                break;
            case "float8_e5m2fnuz":
                Float8E5M2FnUz.ConvertFromSingle(values, MemoryMarshal.Cast<byte, Float8E5M2FnUz>(output));
                break;
            case "float8_e3m4":
                Float8E3M4.ConvertFromSingle(values, MemoryMarshal.Cast<byte, Float8E3M4>(output));
                break;
            case "float4_e2m1fn":
                Float4E2M1Fn.ConvertFromSingle(values, MemoryMarshal.Cast<byte, Float4E2M1Fn>(output));
                break;
            case "float16":
                System.Numerics.Tensors.TensorPrimitives.ConvertToHalf(values, MemoryMarshal.Cast<byte, Half>(output));
                break;
            default:
                Span<double> doubles = stackalloc double[values.Length];
                for (int i = 0; i < values.Length; i++)
                {
                    doubles[i] = values[i];
                }

                if (to.Name == "float64")
                {
                    MemoryMarshal.AsBytes(doubles).CopyTo(output);
                }
                else
                {
                    FromDouble(doubles, output, to);
                }

                break;
        }
    }

    private static void ToSingle(ReadOnlySpan<byte> input, DataType from, Span<float> values)
    {
        switch (from.Name)
        {
            case "float32":
                input.CopyTo(MemoryMarshal.AsBytes(values));
                break;
            case "bfloat16":
                BFloat16.ConvertToSingle(MemoryMarshal.Cast<byte, BFloat16>(input), values);
                break;
            case "float8_e4m3fn":
                Float8E4M3Fn.ConvertToSingle(MemoryMarshal.Cast<byte, Float8E4M3Fn>(input), values);
                break;
            case "float8_e4m3fnuz":
                Float8E4M3FnUz.ConvertToSingle(MemoryMarshal.Cast<byte, Float8E4M3FnUz>(input), values);
                break;
            case "float8_e4m3b11fnuz":
                Float8E4M3B11FnUz.ConvertToSingle(MemoryMarshal.Cast<byte, Float8E4M3B11FnUz>(input), values);
                break;
            case "float8_e5m2":
                Float8E5M2.ConvertToSingle(MemoryMarshal.Cast<byte, Float8E5M2>(input), values);
                break;
            case "float8_e5m2fnuz":
                Float8E5M2FnUz.ConvertToSingle(MemoryMarshal.Cast<byte, Float8E5M2FnUz>(input), values);
                break;
            case "float8_e3m4":
                Float8E3M4.ConvertToSingle(MemoryMarshal.Cast<byte, Float8E3M4>(input), values);
                break;
            case "float4_e2m1fn":
                Float4E2M1Fn.ConvertToSingle(MemoryMarshal.Cast<byte, Float4E2M1Fn>(input), values);
                break;
            default:
                System.Numerics.Tensors.TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<byte, Half>(input), values);
                break;
        }
    }
}

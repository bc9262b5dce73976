using System.Runtime.InteropServices;
using OcdbtSharp.KvStore.Buffers;
using OcdbtSharp.Zarr3;
using OcdbtSharp.Zarr3.Types;

namespace OcdbtSharp.Checkpoint.Conversion;

/// <summary>Compares elements and keeps count. Those whose bits are equal are equal, NaN among them.</summary>
/// <param name="relative">How far two elements may be apart, in parts of the second one.</param>
/// <param name="absolute">How far they may be apart beside that.</param>
internal sealed class ElementComparison(double relative, double absolute)
{
    private const int Window = 4096;

    private static readonly DataType _real = DataType.Parse("float64");
    private static readonly DataType _complex = DataType.Parse("complex128");

    /// <summary>Elements compared.</summary>
    public long Count { get; private set; }

    /// <summary>Elements that differ by no more than is allowed.</summary>
    public long Close { get; private set; }

    /// <summary>Elements that differ by more.</summary>
    public long Different { get; private set; }

    /// <summary>The largest difference; NaN where only one of two elements is a number.</summary>
    public double Largest { get; private set; }

    /// <summary>Compares as many elements on either side.</summary>
    public void Add(ReadOnlyLongSpan first, ReadOnlyLongSpan second, DataType type)
    {
        long count = first.Length / type.Size;
        for (long start = 0; start < count; start += Window)
        {
            int length = (int)Math.Min(Window, count - start);
            ReadOnlySpan<byte> left = first.Window(start * type.Size, length * type.Size);
            ReadOnlySpan<byte> right = second.Window(start * type.Size, length * type.Size);
            if (!left.SequenceEqual(right))
            {
                AddUnequal(left, right, type);
            }
        }

        Count += count;
    }

    /// <summary>Adds what another has counted.</summary>
    public void Add(ElementComparison other)
    {
        Count += other.Count;
        Close += other.Close;
        Different += other.Different;
        Largest = double.IsNaN(Largest) || double.IsNaN(other.Largest) ? double.NaN : Math.Max(Largest, other.Largest);
    }

    private void AddUnequal(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right, DataType type)
    {
        DataType wide = type.Kind == DataTypeKind.Complex ? _complex : _real;
        int count = left.Length / type.Size;
        if (!ElementConversion.Exists(type, wide))
        {
            for (int index = 0; index < left.Length; index += type.Size)
            {
                Different += left.Slice(index, type.Size).SequenceEqual(right.Slice(index, type.Size)) ? 0 : 1;
            }

            return;
        }

        int parts = wide.Size / sizeof(double);
        double[] wideLeft = new double[count * parts];
        double[] wideRight = new double[count * parts];
        ElementConversion.Convert(type, left, wide, MemoryMarshal.AsBytes(wideLeft.AsSpan()));
        ElementConversion.Convert(type, right, wide, MemoryMarshal.AsBytes(wideRight.AsSpan()));
        for (int element = 0; element < count; element++)
        {
            if (!left.Slice(element * type.Size, type.Size).SequenceEqual(right.Slice(element * type.Size, type.Size)))
            {
                AddUnequal(wideLeft.AsSpan(element * parts, parts), wideRight.AsSpan(element * parts, parts));
            }
        }
    }

    private void AddUnequal(ReadOnlySpan<double> left, ReadOnlySpan<double> right)
    {
        double difference = 0;
        double size = 0;
        for (int part = 0; part < left.Length; part++)
        {
            // Infinities of one sign are no distance apart, and NaN of other bits none from NaN.
            bool isSame = left[part].Equals(right[part]);
            difference = isSame ? difference : double.Hypot(difference, left[part] - right[part]);
            size = double.Hypot(size, right[part]);
        }

        Largest = double.IsNaN(Largest) || double.IsNaN(difference) ? double.NaN : Math.Max(Largest, difference);
        if (difference <= absolute + (relative * size))
        {
            Close++;
        }
        else
        {
            Different++;
        }
    }
}

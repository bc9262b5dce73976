using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using OcdbtSharp.KvStore.Buffers;

namespace OcdbtSharp.Zarr3;

/// <summary>Copies a box of elements between memories of different strides, in the longest runs that both sides allow.</summary>
internal static partial class StridedCopy
{

    /// <summary>Copies every element of <paramref name="destination"/> from a place in <paramref name="source"/>.</summary>
    /// <param name="source">Memory that holds the elements.</param>
    /// <param name="sourceOffset">First byte of the first element.</param>
    /// <param name="sourceStrides">Bytes between neighbours along each axis.</param>
    /// <param name="destination">Where they go.</param>
    public static void Copy(ReadOnlyLongSpan source, long sourceOffset, ReadOnlySpan<long> sourceStrides, in ArrayView destination) =>
        Copy(source, sourceOffset, sourceStrides, destination.Memory.Span, destination.Offset, destination.Strides, destination.Shape, destination.ElementSize);

    /// <summary>Copies a box of elements.</summary>
    public static void Copy(
        ReadOnlyLongSpan source,
        long sourceOffset,
        ReadOnlySpan<long> sourceStrides,
        LongSpan destination,
        long destinationOffset,
        ReadOnlySpan<long> destinationStrides,
        ReadOnlySpan<long> shape,
        int elementSize)
    {
        Span<Axis> axes = stackalloc Axis[shape.Length];
        int rank = Simplify(shape, sourceStrides, destinationStrides, axes);
        if (rank < 0)
        {
            return;
        }

        axes = axes[..rank];
        CheckBounds(axes, sourceOffset, destinationOffset, elementSize, source.Length, destination.Length);
        ref byte from = ref Unsafe.Add(ref Unsafe.AsRef(in source.First), (nint)sourceOffset);
        ref byte to = ref Unsafe.Add(ref destination.First, (nint)destinationOffset);

        long run = elementSize;
        if (rank > 0 && axes[^1].Source == elementSize && axes[^1].Destination == elementSize)
        {
            run *= axes[^1].Extent;
            axes = axes[..^1];
        }

        int fastest = FastestOfSource(axes);
        if (fastest == axes.Length - 1 || run >= TileTranspose.RowBytes)
        {
            CopyRuns(ref from, ref to, axes, run);
        }
        else
        {
            // Tiles of these two axes, in loops over all others.
            Axis fast = axes[fastest];
            axes[(fastest + 1)..].CopyTo(axes[fastest..]);
            CopyPlanes(ref from, ref to, axes[..^2], fast, axes[^2], run);
        }
    }

    /// <summary>Drops axes of extent 1, puts those with the longest destination stride first and joins neighbours that are one run; -1 where there is no element.</summary>
    private static int Simplify(ReadOnlySpan<long> shape, ReadOnlySpan<long> source, ReadOnlySpan<long> destination, Span<Axis> axes)
    {
        int count = 0;
        for (int axis = 0; axis < shape.Length; axis++)
        {
            if (shape[axis] == 0)
            {
                return -1;
            }

            if (shape[axis] != 1)
            {
                axes[count++] = new Axis(shape[axis], source[axis], destination[axis]);
            }
        }

        axes[..count].Sort(static (left, right) => right.Destination.CompareTo(left.Destination));
        int last = 0;
        for (int axis = 1; axis < count; axis++)
        {
            Axis outer = axes[last];
            Axis inner = axes[axis];
            if (outer.Source == inner.Source * inner.Extent && outer.Destination == inner.Destination * inner.Extent)
            {
                axes[last] = inner with { Extent = outer.Extent * inner.Extent };
            }
            else
            {
                axes[++last] = inner;
            }
        }

        return count == 0 ? 0 : last + 1;
    }

    private static void CheckBounds(
        ReadOnlySpan<Axis> axes, long sourceOffset, long destinationOffset, int elementSize, long sourceLength, long destinationLength)
    {
        long sourceEnd = sourceOffset + elementSize;
        long destinationEnd = destinationOffset + elementSize;
        bool inside = sourceOffset >= 0 && destinationOffset >= 0;
        foreach (Axis axis in axes)
        {
            inside &= axis.Source >= 0 && axis.Destination >= 0;
            sourceEnd = checked(sourceEnd + (axis.Extent - 1) * axis.Source);
            destinationEnd = checked(destinationEnd + (axis.Extent - 1) * axis.Destination);
        }

        if (!inside || sourceEnd > sourceLength || destinationEnd > destinationLength)
        {
            throw new ArgumentException("The box of elements is not within the memory.");
        }
    }

    private static void CopyRuns(ref byte from, ref byte to, ReadOnlySpan<Axis> axes, long run)
    {
        switch (axes.Length)
        {
            case 0:
                CopyRun(ref from, ref to, run);
                break;
            case 1:
                CopyLine(ref from, ref to, axes[0], run);
                break;
            default:
                for (long i = 0; i < axes[0].Extent; i++)
                {
                    CopyRuns(ref Unsafe.Add(ref from, (nint)(i * axes[0].Source)), ref Unsafe.Add(ref to, (nint)(i * axes[0].Destination)), axes[1..], run);
                }

                break;
        }
    }

    private static void CopyLine(ref byte from, ref byte to, Axis axis, long run)
    {
        switch (run)
        {
            case 1:
                CopyElements<byte>(ref from, ref to, axis);
                break;
            case 2:
                CopyElements<ushort>(ref from, ref to, axis);
                break;
            case 4:
                CopyElements<uint>(ref from, ref to, axis);
                break;
            case 8:
                CopyElements<ulong>(ref from, ref to, axis);
                break;
            case 16:
                CopyElements<UInt128>(ref from, ref to, axis);
                break;
            default:
                for (long i = 0; i < axis.Extent; i++)
                {
                    CopyRun(ref Unsafe.Add(ref from, (nint)(i * axis.Source)), ref Unsafe.Add(ref to, (nint)(i * axis.Destination)), run);
                }

                break;
        }
    }

    private static void CopyElements<T>(ref byte from, ref byte to, Axis axis)
        where T : unmanaged
    {
        for (long i = 0; i < axis.Extent; i++)
        {
            Unsafe.WriteUnaligned(
                ref Unsafe.Add(ref to, (nint)(i * axis.Destination)),
                Unsafe.ReadUnaligned<T>(ref Unsafe.Add(ref from, (nint)(i * axis.Source))));
        }
    }

    private static void CopyRun(ref byte from, ref byte to, long run)
    {
        while (run > 0)
        {
            int length = (int)Math.Min(run, ReadOnlyLongSpan.DefaultWindow);
            MemoryMarshal.CreateReadOnlySpan(ref from, length).CopyTo(MemoryMarshal.CreateSpan(ref to, length));
            from = ref Unsafe.Add(ref from, length);
            to = ref Unsafe.Add(ref to, length);
            run -= length;
        }
    }

    private readonly record struct Axis(long Extent, long Source, long Destination);
}

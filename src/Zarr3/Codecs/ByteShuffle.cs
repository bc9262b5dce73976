using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace OcdbtSharp.Zarr3.Codecs;

/// <summary>
/// The byte shuffle of blosc, HDF5 and numcodecs: all first bytes of the elements, then all second bytes, and so on. Bytes behind the last whole element
/// stay as they are.
/// </summary>
/// <remarks>
/// An element size of 2^k is a rotation of the address bits by k, so it is k rounds of unzipping whole vectors (and the inverse is k rounds of zipping).
/// Other sizes are rare and take the scalar path.
/// </remarks>
internal static class ByteShuffle
{
    private const int LargestVectorSize = 16;

    /// <summary>Shuffles <paramref name="source"/> into <paramref name="destination"/>, which is as long and does not overlap it.</summary>
    public static void Shuffle(ReadOnlySpan<byte> source, Span<byte> destination, int elementSize)
    {
        nint elements = Prepare(source, destination, elementSize);
        ToPlanes(in MemoryMarshal.GetReference(source), ref MemoryMarshal.GetReference(destination), elementSize, elements, elements);
    }

    /// <summary>The inverse of <see cref="Shuffle"/>.</summary>
    public static void Unshuffle(ReadOnlySpan<byte> source, Span<byte> destination, int elementSize)
    {
        nint elements = Prepare(source, destination, elementSize);
        FromPlanes(in MemoryMarshal.GetReference(source), ref MemoryMarshal.GetReference(destination), elementSize, elements, elements);
    }

    /// <summary>Splits elements into planes of bytes that start <paramref name="planeStride"/> bytes apart.</summary>
    internal static void ToPlanes(ref readonly byte source, ref byte destination, int elementSize, nint elements, nint planeStride)
    {
        nint done = 0;
        if (HasVectorPath(elementSize))
        {
            done = Avx2.IsSupported
                ? ToPlanes<Vector256<byte>, ByteLanes256>(in source, ref destination, elementSize, elements, planeStride)
                : ToPlanes<Vector128<byte>, ByteLanes128>(in source, ref destination, elementSize, elements, planeStride);
        }

        ToPlanesScalar(in source, ref destination, elementSize, done, elements, planeStride);
    }

    /// <summary>The inverse of <see cref="ToPlanes(ref readonly byte, ref byte, int, nint, nint)"/>.</summary>
    internal static void FromPlanes(ref readonly byte source, ref byte destination, int elementSize, nint elements, nint planeStride)
    {
        nint done = 0;
        if (HasVectorPath(elementSize))
        {
            done = Avx2.IsSupported
                ? FromPlanes<Vector256<byte>, ByteLanes256>(in source, ref destination, elementSize, elements, planeStride)
                : FromPlanes<Vector128<byte>, ByteLanes128>(in source, ref destination, elementSize, elements, planeStride);
        }

        FromPlanesScalar(in source, ref destination, elementSize, done, elements, planeStride);
    }

    internal static void ToPlanesScalar(ref readonly byte source, ref byte destination, int elementSize, nint from, nint elements, nint planeStride)
    {
        ref byte first = ref Unsafe.AsRef(in source);
        for (nint plane = 0; plane < elementSize; plane++)
        {
            ref byte input = ref Unsafe.Add(ref first, plane);
            ref byte output = ref Unsafe.Add(ref destination, plane * planeStride);
            for (nint element = from; element < elements; element++)
            {
                Unsafe.Add(ref output, element) = Unsafe.Add(ref input, element * elementSize);
            }
        }
    }

    internal static void FromPlanesScalar(ref readonly byte source, ref byte destination, int elementSize, nint from, nint elements, nint planeStride)
    {
        ref byte first = ref Unsafe.AsRef(in source);
        for (nint plane = 0; plane < elementSize; plane++)
        {
            ref byte input = ref Unsafe.Add(ref first, plane * planeStride);
            ref byte output = ref Unsafe.Add(ref destination, plane);
            for (nint element = from; element < elements; element++)
            {
                Unsafe.Add(ref output, element * elementSize) = Unsafe.Add(ref input, element);
            }
        }
    }

    /// <summary>The vector path over given lanes; returns how many elements it has done.</summary>
    [SkipLocalsInit]
    internal static nint ToPlanes<TVector, TLanes>(ref readonly byte source, ref byte destination, int elementSize, nint elements, nint planeStride)
        where TVector : unmanaged
        where TLanes : struct, IByteLanes<TVector>
    {
        ref byte input = ref Unsafe.AsRef(in source);
        nint laneStride = 16 * elementSize;
        nint last = elements - TLanes.Elements;
        Span<TVector> current = stackalloc TVector[LargestVectorSize];
        Span<TVector> next = stackalloc TVector[LargestVectorSize];
        nint element = 0;
        for (; element <= last; element += TLanes.Elements)
        {
            ref byte group = ref Unsafe.Add(ref input, element * elementSize);
            ref byte output = ref Unsafe.Add(ref destination, element);
            if (elementSize == 2)
            {
                (TVector plane0, TVector plane1) = TLanes.Unzip(TLanes.Gather(in group, laneStride), TLanes.Gather(in Unsafe.Add(ref group, 16), laneStride));
                TLanes.Store(plane0, ref output);
                TLanes.Store(plane1, ref Unsafe.Add(ref output, planeStride));
                continue;
            }

            if (elementSize == 4)
            {
                (TVector even0, TVector odd0) = TLanes.Unzip(TLanes.Gather(in group, laneStride), TLanes.Gather(in Unsafe.Add(ref group, 16), laneStride));
                (TVector even1, TVector odd1) =
                    TLanes.Unzip(TLanes.Gather(in Unsafe.Add(ref group, 32), laneStride), TLanes.Gather(in Unsafe.Add(ref group, 48), laneStride));
                (TVector plane0, TVector plane2) = TLanes.Unzip(even0, even1);
                (TVector plane1, TVector plane3) = TLanes.Unzip(odd0, odd1);
                TLanes.Store(plane0, ref output);
                TLanes.Store(plane1, ref Unsafe.Add(ref output, planeStride));
                TLanes.Store(plane2, ref Unsafe.Add(ref output, 2 * planeStride));
                TLanes.Store(plane3, ref Unsafe.Add(ref output, 3 * planeStride));
                continue;
            }

            for (int i = 0; i < elementSize; i++)
            {
                current[i] = TLanes.Gather(in Unsafe.Add(ref group, 16 * i), laneStride);
            }

            for (int round = elementSize; round > 1; round >>= 1)
            {
                for (int i = 0; i < elementSize / 2; i++)
                {
                    (next[i], next[i + (elementSize / 2)]) = TLanes.Unzip(current[2 * i], current[(2 * i) + 1]);
                }

                Span<TVector> swap = current;
                current = next;
                next = swap;
            }

            for (int i = 0; i < elementSize; i++)
            {
                TLanes.Store(current[i], ref Unsafe.Add(ref output, i * planeStride));
            }
        }

        return element;
    }

    /// <summary>The inverse of <see cref="ToPlanes{TVector,TLanes}"/>.</summary>
    [SkipLocalsInit]
    internal static nint FromPlanes<TVector, TLanes>(ref readonly byte source, ref byte destination, int elementSize, nint elements, nint planeStride)
        where TVector : unmanaged
        where TLanes : struct, IByteLanes<TVector>
    {
        ref byte first = ref Unsafe.AsRef(in source);
        nint laneStride = 16 * elementSize;
        nint last = elements - TLanes.Elements;
        Span<TVector> current = stackalloc TVector[LargestVectorSize];
        Span<TVector> next = stackalloc TVector[LargestVectorSize];
        nint element = 0;
        for (; element <= last; element += TLanes.Elements)
        {
            ref byte input = ref Unsafe.Add(ref first, element);
            ref byte group = ref Unsafe.Add(ref destination, element * elementSize);
            if (elementSize == 2)
            {
                (TVector low, TVector high) = TLanes.Zip(TLanes.Load(in input), TLanes.Load(in Unsafe.Add(ref input, planeStride)));
                TLanes.Scatter(low, ref group, laneStride);
                TLanes.Scatter(high, ref Unsafe.Add(ref group, 16), laneStride);
                continue;
            }

            if (elementSize == 4)
            {
                (TVector even0, TVector even1) = TLanes.Zip(TLanes.Load(in input), TLanes.Load(in Unsafe.Add(ref input, 2 * planeStride)));
                (TVector odd0, TVector odd1) =
                    TLanes.Zip(TLanes.Load(in Unsafe.Add(ref input, planeStride)), TLanes.Load(in Unsafe.Add(ref input, 3 * planeStride)));
                (TVector part0, TVector part1) = TLanes.Zip(even0, odd0);
                (TVector part2, TVector part3) = TLanes.Zip(even1, odd1);
                TLanes.Scatter(part0, ref group, laneStride);
                TLanes.Scatter(part1, ref Unsafe.Add(ref group, 16), laneStride);
                TLanes.Scatter(part2, ref Unsafe.Add(ref group, 32), laneStride);
                TLanes.Scatter(part3, ref Unsafe.Add(ref group, 48), laneStride);
                continue;
            }

            for (int i = 0; i < elementSize; i++)
            {
                current[i] = TLanes.Load(in Unsafe.Add(ref input, i * planeStride));
            }

            for (int round = elementSize; round > 1; round >>= 1)
            {
                for (int i = 0; i < elementSize / 2; i++)
                {
                    (next[2 * i], next[(2 * i) + 1]) = TLanes.Zip(current[i], current[i + (elementSize / 2)]);
                }

                Span<TVector> swap = current;
                current = next;
                next = swap;
            }

            for (int i = 0; i < elementSize; i++)
            {
                TLanes.Scatter(current[i], ref Unsafe.Add(ref group, 16 * i), laneStride);
            }
        }

        return element;
    }

    private static bool HasVectorPath(int elementSize) => elementSize is 2 or 4 or 8 or 16;

    /// <summary>Checks the spans, copies what is behind the last whole element and returns the number of whole elements.</summary>
    private static nint Prepare(ReadOnlySpan<byte> source, Span<byte> destination, int elementSize)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(elementSize, 1);
        if (destination.Length != source.Length)
        {
            throw new ArgumentException("A shuffled block is as long as the block.", nameof(destination));
        }

        int whole = source.Length - (source.Length % elementSize);
        source[whole..].CopyTo(destination[whole..]);
        return whole / elementSize;
    }
}

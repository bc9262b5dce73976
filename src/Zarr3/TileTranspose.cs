using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace OcdbtSharp.Zarr3;

/// <summary>Turns the rows of square tiles of elements of 1, 2 or 4 bytes into columns.</summary>
/// <remarks>
/// A block of 16 bytes in the square is transposed in registers: with 2^k elements in a row, that rotates the bits of an element's position by k, and one
/// round of zipping the first half of the vectors with the second rotates them by one.
/// </remarks>
internal static class TileTranspose
{
    /// <summary>Bytes of a row of a tile: a line of the cache.</summary>
    public const int RowBytes = 64;

    private static bool HasVectorPath => Sse2.IsSupported || AdvSimd.Arm64.IsSupported;

    /// <summary>Elements along each side of a tile.</summary>
    public static int Extent<T>()
        where T : unmanaged => RowBytes / Unsafe.SizeOf<T>();

    /// <summary>Transposes the first rows and columns of a tile; others of <paramref name="target"/> are undefined afterwards.</summary>
    public static void Transpose<T>(ReadOnlySpan<T> source, Span<T> target, int rows, int columns)
        where T : unmanaged
    {
        int extent = Extent<T>();
        if (!HasVectorPath)
        {
            for (int i = 0; i < rows * extent; i++)
            {
                target[i % extent * extent + i / extent] = source[i];
            }

            return;
        }

        Span<T> scratch = stackalloc T[2 * Vector128<T>.Count * Vector128<T>.Count];
        for (int row = 0; row < rows; row += Vector128<T>.Count)
        {
            for (int column = 0; column < columns; column += Vector128<T>.Count)
            {
                TransposeBlock(source[(row * extent + column)..], target[(column * extent + row)..], scratch);
            }
        }
    }

    private static void TransposeBlock<T>(ReadOnlySpan<T> source, Span<T> target, Span<T> scratch)
        where T : unmanaged
    {
        int extent = Extent<T>();
        int count = Vector128<T>.Count;

        // As far as to the last element of the block.
        _ = source[(count - 1) * (extent + 1)];
        _ = target[(count - 1) * (extent + 1)];
        ref T from = ref Unsafe.AsRef(in source[0]);
        ref T to = ref scratch[0];
        ref T next = ref scratch[count * count];
        nuint stride = (nuint)extent;
        for (int round = 2; round < count; round *= 2)
        {
            ZipHalves(ref from, stride, ref to, (nuint)count);
            from = ref to;
            to = ref next;
            next = ref from;
            stride = (nuint)count;
        }

        ZipHalves(ref from, stride, ref target[0], (nuint)extent);
    }

    /// <summary>Zips the first half of the vectors of a block with the second.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void ZipHalves<T>(ref T from, nuint fromStride, ref T to, nuint toStride)
        where T : unmanaged
    {
        nuint half = (nuint)Vector128<T>.Count / 2;
        for (nuint i = 0; i < half; i++)
        {
            Vector128<byte> left = Vector128.LoadUnsafe(ref from, i * fromStride).AsByte();
            Vector128<byte> right = Vector128.LoadUnsafe(ref from, (i + half) * fromStride).AsByte();
            (Vector128<byte> lower, Vector128<byte> upper) = Zip<T>(left, right);
            lower.As<byte, T>().StoreUnsafe(ref to, 2 * i * toStride);
            upper.As<byte, T>().StoreUnsafe(ref to, (2 * i + 1) * toStride);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector128<byte> Lower, Vector128<byte> Upper) Zip<T>(Vector128<byte> left, Vector128<byte> right)
        where T : unmanaged => Unsafe.SizeOf<T>() switch
        {
            1 => Sse2.IsSupported ? (Sse2.UnpackLow(left, right), Sse2.UnpackHigh(left, right)) : (AdvSimd.Arm64.ZipLow(left, right), AdvSimd.Arm64.ZipHigh(left, right)),
            2 => Sse2.IsSupported
                ? (Sse2.UnpackLow(left.AsUInt16(), right.AsUInt16()).AsByte(), Sse2.UnpackHigh(left.AsUInt16(), right.AsUInt16()).AsByte())
                : (AdvSimd.Arm64.ZipLow(left.AsUInt16(), right.AsUInt16()).AsByte(), AdvSimd.Arm64.ZipHigh(left.AsUInt16(), right.AsUInt16()).AsByte()),
            _ => Sse2.IsSupported
                ? (Sse2.UnpackLow(left.AsUInt32(), right.AsUInt32()).AsByte(), Sse2.UnpackHigh(left.AsUInt32(), right.AsUInt32()).AsByte())
                : (AdvSimd.Arm64.ZipLow(left.AsUInt32(), right.AsUInt32()).AsByte(), AdvSimd.Arm64.ZipHigh(left.AsUInt32(), right.AsUInt32()).AsByte()),
        };
}

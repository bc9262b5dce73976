using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace OcdbtSharp.Zarr3.Codecs;

/// <summary>
/// The bit shuffle of blosc: all lowest bits of the elements, eight to a byte, then all second bits, and so on. Blocks whose number of whole elements is not
/// a multiple of eight stay as they are, as do bytes behind the last whole element.
/// </summary>
/// <remarks>
/// Bit k of byte j of all elements is row 8 j + k. A tile of elements is split into planes of bytes on the stack, and each plane into eight rows of bits.
/// Back, the eight rows of a plane are what a byte shuffle of eight-byte words leaves, and each word is a matrix of 8 x 8 bits to transpose.
/// </remarks>
internal static class BitShuffle
{
    /// <summary>Bytes of a tile; holds 32 elements of the largest size that blosc knows, 255 bytes.</summary>
    private const int TileBytes = 8192;

    /// <summary>Elements of a tile are a multiple of this, so that all tiles but the last are whole vectors.</summary>
    private const int TileGranularity = 32;

    /// <summary>Shuffles <paramref name="source"/> into <paramref name="destination"/>, which is as long and does not overlap it.</summary>
    [SkipLocalsInit]
    public static void Shuffle(ReadOnlySpan<byte> source, Span<byte> destination, int elementSize)
    {
        nint elements = Prepare(source, destination, elementSize);
        nint rowBytes = elements / 8;
        nint tileElements = TileElements(elementSize);
        ref byte input = ref MemoryMarshal.GetReference(source);
        ref byte output = ref MemoryMarshal.GetReference(destination);
        Span<byte> tile = stackalloc byte[TileBytes];
        ref byte planes = ref MemoryMarshal.GetReference(tile);
        for (nint start = 0; start < elements; start += tileElements)
        {
            nint count = Math.Min(tileElements, elements - start);
            ByteShuffle.ToPlanes(in Unsafe.Add(ref input, start * elementSize), ref planes, elementSize, count, count);
            for (nint plane = 0; plane < elementSize; plane++)
            {
                ToRows(ref Unsafe.Add(ref planes, plane * count), ref Unsafe.Add(ref output, (plane * 8 * rowBytes) + (start / 8)), count, rowBytes);
            }
        }
    }

    /// <summary>The inverse of <see cref="Shuffle"/>.</summary>
    [SkipLocalsInit]
    public static void Unshuffle(ReadOnlySpan<byte> source, Span<byte> destination, int elementSize)
    {
        nint elements = Prepare(source, destination, elementSize);
        nint rowBytes = elements / 8;
        nint tileElements = TileElements(elementSize);
        ref byte input = ref MemoryMarshal.GetReference(source);
        ref byte output = ref MemoryMarshal.GetReference(destination);
        Span<byte> tile = stackalloc byte[TileBytes];
        ref byte planes = ref MemoryMarshal.GetReference(tile);
        for (nint start = 0; start < elements; start += tileElements)
        {
            nint count = Math.Min(tileElements, elements - start);
            for (nint plane = 0; plane < elementSize; plane++)
            {
                ref byte rows = ref Unsafe.Add(ref input, (plane * 8 * rowBytes) + (start / 8));
                ByteShuffle.FromPlanes(in rows, ref Unsafe.Add(ref planes, plane * count), 8, count / 8, rowBytes);
            }

            TransposeWords(tile[..(int)(count * elementSize)]);
            ByteShuffle.FromPlanes(in planes, ref Unsafe.Add(ref output, start * elementSize), elementSize, count, count);
        }
    }

    /// <summary>Splits a plane of <paramref name="count"/> bytes into eight rows of bits.</summary>
    private static void ToRows(ref byte plane, ref byte rows, nint count, nint rowBytes)
    {
        nint index = 0;
        if (Vector256.IsHardwareAccelerated)
        {
            for (; index <= count - 32; index += 32)
            {
                Vector256<byte> bytes = Vector256.LoadUnsafe(ref plane, (nuint)index);
                for (nint row = 7; row >= 0; row--)
                {
                    Unsafe.WriteUnaligned(ref Unsafe.Add(ref rows, (row * rowBytes) + (index / 8)), bytes.ExtractMostSignificantBits());
                    bytes += bytes;
                }
            }
        }
        else
        {
            for (; index <= count - 16; index += 16)
            {
                Vector128<byte> bytes = Vector128.LoadUnsafe(ref plane, (nuint)index);
                for (nint row = 7; row >= 0; row--)
                {
                    Unsafe.WriteUnaligned(ref Unsafe.Add(ref rows, (row * rowBytes) + (index / 8)), (ushort)bytes.ExtractMostSignificantBits());
                    bytes += bytes;
                }
            }
        }

        for (; index < count; index += 8)
        {
            ulong word = Transpose8X8(Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref plane, index)));
            for (nint row = 0; row < 8; row++)
            {
                Unsafe.Add(ref rows, (row * rowBytes) + (index / 8)) = (byte)(word >> (int)(8 * row));
            }
        }
    }

    /// <summary>Transposes each word of eight bytes as a matrix of 8 x 8 bits.</summary>
    private static void TransposeWords(Span<byte> bytes)
    {
        ref byte first = ref MemoryMarshal.GetReference(bytes);
        nint index = 0;
        for (; index <= bytes.Length - Vector256<byte>.Count; index += Vector256<byte>.Count)
        {
            Vector256<ulong> x = Vector256.LoadUnsafe(ref first, (nuint)index).AsUInt64();
            Vector256<ulong> t = (x ^ (x >>> 7)) & Vector256.Create(0x00AA00AA00AA00AAUL);
            x ^= t ^ (t << 7);
            t = (x ^ (x >>> 14)) & Vector256.Create(0x0000CCCC0000CCCCUL);
            x ^= t ^ (t << 14);
            t = (x ^ (x >>> 28)) & Vector256.Create(0x00000000F0F0F0F0UL);
            x ^= t ^ (t << 28);
            x.AsByte().StoreUnsafe(ref first, (nuint)index);
        }

        for (; index < bytes.Length; index += 8)
        {
            ref byte word = ref Unsafe.Add(ref first, index);
            Unsafe.WriteUnaligned(ref word, Transpose8X8(Unsafe.ReadUnaligned<ulong>(ref word)));
        }
    }

    /// <summary>Swaps bit (i, j) and bit (j, i) of the matrix whose row i is byte i, by swapping blocks of 1, 2 and 4.</summary>
    private static ulong Transpose8X8(ulong x)
    {
        ulong t = (x ^ (x >> 7)) & 0x00AA00AA00AA00AA;
        x ^= t ^ (t << 7);
        t = (x ^ (x >> 14)) & 0x0000CCCC0000CCCC;
        x ^= t ^ (t << 14);
        t = (x ^ (x >> 28)) & 0x00000000F0F0F0F0;
        return x ^ t ^ (t << 28);
    }

    private static nint TileElements(int elementSize) => TileBytes / elementSize / TileGranularity * TileGranularity;

    /// <summary>Checks the spans, copies what is not shuffled and returns the number of elements that are.</summary>
    private static nint Prepare(ReadOnlySpan<byte> source, Span<byte> destination, int elementSize)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(elementSize, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(elementSize, TileBytes / TileGranularity);
        if (destination.Length != source.Length)
        {
            throw new ArgumentException("A shuffled block is as long as the block.", nameof(destination));
        }

        int elements = source.Length / elementSize;
        if (elements % 8 != 0)
        {
            elements = 0;
        }

        int whole = elements * elementSize;
        source[whole..].CopyTo(destination[whole..]);
        return elements;
    }
}

using System.Numerics;
using System.Runtime.CompilerServices;

namespace OcdbtSharp.KvStore.Zstandard;

/// <summary>
/// Bits read from the last byte to the first, as Huffman and FSE streams have them. No byte outside of the stream is touched; behind its end
/// follow zeros, and <see cref="Left"/> turns negative.
/// </summary>
internal unsafe ref struct BackwardBits
{
    private readonly byte* _start;

    // The next bits, from the top. Those below the counted ones are zeros or what the next refill puts there again.
    private ulong _bits;
    private int _count;

    // The bytes from the start to here are not among the counted bits.
    private byte* _end;

    /// <summary>A stream, whose last byte has a one above its first bit.</summary>
    /// <param name="start">The first byte.</param>
    /// <param name="length">Number of bytes.</param>
    public BackwardBits(byte* start, long length)
    {
        if (length <= 0 || start[length - 1] == 0)
        {
            ZstdError.ThrowCorrupt("a bit stream does not end in a one");
        }

        uint last = start[length - 1];
        this = Resume(start, ((length - 1) * 8) + BitOperations.Log2(last));
    }

    private BackwardBits(byte* start, byte* end, int count)
    {
        _start = start;
        _end = end;
        _count = count;
        _bits = count == 0 ? 0 : (ulong)*_end << (64 - count);
        Refill();
    }

    /// <summary>Bits that have not been read; negative where more were read than there are.</summary>
    public readonly long Left => ((_end - _start) * 8) + _count;

    /// <summary>The part of a stream that has not been read.</summary>
    /// <param name="start">The first byte.</param>
    /// <param name="left">Number of bits.</param>
    public static BackwardBits Resume(byte* start, long left) => new(start, start + (left >> 3), (int)(left & 7));

    /// <summary>Makes at least 56 bits ready, or all that are left.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Refill()
    {
        if (_end - _start >= 8 && _count >= 0)
        {
            _bits |= Unsafe.ReadUnaligned<ulong>(_end - 8) >> _count;
            _end -= (63 - _count) >> 3;
            _count |= 56;
        }
        else
        {
            this = RefillAtStart(this);
        }
    }

    /// <summary>The next bits, which stay.</summary>
    /// <param name="bits">1 to 56.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly uint Peek(int bits) => (uint)(_bits >> (64 - bits));

    /// <summary>Goes on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Skip(int bits)
    {
        _bits <<= bits;
        _count -= bits;
    }

    /// <summary>The next bits.</summary>
    /// <param name="bits">0 to 31.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint Take(int bits)
    {
        // Shifts count modulo 64, so this is 63 - bits.
        uint value = (uint)(_bits >> 1 >> ~bits);
        Skip(bits);
        return value;
    }

    // Not on this, so that a stream in a loop can live in registers.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static BackwardBits RefillAtStart(BackwardBits stream)
    {
        while (stream._count is >= 0 and <= 55 && stream._end > stream._start)
        {
            stream._bits |= (ulong)*--stream._end << (56 - stream._count);
            stream._count += 8;
        }

        return stream;
    }
}

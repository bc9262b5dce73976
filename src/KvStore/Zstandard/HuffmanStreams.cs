using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace OcdbtSharp.KvStore.Zstandard;

/// <summary>
/// The four bit streams of a block's literals: each holds a quarter of them. They are read together, since each symbol has to wait for the
/// length of the one before it in its stream, but for nothing of the others.
/// </summary>
/// <remarks>
/// In the fast loops a stream is a pointer to the eight bytes that its next bits lie in, and those bits, from the top, with a one below the
/// last: the number of zeros below that one is the number of bits read of the eight bytes. No stream is read below <c>Low</c>, the first byte of
/// the section; what is read there that is not the stream's own is found when it is finished.
/// </remarks>
internal unsafe partial struct HuffmanStreams
{
    // Symbols that a refill is enough for: 55 bits in codes of the greatest length, beside less than a byte and the marker.
    private const int Symbols = 5;

    // Most bytes that a refill goes on.
    private const int Step = 7;

    public byte* Low;
    public byte* Start0, Start1, Start2, Start3;
    public byte* Next0, Next1, Next2, Next3;
    public ulong Bits0, Bits1, Bits2, Bits3;
    public byte* Out0, Out1, Out2, Out3;
    public byte* End0, End1, End2, End3;

    /// <summary>Finds the streams.</summary>
    /// <param name="source">The section: three lengths of two bytes, then the streams.</param>
    /// <param name="length">Bytes of the section.</param>
    /// <param name="destination">Where the literals go.</param>
    /// <param name="count">Number of literals.</param>
    public HuffmanStreams(byte* source, long length, byte* destination, long count)
    {
        const int lengths = 6;
        long quarter = (count + 3) / 4;
        if (length < lengths + 4 || count - (3 * quarter) < 0)
        {
            ThrowLengths();
        }

        long length0 = Unsafe.ReadUnaligned<ushort>(source);
        long length1 = Unsafe.ReadUnaligned<ushort>(source + 2);
        long length2 = Unsafe.ReadUnaligned<ushort>(source + 4);
        Low = source;
        Start0 = source + lengths;
        Start1 = Start0 + length0;
        Start2 = Start1 + length1;
        Start3 = Start2 + length2;
        byte* end = source + length;
        if (length0 == 0 || length1 == 0 || length2 == 0 || Start3 >= end)
        {
            ThrowLengths();
        }

        Out0 = destination;
        End0 = Out1 = destination + quarter;
        End1 = Out2 = Out1 + quarter;
        End2 = Out3 = Out2 + quarter;
        End3 = destination + count;
        Open(Start1, out Next0, out Bits0);
        Open(Start2, out Next1, out Bits1);
        Open(Start3, out Next2, out Bits2);
        Open(end, out Next3, out Bits3);
    }

    private readonly void Open(byte* end, out byte* next, out ulong bits)
    {
        if (end[-1] == 0)
        {
            ZstdError.ThrowCorrupt("a stream of literals does not end in a one");
        }

        // Where a first stream is shorter than eight bytes they may lie before the section; then only the number of bits is kept.
        next = end - 8;
        int used = BitOperations.LeadingZeroCount((uint)end[-1]) - 23;
        bits = (next >= Low ? Unsafe.ReadUnaligned<ulong>(next) | 1 : 1) << used;
    }

    /// <summary>Reads the rest of the literals.</summary>
    /// <exception cref="CorruptDataException">The streams end sooner or later than the literals.</exception>
    public readonly void Finish(ushort* table, int log)
    {
        Finish(table, log, Start0, Next0, Bits0, Out0, End0);
        Finish(table, log, Start1, Next1, Bits1, Out1, End1);
        Finish(table, log, Start2, Next2, Bits2, Out2, End2);
        Finish(table, log, Start3, Next3, Bits3, Out3, End3);
    }

    private static void Finish(ushort* table, int log, byte* start, byte* next, ulong bits, byte* destination, byte* end)
    {
        long left = ((next + 8 - start) * 8) - BitOperations.TrailingZeroCount(bits);
        if (left < 0)
        {
            ThrowLeft();
        }

        Read(BackwardBits.Resume(start, left), table, log, destination, end);
    }

    /// <summary>Reads literals from one stream, all of it.</summary>
    /// <exception cref="CorruptDataException">The stream ends sooner or later than the literals.</exception>
    public static void Read(BackwardBits stream, ushort* table, int log, byte* destination, byte* end)
    {
        while (destination < end)
        {
            stream.Refill();
            for (byte* stop = end - destination > Symbols ? destination + Symbols : end; destination < stop; destination++)
            {
                uint entry = table[stream.Peek(log)];
                stream.Skip((int)(entry & 0xFF));
                *destination = (byte)(entry >> 8);
            }
        }

        if (stream.Left != 0)
        {
            ThrowLeft();
        }
    }

    /// <summary>Whether the streams lie one behind the other, as they do until a damaged one runs into the one before it.</summary>
    private readonly bool IsOrdered => Next0 >= Low && Next1 >= Next0 && Next2 >= Next1 && Next3 >= Next2;

    /// <summary>Goes on by the whole bytes that were read.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Refill(ref ulong bits, ref byte* next)
    {
        ulong used = Bmi1.X64.IsSupported ? Bmi1.X64.TrailingZeroCount(bits) : (ulong)BitOperations.TrailingZeroCount(bits);
        next -= used >> 3;
        bits = (Unsafe.ReadUnaligned<ulong>(next) | 1) << (int)(used & 7);
    }

    private static void ThrowLeft() => ZstdError.ThrowCorrupt("a stream of literals does not hold as many as it should");

    private static void ThrowLengths() => ZstdError.ThrowCorrupt("the lengths of the four streams of literals exceed their section");
}

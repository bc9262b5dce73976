using System.Runtime.CompilerServices;

namespace OcdbtSharp.KvStore.Zstandard;

// Up to two symbols at a time.
internal unsafe partial struct HuffmanStreams
{
    /// <summary>Reads most of the literals.</summary>
    /// <param name="table">The table of pairs.</param>
    /// <param name="shift"><see cref="Shift"/>.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void ReadPairs(uint* table, int shift)
    {
        for (long rounds = PairRounds(); rounds > 0; rounds = PairRounds())
        {
            byte* next0 = Next0, next1 = Next1, next2 = Next2, next3 = Next3;
            ulong bits0 = Bits0, bits1 = Bits1, bits2 = Bits2, bits3 = Bits3;
            byte* out0 = Out0, out1 = Out1, out2 = Out2, out3 = Out3;
            do
            {
                ReadPair(ref bits0, table, shift, ref out0);
                ReadPair(ref bits1, table, shift, ref out1);
                ReadPair(ref bits2, table, shift, ref out2);
                ReadPair(ref bits3, table, shift, ref out3);
                ReadPair(ref bits0, table, shift, ref out0);
                ReadPair(ref bits1, table, shift, ref out1);
                ReadPair(ref bits2, table, shift, ref out2);
                ReadPair(ref bits3, table, shift, ref out3);
                ReadPair(ref bits0, table, shift, ref out0);
                ReadPair(ref bits1, table, shift, ref out1);
                ReadPair(ref bits2, table, shift, ref out2);
                ReadPair(ref bits3, table, shift, ref out3);
                ReadPair(ref bits0, table, shift, ref out0);
                ReadPair(ref bits1, table, shift, ref out1);
                ReadPair(ref bits2, table, shift, ref out2);
                ReadPair(ref bits3, table, shift, ref out3);
                ReadPair(ref bits0, table, shift, ref out0);
                ReadPair(ref bits1, table, shift, ref out1);
                ReadPair(ref bits2, table, shift, ref out2);
                ReadPair(ref bits3, table, shift, ref out3);
                Refill(ref bits0, ref next0);
                Refill(ref bits1, ref next1);
                Refill(ref bits2, ref next2);
                Refill(ref bits3, ref next3);
            }
            while (--rounds > 0);

            Next0 = next0;
            Next1 = next1;
            Next2 = next2;
            Next3 = next3;
            Bits0 = bits0;
            Bits1 = bits1;
            Bits2 = bits2;
            Bits3 = bits3;
            Out0 = out0;
            Out1 = out1;
            Out2 = out2;
            Out3 = out3;
        }
    }

    /// <summary>How often five pairs of each stream can be read and no stream read below the section or written beyond its end.</summary>
    private readonly long PairRounds()
    {
        long room = Math.Min(Math.Min(End0 - Out0, End1 - Out1), Math.Min(End2 - Out2, End3 - Out3));
        return IsOrdered ? Math.Min((Next0 - Low) / Step, room / (2 * Symbols)) : 0;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void ReadPair(ref ulong bits, uint* table, int shift, ref byte* destination)
    {
        byte* entry = (byte*)(table + (bits >> shift));
        bits <<= entry[2];
        nuint count = entry[3];
        Unsafe.WriteUnaligned(destination, *(ushort*)entry);
        destination += count;
    }
}

using System.Runtime.CompilerServices;

namespace OcdbtSharp.KvStore.Zstandard;

// One symbol at a time. What takes the time is that a symbol waits for the length of the one before it, seven cycles; four streams do not fill
// them, the eight of two blocks do. The shift is a parameter, since a shift by a constant is an instruction more.
internal unsafe partial struct HuffmanStreams
{
    /// <summary>What the loops shift by.</summary>
    public const int Shift = 64 - ZstdFormat.MaxHuffmanLog;

    // Quarters of full blocks lie multiples of the cache's stride apart, so eight streams in step would fight for the same eight lines.
    private const int Lead = 1024 / Symbols;

    /// <summary>Reads most of the literals.</summary>
    /// <param name="table">The table of single symbols.</param>
    /// <param name="shift"><see cref="Shift"/>.</param>
    /// <param name="maxRounds">How often five symbols of each stream are read at most.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void ReadSingles(ushort* table, int shift, long maxRounds = long.MaxValue)
    {
        for (long rounds = Rounds(maxRounds); rounds > 0; rounds = Rounds(maxRounds))
        {
            maxRounds -= rounds;
            byte* next0 = Next0, next1 = Next1, next2 = Next2, next3 = Next3;
            ulong bits0 = Bits0, bits1 = Bits1, bits2 = Bits2, bits3 = Bits3;
            byte* out0 = Out0, out1 = Out1, out2 = Out2, out3 = Out3;
            byte* stop = out3 + (rounds * Symbols);
            do
            {
                ReadFive(ref bits0, table, shift, out0);
                Refill(ref bits0, ref next0);
                out0 += Symbols;
                ReadFive(ref bits1, table, shift, out1);
                Refill(ref bits1, ref next1);
                out1 += Symbols;
                ReadFive(ref bits2, table, shift, out2);
                Refill(ref bits2, ref next2);
                out2 += Symbols;
                ReadFive(ref bits3, table, shift, out3);
                Refill(ref bits3, ref next3);
                out3 += Symbols;
            }
            while (out3 < stop);

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

    /// <summary>Reads most of the literals of two blocks.</summary>
    /// <param name="a">One block.</param>
    /// <param name="tableA">Its table of single symbols.</param>
    /// <param name="b">The other.</param>
    /// <param name="tableB">Its table of single symbols.</param>
    /// <param name="shift"><see cref="Shift"/>.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void ReadSingles(ref HuffmanStreams a, ushort* tableA, ref HuffmanStreams b, ushort* tableB, int shift)
    {
        b.ReadSingles(tableB, shift, Lead);
        for (long rounds = a.Rounds(b.Rounds(long.MaxValue)); rounds > 0; rounds = a.Rounds(b.Rounds(long.MaxValue)))
        {
            byte* next0 = a.Next0, next1 = a.Next1, next2 = a.Next2, next3 = a.Next3;
            ulong bits0 = a.Bits0, bits1 = a.Bits1, bits2 = a.Bits2, bits3 = a.Bits3;
            byte* out0 = a.Out0, out1 = a.Out1, out2 = a.Out2, out3 = a.Out3;
            byte* next4 = b.Next0, next5 = b.Next1, next6 = b.Next2, next7 = b.Next3;
            ulong bits4 = b.Bits0, bits5 = b.Bits1, bits6 = b.Bits2, bits7 = b.Bits3;
            byte* out4 = b.Out0, out5 = b.Out1, out6 = b.Out2, out7 = b.Out3;
            nint done = 0;
            nint stop = (nint)rounds * Symbols;
            do
            {
                ReadTwo(ref bits0, tableA, shift, out0 + done);
                ReadTwo(ref bits4, tableB, shift, out4 + done);
                ReadTwo(ref bits1, tableA, shift, out1 + done);
                ReadTwo(ref bits5, tableB, shift, out5 + done);
                ReadTwo(ref bits2, tableA, shift, out2 + done);
                ReadTwo(ref bits6, tableB, shift, out6 + done);
                ReadTwo(ref bits3, tableA, shift, out3 + done);
                ReadTwo(ref bits7, tableB, shift, out7 + done);
                ReadTwo(ref bits0, tableA, shift, out0 + done + 2);
                ReadTwo(ref bits4, tableB, shift, out4 + done + 2);
                ReadTwo(ref bits1, tableA, shift, out1 + done + 2);
                ReadTwo(ref bits5, tableB, shift, out5 + done + 2);
                ReadTwo(ref bits2, tableA, shift, out2 + done + 2);
                ReadTwo(ref bits6, tableB, shift, out6 + done + 2);
                ReadTwo(ref bits3, tableA, shift, out3 + done + 2);
                ReadTwo(ref bits7, tableB, shift, out7 + done + 2);
                ReadOne(ref bits0, tableA, shift, out0 + done + 4);
                ReadOne(ref bits4, tableB, shift, out4 + done + 4);
                ReadOne(ref bits1, tableA, shift, out1 + done + 4);
                ReadOne(ref bits5, tableB, shift, out5 + done + 4);
                ReadOne(ref bits2, tableA, shift, out2 + done + 4);
                ReadOne(ref bits6, tableB, shift, out6 + done + 4);
                ReadOne(ref bits3, tableA, shift, out3 + done + 4);
                ReadOne(ref bits7, tableB, shift, out7 + done + 4);
                Refill(ref bits0, ref next0);
                Refill(ref bits1, ref next1);
                Refill(ref bits2, ref next2);
                Refill(ref bits3, ref next3);
                Refill(ref bits4, ref next4);
                Refill(ref bits5, ref next5);
                Refill(ref bits6, ref next6);
                Refill(ref bits7, ref next7);
                done += Symbols;
            }
            while (done < stop);

            a.Next0 = next0;
            a.Next1 = next1;
            a.Next2 = next2;
            a.Next3 = next3;
            a.Bits0 = bits0;
            a.Bits1 = bits1;
            a.Bits2 = bits2;
            a.Bits3 = bits3;
            a.Out0 = out0 + done;
            a.Out1 = out1 + done;
            a.Out2 = out2 + done;
            a.Out3 = out3 + done;
            b.Next0 = next4;
            b.Next1 = next5;
            b.Next2 = next6;
            b.Next3 = next7;
            b.Bits0 = bits4;
            b.Bits1 = bits5;
            b.Bits2 = bits6;
            b.Bits3 = bits7;
            b.Out0 = out4 + done;
            b.Out1 = out5 + done;
            b.Out2 = out6 + done;
            b.Out3 = out7 + done;
        }

        a.ReadSingles(tableA, shift);
        b.ReadSingles(tableB, shift);
    }

    /// <summary>How often five symbols of each stream can be read and no stream read below the section or written beyond its end.</summary>
    private readonly long Rounds(long most) => IsOrdered ? Math.Min(most, Math.Min((Next0 - Low) / Step, (End3 - Out3) / Symbols)) : 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void ReadOne(ref ulong bits, ushort* table, int shift, byte* destination)
    {
        uint entry = table[bits >> shift];
        bits <<= (int)entry;
        *destination = (byte)(entry >> 8);
    }

    // The later symbol is written first, in its place but with the length of its code before it, where the earlier symbol goes then.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void ReadTwo(ref ulong bits, ushort* table, int shift, byte* destination)
    {
        uint first = table[bits >> shift];
        bits <<= (int)first;
        uint second = table[bits >> shift];
        bits <<= (int)second;
        WriteEntry(destination, second);
        *destination = (byte)(first >> 8);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void ReadFive(ref ulong bits, ushort* table, int shift, byte* destination)
    {
        uint first = table[bits >> shift];
        bits <<= (int)first;
        uint second = table[bits >> shift];
        bits <<= (int)second;
        uint third = table[bits >> shift];
        bits <<= (int)third;
        uint fourth = table[bits >> shift];
        bits <<= (int)fourth;
        uint fifth = table[bits >> shift];
        bits <<= (int)fifth;
        WriteEntry(destination + 3, fifth);
        WriteEntry(destination + 2, fourth);
        WriteEntry(destination + 1, third);
        WriteEntry(destination, second);
        *destination = (byte)(first >> 8);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void WriteEntry(byte* destination, uint entry) => Unsafe.WriteUnaligned(destination, (ushort)entry);
}

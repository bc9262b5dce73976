using System.Numerics;
using System.Runtime.CompilerServices;

namespace OcdbtSharp.KvStore.Zstandard;

/// <summary>
/// The code of the literals as tables over the next bits, as many as the longest code has. One finds a symbol at a time, the other up to
/// two where both codes fit. Memory of the tables belongs to the decoder.
/// </summary>
internal static unsafe class HuffmanTable
{
    /// <summary>Number of entries of either table.</summary>
    public const int Size = 1 << ZstdFormat.MaxHuffmanLog;

    private const int MaxSymbols = 256;

    /// <summary>Reads the description of a code and fills the table of single symbols: length of the code, symbol × 256.</summary>
    /// <param name="source">The first byte.</param>
    /// <param name="end">Behind the last byte that may be read.</param>
    /// <param name="table">Room for <see cref="Size"/> entries.</param>
    /// <param name="log">Bits of the longest code, whose values are the entries.</param>
    /// <returns>Behind the last byte that was read.</returns>
    [SkipLocalsInit]
    public static byte* Read(byte* source, byte* end, ushort* table, out int log)
    {
        byte* weights = stackalloc byte[MaxSymbols];
        if (source == end)
        {
            ThrowCutOff();
        }

        int header = *source++;
        int count;
        if (header < 128)
        {
            if (end - source < header)
            {
                ThrowCutOff();
            }

            count = ReadCompressedWeights(source, source + header, weights);
            source += header;
        }
        else
        {
            count = header - 127;
            int bytes = (count + 1) / 2;
            if (end - source < bytes)
            {
                ThrowCutOff();
            }

            for (int i = 0; i < bytes; i++)
            {
                weights[2 * i] = (byte)(source[i] >> 4);
                weights[(2 * i) + 1] = (byte)(source[i] & 15);
            }

            source += bytes;
        }

        log = Fill(weights, count, table);
        return source;
    }

    /// <summary>Repeats entries until there are <see cref="Size"/>, which the loops of four streams take.</summary>
    public static void Widen(ushort* table, int log)
    {
        int times = 1 << (ZstdFormat.MaxHuffmanLog - log);
        for (int index = (1 << log) - 1; index >= 0 && times > 1; index--)
        {
            new Span<ushort>(table + ((long)index * times), times).Fill(table[index]);
        }
    }

    /// <summary>Fills the table of pairs from the widened one of single symbols: symbols, length of the codes × 2^16, number of symbols × 2^24.</summary>
    public static void FillPairs(ushort* singles, uint* pairs)
    {
        for (uint index = 0; index < Size; index++)
        {
            uint first = singles[index];
            int length = (int)(first & 0xFF);
            uint second = singles[(index << length) & (Size - 1)];
            uint both = (first & 0xFF) + (second & 0xFF);
            uint one = (first >> 8) | ((first & 0xFF) << 16) | (1u << 24);
            uint two = (first >> 8) | (second & 0xFF00) | (both << 16) | (2u << 24);
            pairs[index] = both <= ZstdFormat.MaxHuffmanLog ? two : one;
        }
    }

    [SkipLocalsInit]
    private static int ReadCompressedWeights(byte* source, byte* end, byte* weights)
    {
        Span<short> shares = stackalloc short[ZstdFormat.MaxHuffmanLog + 1];
        source = FseTable.ReadShares(source, end, shares, ZstdFormat.MaxWeightLog, out int log, out int symbols);
        FseState* table = stackalloc FseState[1 << ZstdFormat.MaxWeightLog];
        FseTable.Build(shares[..symbols], log, [], [], table);

        BackwardBits bits = new(source, end - source);
        uint even = bits.Take(log);
        uint odd = bits.Take(log);
        if (bits.Left < 0)
        {
            ThrowCutOff();
        }

        // Two states take turns; where one finds no more bits, the other still has a symbol.
        for (int count = 0; count < MaxSymbols - 2;)
        {
            bits.Refill();
            FseState state = table[even];
            weights[count++] = (byte)state.Base;
            even = state.Next + bits.Take(state.Bits);
            if (bits.Left < 0)
            {
                weights[count++] = (byte)table[odd].Base;
                return count;
            }

            (even, odd) = (odd, even);
        }

        ZstdError.ThrowCorrupt($"a Huffman code has more than {MaxSymbols} symbols");
        return 0;
    }

    private static int Fill(byte* weights, int count, ushort* table)
    {
        Span<int> next = stackalloc int[ZstdFormat.MaxHuffmanLog + 2];
        next.Clear();
        uint total = 0;
        for (int symbol = 0; symbol < count; symbol++)
        {
            int weight = weights[symbol];
            if (weight > ZstdFormat.MaxHuffmanLog)
            {
                ThrowTooLong();
            }

            next[weight]++;
            total += (1u << weight) >> 1;
        }

        // The weight of the last symbol is what is missing to a power of two.
        int log = total == 0 ? 0 : BitOperations.Log2(total) + 1;
        uint rest = (1u << log) - total;
        if (total == 0 || !BitOperations.IsPow2(rest))
        {
            ZstdError.ThrowCorrupt("the weights of a Huffman code do not add up to a power of two");
        }

        if (log > ZstdFormat.MaxHuffmanLog)
        {
            ThrowTooLong();
        }

        int last = BitOperations.Log2(rest) + 1;
        weights[count++] = (byte)last;
        next[last]++;
        if (next[1] < 2 || (next[1] & 1) != 0)
        {
            ZstdError.ThrowCorrupt("the longest codes of a Huffman code are not pairs");
        }

        // In the order of their weights, so that symbols of as many entries follow one another.
        byte* sorted = stackalloc byte[MaxSymbols];
        int start = 0;
        for (int weight = 0; weight <= log; weight++)
        {
            (next[weight], start) = (start, start + next[weight]);
        }

        for (int symbol = 0; symbol < count; symbol++)
        {
            sorted[next[weights[symbol]]++] = (byte)symbol;
        }

        for (int weight = 1; weight <= log; weight++)
        {
            byte* end = sorted + next[weight];
            for (byte* symbol = sorted + next[weight - 1]; symbol < end; symbol++)
            {
                table = Fill(table, 1 << (weight - 1), (ushort)((*symbol << 8) | (log + 1 - weight)));
            }
        }

        return log;
    }

    /// <summary>Writes an entry several times.</summary>
    /// <returns>Behind the last.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ushort* Fill(ushort* table, int entries, ushort entry)
    {
        ulong four = entry * 0x0001_0001_0001_0001ul;
        switch (entries)
        {
            case 1:
                *table = entry;
                break;
            case 2:
                Unsafe.WriteUnaligned(table, (uint)four);
                break;
            default:
                for (int i = 0; i < entries; i += 4)
                {
                    Unsafe.WriteUnaligned(table + i, four);
                }

                break;
        }

        return table + entries;
    }

    private static void ThrowCutOff() => ZstdError.ThrowCorrupt("the description of a Huffman code is cut off");

    private static void ThrowTooLong() => ZstdError.ThrowCorrupt($"a Huffman code is longer than {ZstdFormat.MaxHuffmanLog} bits");
}

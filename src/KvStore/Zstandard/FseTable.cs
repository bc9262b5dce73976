using System.Numerics;
using System.Runtime.CompilerServices;

namespace OcdbtSharp.KvStore.Zstandard;

/// <summary>A state of an FSE table: what it stands for, and how the next is found.</summary>
/// <param name="Base">The symbol, or the smallest value of its code.</param>
/// <param name="Next">State that the next bits are added to.</param>
/// <param name="Bits">Number of bits that are added to <paramref name="Next"/>.</param>
/// <param name="Extra">Number of bits that are added to <paramref name="Base"/>.</param>
internal readonly record struct FseState(uint Base, ushort Next, byte Bits, byte Extra);

/// <summary>A table of states.</summary>
internal unsafe struct FseTableView
{
    /// <summary>The <see cref="Log"/> where no block has named a table.</summary>
    public const int None = -1;

    public FseState* States;

    /// <summary>Logarithm of the number of states.</summary>
    public int Log;
}

/// <summary>Tables of finite state entropy: shares of symbols, read from a block and spread over states.</summary>
internal static unsafe class FseTable
{
    /// <summary>Reads the shares of symbols; -1 stands for less than one state.</summary>
    /// <param name="source">The first byte.</param>
    /// <param name="end">Behind the last byte that may be read.</param>
    /// <param name="shares">Room for the shares of all symbols that there may be.</param>
    /// <param name="maxLog">Greatest logarithm of the number of states.</param>
    /// <param name="log">The logarithm.</param>
    /// <param name="symbols">Number of symbols.</param>
    /// <returns>Behind the last byte that was read.</returns>
    public static byte* ReadShares(byte* source, byte* end, Span<short> shares, int maxLog, out int log, out int symbols)
    {
        ForwardBits bits = new(source, end);
        log = (int)bits.Take(4) + 5;
        if (log > maxLog)
        {
            ZstdError.ThrowCorrupt($"an FSE table has 2^{log} states, which is more than the 2^{maxLog} that there can be");
        }

        int left = 1 << log;
        symbols = 0;
        while (left > 0)
        {
            // A number from 0 to left + 1; the lowest take one bit less.
            int width = BitOperations.Log2((uint)left + 1);
            int shortOnes = (2 << width) - 2 - left;
            int value = (int)bits.Peek(width);
            if (value < shortOnes)
            {
                bits.Skip(width);
            }
            else
            {
                value = (int)bits.Take(width + 1);
                value -= value >= 1 << width ? shortOnes : 0;
            }

            int share = value - 1;
            left -= Math.Abs(share);
            Add(shares, ref symbols, share, 1);
            while (share == 0)
            {
                int zeros = (int)bits.Take(2);
                Add(shares, ref symbols, 0, zeros);
                if (zeros < 3)
                {
                    break;
                }
            }
        }

        return bits.End;
    }

    /// <summary>Spreads symbols over states.</summary>
    /// <param name="shares">Shares that add up to the number of states.</param>
    /// <param name="log">Logarithm of the number of states.</param>
    /// <param name="bases">Smallest value of each code; empty where the code itself is the value.</param>
    /// <param name="extra">Bits that follow each code.</param>
    /// <param name="table">Room for the states.</param>
    [SkipLocalsInit]
    public static void Build(ReadOnlySpan<short> shares, int log, ReadOnlySpan<uint> bases, ReadOnlySpan<byte> extra, FseState* table)
    {
        int size = 1 << log;
        ushort* next = stackalloc ushort[256];
        byte* symbolOf = stackalloc byte[1 << ZstdFormat.MaxLiteralLengthLog];
        int high = size;
        for (int symbol = 0; symbol < shares.Length; symbol++)
        {
            next[symbol] = (ushort)Math.Abs((int)shares[symbol]);
            if (shares[symbol] < 0)
            {
                symbolOf[--high] = (byte)symbol;
            }
        }

        int step = (size >> 1) + (size >> 3) + 3;
        int position = 0;
        for (int symbol = 0; symbol < shares.Length; symbol++)
        {
            for (int i = 0; i < shares[symbol]; i++)
            {
                symbolOf[position] = (byte)symbol;
                do
                {
                    position = (position + step) & (size - 1);
                }
                while (position >= high);
            }
        }

        for (int state = 0; state < size; state++)
        {
            int symbol = symbolOf[state];
            uint number = next[symbol]++;
            int bits = log - BitOperations.Log2(number);
            uint first = bases.IsEmpty ? (uint)symbol : bases[symbol];
            byte more = extra.IsEmpty ? (byte)0 : extra[symbol];
            table[state] = new FseState(first, (ushort)((number << bits) - size), (byte)bits, more);
        }
    }

    private static void Add(Span<short> shares, ref int symbols, int share, int count)
    {
        if (symbols + count > shares.Length)
        {
            ZstdError.ThrowCorrupt($"an FSE table has more than {shares.Length} symbols");
        }

        shares.Slice(symbols, count).Fill((short)share);
        symbols += count;
    }

    /// <summary>Bits from the first byte to the last.</summary>
    private ref struct ForwardBits(byte* source, byte* end)
    {
        private long _position;

        public readonly byte* End => source + ((_position + 7) >> 3);

        public readonly uint Peek(int bits)
        {
            byte* first = source + (_position >> 3);
            uint value = 0;
            for (int i = 0; i < 3 && first + i < end; i++)
            {
                value |= (uint)first[i] << (8 * i);
            }

            return (value >> (int)(_position & 7)) & ((1u << bits) - 1);
        }

        public void Skip(int bits)
        {
            _position += bits;
            if (_position > (end - source) * 8)
            {
                ZstdError.ThrowCorrupt("an FSE table is cut off");
            }
        }

        public uint Take(int bits)
        {
            uint value = Peek(bits);
            Skip(bits);
            return value;
        }
    }
}

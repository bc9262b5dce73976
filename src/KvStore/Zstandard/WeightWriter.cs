using System.Numerics;
using System.Runtime.CompilerServices;

namespace OcdbtSharp.KvStore.Zstandard;

/// <summary>Writes the weights of a Huffman code in finite state entropy: the shares of the weights, and the bits of two states that take turns.</summary>
internal static unsafe class WeightWriter
{
    private const int Log = ZstdFormat.MaxWeightLog;
    private const int States = 1 << Log;
    private const int Weights = ZstdFormat.MaxHuffmanLog + 1;

    /// <summary>Writes weights.</summary>
    /// <param name="weights">The weights.</param>
    /// <param name="destination">Where to; 255 bytes are enough.</param>
    /// <returns>Number of bytes; 0 where there are fewer than two different weights, which have no such form, or where there is no room.</returns>
    [SkipLocalsInit]
    public static int TryWrite(ReadOnlySpan<byte> weights, Span<byte> destination)
    {
        Span<short> shares = stackalloc short[Weights];
        int used = Share(weights, shares);
        if (used == 0)
        {
            return 0;
        }

        BitBuffer bits = new(destination);
        WriteShares(shares[..used], ref bits);
        bits.Align();
        FseState* table = stackalloc FseState[States];
        FseTable.Build(shares[..used], Log, [], [], table);
        WriteStates(weights, table, ref bits);
        return bits.Length;
    }

    /// <summary>Shares the states out to the weights.</summary>
    /// <returns>Number of weights up to the greatest that occurs; 0 where there is only one.</returns>
    private static int Share(ReadOnlySpan<byte> weights, Span<short> shares)
    {
        Span<int> counts = stackalloc int[Weights];
        counts.Clear();
        foreach (byte weight in weights)
        {
            counts[weight]++;
        }

        int used = counts.LastIndexOfAnyExcept(0) + 1;
        int most = 0;
        int left = States;
        for (int weight = 0; weight < used; weight++)
        {
            int share = counts[weight] == 0 ? 0 : Math.Max(1, ((counts[weight] * States) + (weights.Length / 2)) / weights.Length);
            shares[weight] = (short)share;
            left -= share;
            most = counts[weight] > counts[most] ? weight : most;
        }

        // What rounding made too much or too little is at most a state for each weight; the commonest has five at least.
        shares[most] += (short)left;
        return used == 0 || counts[most] == weights.Length || shares[most] <= 0 ? 0 : used;
    }

    /// <summary>Writes shares, as <see cref="FseTable.ReadShares"/> reads them.</summary>
    private static void WriteShares(scoped ReadOnlySpan<short> shares, ref BitBuffer bits)
    {
        bits.Write(Log - 5, 4);
        int left = States;
        for (int weight = 0; left > 0; weight++)
        {
            int share = shares[weight];
            int width = BitOperations.Log2((uint)left + 1);
            int shortOnes = (2 << width) - 2 - left;
            int value = share + 1;
            if (value < shortOnes)
            {
                bits.Write((uint)value, width);
            }
            else
            {
                bits.Write((uint)(value >= 1 << width ? value + shortOnes : value), width + 1);
            }

            left -= share;
            if (share == 0)
            {
                int zeros = 0;
                while (shares[weight + 1] == 0)
                {
                    weight++;
                    zeros++;
                }

                for (; zeros >= 3; zeros -= 3)
                {
                    bits.Write(3, 2);
                }

                bits.Write((uint)zeros, 2);
            }
        }
    }

    /// <summary>Writes the bits that lead a reader from state to state, the last first.</summary>
    [SkipLocalsInit]
    private static void WriteStates(scoped ReadOnlySpan<byte> weights, FseState* table, ref BitBuffer bits)
    {
        // For each weight and state: the state that stands for the weight and can be followed by the other.
        byte* before = stackalloc byte[Weights * States];
        byte* first = stackalloc byte[Weights];
        for (int state = States - 1; state >= 0; state--)
        {
            uint weight = table[state].Base;
            first[weight] = (byte)state;
            new Span<byte>(before + (weight * States) + table[state].Next, 1 << table[state].Bits).Fill((byte)state);
        }

        // The first state of a weight asks for the most bits: for more than there are, by which a reader sees the end.
        Span<int> current = [first[weights[^1]], weights.Length > 1 ? first[weights[^2]] : 0];
        int turn = 0;
        for (int i = weights.Length - 3; i >= 0; i--)
        {
            int next = current[turn];
            int state = before[(weights[i] * States) + next];
            bits.Write((uint)(next - table[state].Next), table[state].Bits);
            current[turn] = state;
            turn ^= 1;
        }

        // A reader takes the state of the first weight first, so it is written last.
        bits.Write((uint)current[turn], Log);
        bits.Write((uint)current[turn ^ 1], Log);
        bits.Write(1, 1);
        bits.Align();
    }

    /// <summary>Bits from the lowest of the first byte on. What has no room is left out, and <see cref="Length"/> is 0.</summary>
    private ref struct BitBuffer(Span<byte> bytes)
    {
        private readonly Span<byte> _bytes = bytes;
        private int _length;
        private ulong _bits;
        private int _count;

        public readonly int Length => _length <= _bytes.Length ? _length : 0;

        public void Write(uint value, int width)
        {
            _bits |= (ulong)value << _count;
            _count += width;
            for (; _count >= 8; _count -= 8)
            {
                Append();
            }
        }

        public void Align()
        {
            if (_count > 0)
            {
                Append();
                _count = 0;
            }
        }

        private void Append()
        {
            if (_length < _bytes.Length)
            {
                _bytes[_length] = (byte)_bits;
            }

            _length++;
            _bits >>= 8;
        }
    }
}

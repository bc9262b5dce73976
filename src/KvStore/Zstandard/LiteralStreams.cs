using System.Runtime.CompilerServices;

namespace OcdbtSharp.KvStore.Zstandard;

/// <summary>
/// Writes the four streams of a block, one for each quarter. A reader goes backwards, so the last symbol is written first. Each stream waits for
/// its own last symbol only, so the four take turns symbol by symbol.
/// </summary>
internal static unsafe class LiteralStreams
{
    // Symbols between two stores of eight bytes: 5 × 11 bits and the 7 that a store leaves fit into 64.
    private const int Batch = 5;

    // From here on a store of eight bytes could reach beyond the stream: a symbol may be a single bit.
    private const int Careful = 64;

    // What an entry holds beside the code.
    private const ulong CodeMask = ~0xFFul;

    /// <summary>Bytes of a stream.</summary>
    /// <param name="bits">Bits of its symbols.</param>
    public static int Length(long bits) => (int)(bits / 8) + 1;

    /// <summary>Writes the streams one behind the other.</summary>
    /// <param name="entries">The codes of the symbols.</param>
    /// <param name="block">The first of the symbols.</param>
    /// <param name="length">Number of symbols; at least 8.</param>
    /// <param name="destination">Where the first stream goes.</param>
    /// <param name="lengths">Bytes of each stream.</param>
    public static void Write(ulong* entries, byte* block, int length, byte* destination, ReadOnlySpan<int> lengths)
    {
        int quarter = LiteralCounts.QuarterLength(length);
        int common = length - (3 * quarter);
        Stream a = new(destination);
        Stream b = new(a.Next + lengths[0]);
        Stream c = new(b.Next + lengths[1]);
        Stream d = new(c.Next + lengths[2]);
        a.WriteSlowly(entries, block, common, quarter);
        b.WriteSlowly(entries, block + quarter, common, quarter);
        c.WriteSlowly(entries, block + (2L * quarter), common, quarter);
        int left = WriteBatches(entries, block, quarter, common, ref a, ref b, ref c, ref d);
        a.WriteSlowly(entries, block, 0, left);
        b.WriteSlowly(entries, block + quarter, 0, left);
        c.WriteSlowly(entries, block + (2L * quarter), 0, left);
        d.WriteSlowly(entries, block + (3L * quarter), 0, left);
        a.Finish();
        b.Finish();
        c.Finish();
        d.Finish();
    }

    /// <summary>Writes as many symbols of each quarter, from the last on, as batches take.</summary>
    /// <returns>Number of symbols that are left in each.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int WriteBatches(ulong* entries, byte* block, int quarter, int left, ref Stream first, ref Stream second, ref Stream third, ref Stream fourth)
    {
        // In locals, which can live in registers.
        Stream a = first;
        Stream b = second;
        Stream c = third;
        Stream d = fourth;
        nint step = quarter;
        for (; left >= Careful + Batch; left -= Batch)
        {
            byte* symbols = block + left - Batch;
            byte* more = symbols + (2 * step);
            a.Put(entries[symbols[4]]);
            b.Put(entries[symbols[step + 4]]);
            c.Put(entries[more[4]]);
            d.Put(entries[more[step + 4]]);
            a.Put(entries[symbols[3]]);
            b.Put(entries[symbols[step + 3]]);
            c.Put(entries[more[3]]);
            d.Put(entries[more[step + 3]]);
            a.Put(entries[symbols[2]]);
            b.Put(entries[symbols[step + 2]]);
            c.Put(entries[more[2]]);
            d.Put(entries[more[step + 2]]);
            a.Put(entries[symbols[1]]);
            b.Put(entries[symbols[step + 1]]);
            c.Put(entries[more[1]]);
            d.Put(entries[more[step + 1]]);
            a.PutLast(entries[symbols[0]]);
            b.PutLast(entries[symbols[step]]);
            c.PutLast(entries[more[0]]);
            d.PutLast(entries[more[step]]);
            a.Store();
            b.Store();
            c.Store();
            d.Store();
        }

        first = a;
        second = b;
        third = c;
        fourth = d;
        return left;
    }

    /// <summary>A stream: the bits that are not stored yet are the top ones, as many as the lowest byte of the count says.</summary>
    private struct Stream(byte* next)
    {
        public byte* Next = next;
        private ulong _bits;
        private ulong _count;

        /// <summary>Puts a symbol above the others. The length in the entry falls on bits that are not used yet.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Put(ulong entry)
        {
            _bits = (_bits >> (int)entry) | entry;
            _count += entry;
        }

        /// <summary>The same where the bits may be used.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void PutLast(ulong entry)
        {
            _bits = (_bits >> (int)entry) | (entry & CodeMask);
            _count += entry;
        }

        /// <summary>Stores whole bytes; writes eight.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Store()
        {
            Unsafe.WriteUnaligned(Next, _bits >> -(int)_count);
            Next += (nuint)(byte)_count >> 3;
            _count &= 7;
        }

        /// <summary>Writes symbols, the last first, and touches nothing beyond what they fill.</summary>
        public void WriteSlowly(ulong* entries, byte* symbols, int from, int to)
        {
            for (int i = to - 1; i >= from; i--)
            {
                PutLast(entries[symbols[i]]);
                StoreSlowly();
            }
        }

        /// <summary>Puts the one that stands above the first bit a reader takes.</summary>
        public void Finish()
        {
            PutLast((1ul << 63) | 1);
            StoreSlowly();
            if (_count > 0)
            {
                *Next = (byte)(_bits >> -(int)_count);
            }
        }

        private void StoreSlowly()
        {
            int count = (byte)_count;
            for (; count >= 8; count -= 8)
            {
                *Next++ = (byte)(_bits >> -count);
            }

            _count = (uint)count;
        }
    }
}

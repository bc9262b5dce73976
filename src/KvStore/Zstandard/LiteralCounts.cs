using System.Runtime.CompilerServices;

namespace OcdbtSharp.KvStore.Zstandard;

/// <summary>
/// How often each byte occurs in each quarter of a block. The quarters become its four streams, whose lengths follow from the counts. Counting
/// in four places at once also keeps an equal byte from waiting for the one before it.
/// </summary>
internal sealed unsafe class LiteralCounts
{
    public const int Symbols = 256;
    public const int Quarters = 4;

    private readonly uint[] _counts = new uint[Quarters * Symbols];
    private readonly uint[] _total = new uint[Symbols];

    /// <summary>Counts of the whole block.</summary>
    public ReadOnlySpan<uint> Total => _total;

    /// <summary>Number of different bytes.</summary>
    public int Distinct { get; private set; }

    /// <summary>Counts of a quarter.</summary>
    public ReadOnlySpan<uint> Quarter(int index) => _counts.AsSpan(index * Symbols, Symbols);

    /// <summary>Bytes of each quarter of a block but the last, which has the rest.</summary>
    public static int QuarterLength(int length) => (length + Quarters - 1) / Quarters;

    /// <summary>Counts a block.</summary>
    /// <param name="block">The first byte.</param>
    /// <param name="length">Number of bytes.</param>
    public void Count(byte* block, int length)
    {
        Array.Clear(_counts);
        int quarter = QuarterLength(length);
        int common = length - ((Quarters - 1) * quarter);
        fixed (uint* counts = _counts)
        {
            int whole = common < 0 ? 0 : common & ~7;
            CountQuarters(block, quarter, whole, counts);
            for (int index = 0; index < Quarters; index++)
            {
                int end = Math.Min(quarter, length - (index * quarter));
                for (int i = whole; i < end; i++)
                {
                    counts[(index * Symbols) + block[(index * quarter) + i]]++;
                }
            }
        }

        int distinct = 0;
        for (int symbol = 0; symbol < Symbols; symbol++)
        {
            uint total = _counts[symbol] + _counts[symbol + Symbols] + _counts[symbol + (2 * Symbols)] + _counts[symbol + (3 * Symbols)];
            _total[symbol] = total;
            distinct += total > 0 ? 1 : 0;
        }

        Distinct = distinct;
    }

    /// <summary>Least bits that a code of whole blocks like this one can take, whatever the lengths of its codes.</summary>
    public double Entropy(int length)
    {
        double bits = length * Math.Log2(length);
        foreach (uint count in _total)
        {
            bits -= count > 0 ? count * Math.Log2(count) : 0;
        }

        return bits;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void CountQuarters(byte* block, int quarter, int length, uint* counts)
    {
        uint* counts1 = counts + Symbols;
        uint* counts2 = counts1 + Symbols;
        uint* counts3 = counts2 + Symbols;
        for (int i = 0; i < length; i += 8)
        {
            ulong a = Unsafe.ReadUnaligned<ulong>(block + i);
            ulong b = Unsafe.ReadUnaligned<ulong>(block + quarter + i);
            ulong c = Unsafe.ReadUnaligned<ulong>(block + (2L * quarter) + i);
            ulong d = Unsafe.ReadUnaligned<ulong>(block + (3L * quarter) + i);
            for (int byteIndex = 0; byteIndex < 8; byteIndex++)
            {
                counts[(byte)a]++;
                counts1[(byte)b]++;
                counts2[(byte)c]++;
                counts3[(byte)d]++;
                a >>= 8;
                b >>= 8;
                c >>= 8;
                d >>= 8;
            }
        }
    }
}

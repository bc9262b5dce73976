using System.Runtime.CompilerServices;

namespace OcdbtSharp.KvStore.Zstandard;

/// <summary>A code for literals, made from how often they occur, and its description.</summary>
internal sealed unsafe class HuffmanCode
{
    private const int Symbols = LiteralCounts.Symbols;
    private const int MaxLength = ZstdFormat.MaxHuffmanLog;

    // Kraft's sum of a complete code, in units of the longest code.
    private const int Whole = 1 << MaxLength;

    // Weights stored as they are, two in a byte.
    private const int MaxPlainWeights = 128;

    private readonly ulong[] _entries = new ulong[Symbols];
    private readonly byte[] _lengths = new byte[Symbols];
    private readonly byte[] _description = new byte[Symbols];
    private int _descriptionLength;

    /// <summary>For each symbol its code in the top bits and the length of it in the lowest byte; 0 where it has none.</summary>
    public ReadOnlySpan<ulong> Entries => _entries;

    /// <summary>What a reader makes the code from.</summary>
    public ReadOnlySpan<byte> Description => _description.AsSpan(0, _descriptionLength);

    /// <summary>Bits of symbols in this code.</summary>
    /// <param name="counts">How often each occurs.</param>
    /// <returns><see cref="long.MaxValue"/> where one of them has no code.</returns>
    public long Measure(ReadOnlySpan<uint> counts)
    {
        long bits = 0;
        bool isCovered = true;
        for (int symbol = 0; symbol < Symbols; symbol++)
        {
            bits += (long)counts[symbol] * _lengths[symbol];
            isCovered &= counts[symbol] == 0 || _lengths[symbol] > 0;
        }

        return isCovered ? bits : long.MaxValue;
    }

    /// <summary>Makes the best code with no longer codes than the format has.</summary>
    /// <param name="counts">How often each symbol occurs; at least two do.</param>
    /// <returns>False where the code cannot be described, which happens where all codes are of one length.</returns>
    [SkipLocalsInit]
    public bool TryBuild(ReadOnlySpan<uint> counts)
    {
        Span<ulong> leaves = stackalloc ulong[Symbols];
        int count = 0;
        for (int symbol = 0; symbol < Symbols; symbol++)
        {
            if (counts[symbol] > 0)
            {
                leaves[count++] = ((ulong)counts[symbol] << 8) | (uint)symbol;
            }
        }

        leaves = leaves[..count];
        leaves.Sort();
        Span<int> lengths = stackalloc int[count];
        FindLengths(leaves, lengths);
        Limit(lengths);
        Array.Clear(_lengths);
        int log = 0;
        int last = 0;
        for (int i = 0; i < count; i++)
        {
            int symbol = (byte)leaves[i];
            _lengths[symbol] = (byte)lengths[i];
            log = Math.Max(log, lengths[i]);
            last = Math.Max(last, symbol);
        }

        AssignCodes(log, last + 1);
        return TryDescribe(log, last);
    }

    /// <summary>Huffman's lengths, of leaves that come rarest first.</summary>
    private static void FindLengths(ReadOnlySpan<ulong> leaves, Span<int> lengths)
    {
        int count = leaves.Length;
        Span<long> weights = stackalloc long[count];
        Span<int> parents = stackalloc int[2 * count];
        int nextLeaf = 0;
        int nextNode = 0;
        for (int node = 0; node < count - 1; node++)
        {
            weights[node] = 0;
            for (int child = 0; child < 2; child++)
            {
                // Nodes come into being lightest first, as the leaves are.
                bool isLeaf = nextNode == node || (nextLeaf < count && (long)(leaves[nextLeaf] >> 8) <= weights[nextNode]);
                weights[node] += isLeaf ? (long)(leaves[nextLeaf] >> 8) : weights[nextNode];
                parents[isLeaf ? nextLeaf++ : count + nextNode++] = node;
            }
        }

        Span<int> depths = stackalloc int[count];
        depths[count - 2] = 0;
        for (int node = count - 3; node >= 0; node--)
        {
            depths[node] = depths[parents[count + node]] + 1;
        }

        for (int leaf = 0; leaf < count; leaf++)
        {
            lengths[leaf] = depths[parents[leaf]] + 1;
        }
    }

    /// <summary>Shortens codes that are too long and lengthens others, the rarest first, until the code is complete again.</summary>
    private static void Limit(Span<int> lengths)
    {
        int sum = 0;
        foreach (ref int length in lengths)
        {
            length = Math.Min(length, MaxLength);
            sum += Whole >> length;
        }

        for (int i = 0; sum > Whole;)
        {
            if (lengths[i] == MaxLength)
            {
                i++;
                continue;
            }

            lengths[i]++;
            sum -= Whole >> lengths[i];
        }

        // The longest codes have the unit that all else is a multiple of, so there is always one that fits.
        while (sum < Whole)
        {
            for (int i = lengths.Length - 1; i >= 0; i--)
            {
                if (Whole >> lengths[i] <= Whole - sum)
                {
                    sum += Whole >> lengths[i];
                    lengths[i]--;
                }
            }
        }
    }

    /// <summary>Gives the smallest codes to the longest, and among equals to the smallest symbols.</summary>
    private void AssignCodes(int log, int symbols)
    {
        Span<int> next = stackalloc int[MaxLength + 2];
        next.Clear();
        foreach (byte length in _lengths)
        {
            next[length]++;
        }

        int start = 0;
        for (int length = log; length > 0; length--)
        {
            int count = next[length];
            next[length] = start;
            start = (start + count) >> 1;
        }

        Array.Clear(_entries);
        for (int symbol = 0; symbol < symbols; symbol++)
        {
            int length = _lengths[symbol];
            _entries[symbol] = length == 0 ? 0 : ((ulong)next[length]++ << (64 - length)) | (uint)length;
        }
    }

    [SkipLocalsInit]
    private bool TryDescribe(int log, int last)
    {
        // The weight of the last symbol is what the others leave over.
        Span<byte> weights = stackalloc byte[Symbols];
        weights = weights[..last];
        for (int symbol = 0; symbol < last; symbol++)
        {
            weights[symbol] = (byte)(_lengths[symbol] == 0 ? 0 : log + 1 - _lengths[symbol]);
        }

        int length = WeightWriter.TryWrite(weights, _description.AsSpan(1));
        if (length > 0 && (length < last / 2 || last > MaxPlainWeights))
        {
            _description[0] = (byte)length;
            _descriptionLength = 1 + length;
            return length < MaxPlainWeights;
        }

        if (last > MaxPlainWeights)
        {
            return false;
        }

        _description[0] = (byte)(MaxPlainWeights - 1 + last);
        _descriptionLength = 1 + ((last + 1) / 2);
        for (int i = 0; i < last; i += 2)
        {
            _description[1 + (i / 2)] = (byte)((weights[i] << 4) | (i + 1 < last ? weights[i + 1] : 0));
        }

        return true;
    }
}

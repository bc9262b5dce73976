namespace OcdbtSharp.Zarr3.Codecs;

/// <summary>Writes the symbols of a block: several Huffman codes, and for each group of symbols the one that takes the fewest bits.</summary>
internal readonly ref struct Bz2SymbolWriter
{
    private const int Rounds = 4;

    /// <summary>Codes longer than this are not made, though they could be read.</summary>
    private const int MaxLength = 17;

    private readonly ReadOnlySpan<ushort> _symbols;
    private readonly int _alphabet;
    private readonly byte[] _selectors;
    private readonly byte[][] _lengths;

    /// <param name="symbols">The symbols, the last of which ends the block.</param>
    /// <param name="alphabet">How many different ones there can be.</param>
    public Bz2SymbolWriter(ReadOnlySpan<ushort> symbols, int alphabet)
    {
        _symbols = symbols;
        _alphabet = alphabet;
        _selectors = new byte[(symbols.Length + Bz2Format.GroupLength - 1) / Bz2Format.GroupLength];
        int codes = symbols.Length switch { < 200 => 2, < 600 => 3, < 1200 => 4, < 2400 => 5, _ => Bz2Format.MaxCodes };
        _lengths = [.. Enumerable.Range(0, codes).Select(_ => new byte[alphabet])];
        ShareOut();
        for (int round = 0; round < Rounds; round++)
        {
            Improve();
        }
    }

    public void Write(ref Bz2BitWriter bits)
    {
        bits.Write((uint)_lengths.Length, 3);
        bits.Write((uint)_selectors.Length, 15);
        Span<byte> latest = [0, 1, 2, 3, 4, 5];
        foreach (byte selector in _selectors)
        {
            int position = latest.IndexOf(selector);
            bits.Write((1u << (position + 1)) - 2, position + 1);
            latest[..position].CopyTo(latest[1..]);
            latest[0] = selector;
        }

        uint[][] codes = [.. _lengths.Select(Codes)];
        foreach (byte[] lengths in _lengths)
        {
            WriteLengths(lengths, ref bits);
        }

        for (int i = 0; i < _symbols.Length; i++)
        {
            byte selector = _selectors[i / Bz2Format.GroupLength];
            bits.Write(codes[selector][_symbols[i]], _lengths[selector][_symbols[i]]);
        }
    }

    private static void WriteLengths(byte[] lengths, ref Bz2BitWriter bits)
    {
        int current = lengths[0];
        bits.Write((uint)current, 5);
        foreach (byte length in lengths)
        {
            for (; current < length; current++)
            {
                bits.Write(0b10, 2);
            }

            for (; current > length; current--)
            {
                bits.Write(0b11, 2);
            }

            bits.Write(0, 1);
        }
    }

    /// <summary>Begins with codes that each prefer a stretch of the alphabet, all stretches equally frequent.</summary>
    private void ShareOut()
    {
        int[] frequencies = new int[_alphabet];
        foreach (ushort symbol in _symbols)
        {
            frequencies[symbol]++;
        }

        int rest = _symbols.Length;
        int start = 0;
        for (int code = 0; code < _lengths.Length; code++)
        {
            int wanted = rest / (_lengths.Length - code);
            int end = start;
            int sum = 0;
            while (end < _alphabet && (sum < wanted || code == _lengths.Length - 1))
            {
                sum += frequencies[end++];
            }

            Array.Fill(_lengths[code], (byte)15);
            Array.Fill(_lengths[code], (byte)0, start, end - start);
            start = end;
            rest -= sum;
        }
    }

    /// <summary>Lets each group choose the best code, and makes each code the best for the groups that chose it.</summary>
    private void Improve()
    {
        int[][] frequencies = [.. _lengths.Select(lengths => new int[lengths.Length])];
        for (int group = 0; group < _selectors.Length; group++)
        {
            ReadOnlySpan<ushort> symbols = _symbols[(group * Bz2Format.GroupLength)..Math.Min(_symbols.Length, (group + 1) * Bz2Format.GroupLength)];
            int best = int.MaxValue;
            for (int code = 0; code < _lengths.Length; code++)
            {
                int bits = 0;
                byte[] lengths = _lengths[code];
                foreach (ushort symbol in symbols)
                {
                    bits += lengths[symbol];
                }

                if (bits < best)
                {
                    best = bits;
                    _selectors[group] = (byte)code;
                }
            }

            int[] chosen = frequencies[_selectors[group]];
            foreach (ushort symbol in symbols)
            {
                chosen[symbol]++;
            }
        }

        for (int code = 0; code < _lengths.Length; code++)
        {
            SetLengths(frequencies[code], _lengths[code]);
        }
    }

    /// <summary>The lengths of Huffman's code; where one is too long, that of frequencies that differ less.</summary>
    private static void SetLengths(int[] frequencies, byte[] lengths)
    {
        long[] weights = [.. frequencies.Select(frequency => Math.Max(1L, frequency))];
        while (!TrySetLengths(weights, lengths))
        {
            foreach (ref long weight in weights.AsSpan())
            {
                weight = 1 + (weight / 2);
            }
        }
    }

    private static bool TrySetLengths(long[] weights, byte[] lengths)
    {
        PriorityQueue<int, (long Weight, int Node)> queue = new();
        int[] parents = new int[(2 * weights.Length) - 1];
        for (int symbol = 0; symbol < weights.Length; symbol++)
        {
            queue.Enqueue(symbol, (weights[symbol], symbol));
        }

        for (int node = weights.Length; node < parents.Length; node++)
        {
            queue.TryDequeue(out int left, out (long Weight, int Node) leftWeight);
            queue.TryDequeue(out int right, out (long Weight, int Node) rightWeight);
            parents[left] = node;
            parents[right] = node;
            queue.Enqueue(node, (leftWeight.Weight + rightWeight.Weight, node));
        }

        int[] depths = new int[parents.Length];
        for (int node = parents.Length - 2; node >= 0; node--)
        {
            depths[node] = depths[parents[node]] + 1;
        }

        for (int symbol = 0; symbol < weights.Length; symbol++)
        {
            lengths[symbol] = (byte)depths[symbol];
        }

        return depths.Max() <= MaxLength;
    }

    /// <summary>The codes of the lengths: shorter ones first, those of one length in the order of their symbols.</summary>
    private static uint[] Codes(byte[] lengths)
    {
        uint[] codes = new uint[lengths.Length];
        uint code = 0;
        for (int length = 1; length <= MaxLength; length++)
        {
            code <<= 1;
            for (int symbol = 0; symbol < lengths.Length; symbol++)
            {
                if (lengths[symbol] == length)
                {
                    codes[symbol] = code++;
                }
            }
        }

        return codes;
    }
}

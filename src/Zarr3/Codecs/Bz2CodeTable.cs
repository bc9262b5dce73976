namespace OcdbtSharp.Zarr3.Codecs;

/// <summary>A Huffman code of bzip2, by the lengths of its codes: shorter codes come first, those of one length in the order of their symbols.</summary>
internal sealed class Bz2CodeTable
{
    public const int MaxSymbols = 258;
    public const int MaxLength = 20;

    private const int FastBits = 10;

    // By the next bits: symbol and length where the code is short, otherwise 0.
    private readonly ushort[] _fast = new ushort[1 << FastBits];
    private readonly ushort[] _symbols = new ushort[MaxSymbols];
    private readonly int[] _firstCode = new int[MaxLength + 2];
    private readonly int[] _count = new int[MaxLength + 2];
    private readonly int[] _firstSymbol = new int[MaxLength + 2];

    /// <summary>Sets the code; false where the lengths cannot be those of a code.</summary>
    /// <param name="lengths">The length of each symbol's code, 1 to <see cref="MaxLength"/>.</param>
    public bool TrySet(ReadOnlySpan<byte> lengths)
    {
        Array.Clear(_fast);
        Array.Clear(_count);
        foreach (byte length in lengths)
        {
            _count[length]++;
        }

        int code = 0;
        int symbols = 0;
        for (int length = 1; length <= MaxLength; length++)
        {
            code <<= 1;
            _firstCode[length] = code;
            _firstSymbol[length] = symbols;
            for (int symbol = 0; symbol < lengths.Length; symbol++)
            {
                if (lengths[symbol] != length)
                {
                    continue;
                }

                if (code >= 1 << length)
                {
                    return false;
                }

                _symbols[symbols++] = (ushort)symbol;
                if (length <= FastBits)
                {
                    _fast.AsSpan(code << (FastBits - length), 1 << (FastBits - length)).Fill((ushort)((symbol << 5) | length));
                }

                code++;
            }
        }

        return true;
    }

    /// <summary>Reads a symbol from bits that are filled; -1 where they are no code.</summary>
    public int Read(ref Bz2BitReader bits)
    {
        int entry = _fast[bits.Buffer >> (64 - FastBits)];
        if (entry != 0)
        {
            bits.Skip(entry & 31);
            return entry >> 5;
        }

        for (int length = FastBits + 1; length <= MaxLength; length++)
        {
            int code = (int)(bits.Buffer >> (64 - length)) - _firstCode[length];
            if (code >= 0 && code < _count[length])
            {
                bits.Skip(length);
                return _symbols[_firstSymbol[length] + code];
            }
        }

        return -1;
    }
}

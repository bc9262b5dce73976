using System.Buffers;

namespace OcdbtSharp.Zarr3.Codecs;

/// <summary>Writes a bzip2 stream, block by block; <see cref="Bz2Decoder"/> tells the steps, which are taken here the other way round.</summary>
internal ref struct Bz2Encoder
{
    /// <summary>The bytes by which a block stays below that of its level, as in bzip2.</summary>
    private const int Slack = 19;

    /// <summary>A byte four times, and how often it comes once more.</summary>
    private const int MaxRun = Bz2Format.RunStart + byte.MaxValue;

    private readonly int[] _block;
    private readonly int[] _order;
    private readonly ushort[] _symbols;
    private Bz2BitWriter _bits;
    private int _length;
    private int _symbolCount;

    private Bz2Encoder(Span<byte> target, int capacity)
    {
        _bits = new Bz2BitWriter(target);
        _block = ArrayPool<int>.Shared.Rent(capacity);
        _order = ArrayPool<int>.Shared.Rent(capacity);
        _symbols = ArrayPool<ushort>.Shared.Rent(capacity + 1);
    }

    /// <summary>Compresses into <paramref name="target"/>, which is long enough, and returns the length.</summary>
    public static int Encode(ReadOnlySpan<byte> source, Span<byte> target, int level)
    {
        int capacity = Math.Min((level * Bz2Format.LevelBlock) - Slack, checked((int)Math.Min((5L * source.Length / 4) + 8, Array.MaxLength)));
        Bz2Encoder encoder = new(target, capacity);
        try
        {
            return encoder.Encode(source, level, capacity);
        }
        finally
        {
            ArrayPool<int>.Shared.Return(encoder._block);
            ArrayPool<int>.Shared.Return(encoder._order);
            ArrayPool<ushort>.Shared.Return(encoder._symbols);
        }
    }

    private int Encode(ReadOnlySpan<byte> source, int level, int capacity)
    {
        foreach (byte value in Bz2Format.Signature)
        {
            _bits.Write(value, 8);
        }

        _bits.Write((uint)('0' + level), 8);
        uint checksum = 0;
        while (!source.IsEmpty)
        {
            int taken = TakeBlock(source, capacity);
            uint block = Bz2Format.Checksum(source[..taken]);
            checksum = Bz2Format.Combine(checksum, block);
            source = source[taken..];
            _bits.WriteMagic(Bz2Format.BlockMagic);
            _bits.Write(block, 32);
            _bits.Write(0, 1);
            EncodeBlock();
        }

        _bits.WriteMagic(Bz2Format.EndMagic);
        _bits.Write(checksum, 32);
        return _bits.Finish();
    }

    /// <summary>Fills the block with bytes, runs shortened, and returns how many were taken.</summary>
    private int TakeBlock(ReadOnlySpan<byte> source, int capacity)
    {
        _length = 0;
        int taken = 0;
        while (taken < source.Length && _length + Bz2Format.RunStart + 1 <= capacity)
        {
            byte value = source[taken];
            ReadOnlySpan<byte> ahead = source.Slice(taken, Math.Min(MaxRun, source.Length - taken));
            int run = ahead.IndexOfAnyExcept(value);
            run = run < 0 ? ahead.Length : run;
            for (int i = 0; i < Math.Min(run, Bz2Format.RunStart); i++)
            {
                _block[_length++] = value;
            }

            if (run >= Bz2Format.RunStart)
            {
                _block[_length++] = run - Bz2Format.RunStart;
            }

            taken += run;
        }

        return taken;
    }

    private void EncodeBlock()
    {
        // From its least rotation on, the suffixes of a text are in the order of its rotations.
        Span<int> text = _block.AsSpan(0, _length);
        int shift = LeastRotation(text);
        Span<int> rotated = _order.AsSpan(0, _length);
        text[shift..].CopyTo(rotated);
        text[..shift].CopyTo(rotated[(_length - shift)..]);
        rotated.CopyTo(text);
        SuffixArray.Sort(text, byte.MaxValue, _order);
        int first = (_length - shift) % _length;
        _bits.Write((uint)_order.AsSpan(0, _length).IndexOf(first), 24);
        Span<bool> used = stackalloc bool[256];
        foreach (int value in text)
        {
            used[value] = true;
        }

        int usedCount = WriteUsedBytes(used);
        ListSymbols(text, used, usedCount + 1);
        new Bz2SymbolWriter(_symbols.AsSpan(0, _symbolCount), usedCount + 2).Write(ref _bits);
    }

    private static int LeastRotation(ReadOnlySpan<int> text)
    {
        int least = 0;
        int other = 1;
        int same = 0;
        while (least < text.Length && other < text.Length && same < text.Length)
        {
            int left = text[(least + same) % text.Length];
            int right = text[(other + same) % text.Length];
            if (left == right)
            {
                same++;
                continue;
            }

            if (left > right)
            {
                least += same + 1;
            }
            else
            {
                other += same + 1;
            }

            other += least == other ? 1 : 0;
            same = 0;
        }

        return Math.Min(least, other);
    }

    private int WriteUsedBytes(scoped ReadOnlySpan<bool> used)
    {
        int count = 0;
        for (int row = 0; row < 16; row++)
        {
            _bits.Write(used.Slice(16 * row, 16).Contains(true) ? 1u : 0, 1);
        }

        for (int row = 0; row < 16; row++)
        {
            if (!used.Slice(16 * row, 16).Contains(true))
            {
                continue;
            }

            foreach (bool isUsed in used.Slice(16 * row, 16))
            {
                _bits.Write(isUsed ? 1u : 0, 1);
                count += isUsed ? 1 : 0;
            }
        }

        return count;
    }

    /// <summary>Turns the last column into positions in the list of the latest bytes, runs of the first position into their lengths.</summary>
    private void ListSymbols(scoped ReadOnlySpan<int> text, scoped ReadOnlySpan<bool> used, int end)
    {
        Span<byte> front = stackalloc byte[256];
        int listed = 0;
        for (int value = 0; value < 256; value++)
        {
            if (used[value])
            {
                front[listed++] = (byte)value;
            }
        }

        _symbolCount = 0;
        int run = 0;
        foreach (int start in _order.AsSpan(0, _length))
        {
            byte value = (byte)text[start == 0 ? _length - 1 : start - 1];
            int position = front.IndexOf(value);
            if (position == 0)
            {
                run++;
                continue;
            }

            ListRun(run);
            run = 0;
            front[..position].CopyTo(front[1..]);
            front[0] = value;
            _symbols[_symbolCount++] = (ushort)(position + 1);
        }

        ListRun(run);
        _symbols[_symbolCount++] = (ushort)end;
    }

    /// <summary>The length in digits of 1 and 2, the lowest first.</summary>
    private void ListRun(int run)
    {
        for (; run > 0; run = (run - 1) / 2)
        {
            _symbols[_symbolCount++] = run % 2 == 1 ? (ushort)Bz2Format.RunA : (ushort)Bz2Format.RunB;
        }
    }
}

using System.Buffers;
using OcdbtSharp.KvStore;

namespace OcdbtSharp.Zarr3.Codecs;

/// <summary>
/// Reads bzip2 streams. A block is undone in four steps: Huffman codes give symbols; symbols give bytes, by runs of zeros and moves to the front;
/// the bytes are the last column of the sorted rotations of a text (Burrows and Wheeler), which is followed through them; and in the text a byte
/// that comes four times is followed by how often it comes once more.
/// </summary>
internal ref struct Bz2Decoder
{
    private readonly Span<byte> _decoded;
    private readonly uint[] _column;
    private readonly byte[] _selectors = new byte[1 << 15];
    private readonly Bz2CodeTable[] _codes = [.. Enumerable.Range(0, Bz2Format.MaxCodes).Select(_ => new Bz2CodeTable())];
    private readonly int[] _counts = new int[256];
    private readonly byte[] _front = new byte[256];
    private Bz2BitReader _bits;
    private int _written;

    private Bz2Decoder(Span<byte> decoded, uint[] column)
    {
        _decoded = decoded;
        _column = column;
    }

    /// <summary>Decodes all streams, which may lie one behind the other.</summary>
    /// <returns>The length; <see cref="int.MaxValue"/> where it is more than there is room for.</returns>
    public static int Decode(ReadOnlySpan<byte> encoded, Span<byte> decoded)
    {
        uint[] column = ArrayPool<uint>.Shared.Rent(9 * Bz2Format.LevelBlock);
        try
        {
            Bz2Decoder decoder = new(decoded, column);
            do
            {
                encoded = decoder.DecodeStream(encoded);
            }
            while (!encoded.IsEmpty && decoder._written != int.MaxValue);
            return decoder._written;
        }
        finally
        {
            ArrayPool<uint>.Shared.Return(column);
        }
    }

    /// <summary>Decodes a stream and returns what lies behind it.</summary>
    private ReadOnlySpan<byte> DecodeStream(ReadOnlySpan<byte> encoded)
    {
        if (encoded.Length < 4 || !encoded.StartsWith(Bz2Format.Signature) || encoded[3] is < (byte)'1' or > (byte)'9')
        {
            throw new CorruptDataException("a bzip2 stream does not begin with BZh and a digit from 1 to 9");
        }

        int blockSize = (encoded[3] - '0') * Bz2Format.LevelBlock;
        _bits = new Bz2BitReader(encoded[4..]);
        uint checksum = 0;
        while (true)
        {
            ulong magic = ((ulong)_bits.Read(24) << 24) | _bits.Read(24);
            uint stored = _bits.Read(32);
            if (magic == Bz2Format.EndMagic)
            {
                Check(stored, checksum, "stream");
                return _bits.Rest;
            }

            if (magic != Bz2Format.BlockMagic)
            {
                throw new CorruptDataException(_bits.IsPastEnd ? "the bzip2 stream is cut off" : $"neither a block nor the end of a bzip2 stream begins with 0x{magic:x12}");
            }

            int start = _written;
            DecodeBlock(blockSize);
            if (_written == int.MaxValue)
            {
                return default;
            }

            uint computed = Bz2Format.Checksum(_decoded[start.._written]);
            Check(stored, computed, "block");
            checksum = Bz2Format.Combine(checksum, computed);
        }
    }

    private readonly void Check(uint stored, uint computed, string what)
    {
        if (_bits.IsPastEnd)
        {
            throw new CorruptDataException("the bzip2 stream is cut off");
        }

        if (stored != computed)
        {
            throw new CorruptDataException($"the checksum of a bzip2 {what} is 0x{stored:x8}, but its bytes have 0x{computed:x8}");
        }
    }

    private void DecodeBlock(int blockSize)
    {
        if (_bits.ReadBit())
        {
            throw new UnsupportedFormatException("randomised blocks of bzip2 before version 0.9.5 are not supported");
        }

        int first = (int)_bits.Read(24);
        int used = ReadUsedBytes();
        ReadCodes(used + 2);
        int length = ReadColumn(used + 1, blockSize);
        if (first >= length)
        {
            throw new CorruptDataException($"a bzip2 block of {length} bytes begins at {first}");
        }

        Follow(first, length);
    }

    /// <summary>Reads which bytes occur into the list of the latest, and returns their number.</summary>
    private int ReadUsedBytes()
    {
        int used = 0;
        uint rows = _bits.Read(16);
        for (int row = 0; row < 16; row++)
        {
            uint row16 = (rows >> (15 - row) & 1) == 1 ? _bits.Read(16) : 0;
            for (int bit = 0; bit < 16; bit++)
            {
                if ((row16 >> (15 - bit) & 1) == 1)
                {
                    _front[used++] = (byte)(16 * row + bit);
                }
            }
        }

        return used > 0 ? used : throw new CorruptDataException("a bzip2 block has no bytes");
    }

    private void ReadCodes(int symbols)
    {
        int codes = (int)_bits.Read(3);
        int selectors = (int)_bits.Read(15);
        if (codes is < 2 or > Bz2Format.MaxCodes || selectors == 0)
        {
            throw new CorruptDataException($"a bzip2 block has {codes} codes, and chooses one {selectors} times");
        }

        Span<byte> latest = [0, 1, 2, 3, 4, 5];
        for (int i = 0; i < selectors; i++)
        {
            int position = 0;
            while (_bits.ReadBit())
            {
                if (++position == codes)
                {
                    throw new CorruptDataException($"a bzip2 block chooses a code that it does not have, it has {codes}");
                }
            }

            byte code = latest[position];
            latest[..position].CopyTo(latest[1..]);
            latest[0] = code;
            _selectors[i] = code;
        }

        // What is not chosen by the list must not be taken from that of the block before.
        Array.Fill(_selectors, byte.MaxValue, selectors, _selectors.Length - selectors);
        Span<byte> lengths = stackalloc byte[symbols];
        for (int code = 0; code < codes; code++)
        {
            int length = (int)_bits.Read(5);
            foreach (ref byte symbol in lengths)
            {
                while (_bits.ReadBit())
                {
                    length += _bits.ReadBit() ? -1 : 1;
                    if (length is < 1 or > Bz2CodeTable.MaxLength)
                    {
                        break;
                    }
                }

                if (length is < 1 or > Bz2CodeTable.MaxLength)
                {
                    throw new CorruptDataException($"a code of bzip2 has {length} bits, expected 1 to {Bz2CodeTable.MaxLength}");
                }

                symbol = (byte)length;
            }

            if (!_codes[code].TrySet(lengths))
            {
                throw new CorruptDataException("codes of bzip2 are too short for so many symbols");
            }
        }
    }

    /// <summary>Reads the last column of the sorted rotations, counts its bytes and returns its length.</summary>
    private int ReadColumn(int end, int blockSize)
    {
        Array.Clear(_counts);
        int length = 0;
        int run = 0;
        int digit = 1;
        for (int group = 0; group < _selectors.Length && _selectors[group] < Bz2Format.MaxCodes; group++)
        {
            Bz2CodeTable code = _codes[_selectors[group]];
            for (int i = 0; i < Bz2Format.GroupLength; i++)
            {
                _bits.Fill();
                int symbol = code.Read(ref _bits);
                if (symbol is Bz2Format.RunA or Bz2Format.RunB)
                {
                    run += digit << symbol;
                    digit <<= 1;
                    if (run > blockSize - length)
                    {
                        throw TooLong(blockSize);
                    }

                    continue;
                }

                if (run > 0)
                {
                    _column.AsSpan(length, run).Fill(_front[0]);
                    _counts[_front[0]] += run;
                    length += run;
                    run = 0;
                    digit = 1;
                }

                if (symbol == end)
                {
                    return length;
                }

                if (symbol < 0)
                {
                    throw new CorruptDataException("bits of a bzip2 block are no code");
                }

                if (length == blockSize)
                {
                    throw TooLong(blockSize);
                }

                byte value = MoveToFront(symbol - 1);
                _counts[value]++;
                _column[length++] = value;
            }
        }

        throw new CorruptDataException("a bzip2 block has no end");
    }

    private static CorruptDataException TooLong(int blockSize) => new($"a bzip2 block is longer than the {blockSize} bytes of its level");

    private readonly byte MoveToFront(int position)
    {
        byte value = _front[position];
        _front.AsSpan(0, position).CopyTo(_front.AsSpan(1));
        _front[0] = value;
        return value;
    }

    /// <summary>Follows the text through the column and writes what it stands for.</summary>
    private void Follow(int first, int length)
    {
        // The rotations sorted by their first byte: those that begin with the same byte are in the order of their last columns.
        Span<uint> column = _column.AsSpan(0, length);
        Span<int> next = stackalloc int[256];
        int sum = 0;
        for (int value = 0; value < 256; value++)
        {
            next[value] = sum;
            sum += _counts[value];
        }

        for (int i = 0; i < length; i++)
        {
            column[next[(byte)column[i]]++] |= (uint)i << 8;
        }

        Span<byte> target = _decoded[_written..];
        int written = 0;
        int previous = -1;
        int same = 0;
        uint entry = column[first];
        for (int i = 0; i < length; i++)
        {
            entry = column[(int)(entry >> 8)];
            byte value = (byte)entry;
            if (same == Bz2Format.RunStart)
            {
                if (value > target.Length - written)
                {
                    _written = int.MaxValue;
                    return;
                }

                target.Slice(written, value).Fill((byte)previous);
                written += value;
                previous = -1;
                same = 0;
                continue;
            }

            if (written == target.Length)
            {
                _written = int.MaxValue;
                return;
            }

            target[written++] = value;
            same = value == previous ? same + 1 : 1;
            previous = value;
        }

        _written += written;
    }
}

namespace OcdbtSharp.KvStore.Zstandard;

internal sealed unsafe partial class ZstdDecoder
{
    // From so many literals on a table for all lengths of codes pays for itself.
    private const int MinWideLiterals = 2048;

    // From so many literals on two blocks are read together.
    private const int MinTogether = 16 << 10;

    // Bits of the longest code that the table was filled for; 0 where there is none.
    private int _singlesLog;
    private bool _hasPairs;

    /// <summary>The first part of a block: bytes that no match gives.</summary>
    /// <param name="Type">How they are stored.</param>
    /// <param name="Streams">Number of bit streams, where they are compressed.</param>
    /// <param name="Count">Number of literals.</param>
    /// <param name="Start">First byte of what is stored.</param>
    /// <param name="Length">Number of bytes stored.</param>
    private readonly record struct LiteralsSection(ZstdLiteralsType Type, int Streams, int Count, nint Start, int Length)
    {
        public byte* End => (byte*)Start + Length;

        public static LiteralsSection Read(byte* source, byte* end)
        {
            int available = (int)Math.Min(ZstdLiteralsHeader.MaxLength, end - source);
            ZstdLiteralsHeader header = ZstdLiteralsHeader.Read(new ReadOnlySpan<byte>(source, available));
            if (available < header.Length || end - source - header.Length < header.StoredLength)
            {
                ZstdError.ThrowCorrupt("the literals of a Zstandard block are cut off");
            }

            if (header.Count > ZstdFormat.MaxBlockLength)
            {
                ZstdError.ThrowCorrupt($"a Zstandard block has {header.Count} literals, which is more than {ZstdFormat.MaxBlockLength}");
            }

            return new LiteralsSection(header.Type, header.Streams, header.Count, (nint)(source + header.Length), header.StoredLength);
        }
    }

    /// <summary>Writes all literals of a block.</summary>
    private void ReadLiterals(in LiteralsSection section, byte* destination)
    {
        byte* source = (byte*)section.Start;
        switch (section.Type)
        {
            case ZstdLiteralsType.Raw:
                new ReadOnlySpan<byte>(source, section.Count).CopyTo(new Span<byte>(destination, section.Count));
                return;
            case ZstdLiteralsType.Repeated:
                new Span<byte>(destination, section.Count).Fill(*source);
                return;
            default:
                ReadCompressedLiterals(section, destination);
                return;
        }
    }

    private void ReadCompressedLiterals(in LiteralsSection section, byte* destination)
    {
        byte* source = ReadCode(section);
        long length = section.End - source;
        if (section.Streams == 1)
        {
            HuffmanStreams.Read(new BackwardBits(source, length), _singles, _singlesLog, destination, destination + section.Count);
            return;
        }

        HuffmanStreams streams = new(source, length, destination, section.Count);
        if (section.Count >= MinWideLiterals && ArePairsWorth(length, section.Count))
        {
            Widen();
            if (!_hasPairs)
            {
                HuffmanTable.FillPairs(_singles, _pairs);
                _hasPairs = true;
            }

            streams.ReadPairs(_pairs, HuffmanStreams.Shift);
        }
        else
        {
            streams.ReadSingles(_singles, 64 - _singlesLog);
        }

        streams.Finish(_singles, _singlesLog);
    }

    /// <summary>Reads a block of literals alone together with the one that follows it, if that is such a block, too.</summary>
    /// <param name="source">First byte of the block.</param>
    /// <param name="blockEnd">Behind its last.</param>
    /// <param name="position">Moved behind the second block.</param>
    /// <param name="end">Behind the last byte of the source.</param>
    /// <param name="destination">Where the content of the first block goes.</param>
    /// <param name="limit">Behind the last byte that may be written.</param>
    private bool TryReadTwoBlocks(byte* source, byte* blockEnd, ref byte* position, byte* end, byte* destination, byte* limit)
    {
        if (end - blockEnd < ZstdFormat.BlockHeaderLength || !TryReadLiteralsAlone(source, blockEnd, out LiteralsSection first))
        {
            return false;
        }

        ZstdBlockHeader block = ZstdBlockHeader.Read(blockEnd);
        byte* other = blockEnd + ZstdFormat.BlockHeaderLength;
        byte* otherEnd = other + block.Length;
        if (block.Type != ZstdBlockType.Compressed || end - other < block.Length || !TryReadLiteralsAlone(other, otherEnd, out LiteralsSection second)
            || limit - destination < first.Count + second.Count)
        {
            return false;
        }

        source = ReadCode(first);
        Widen();
        HuffmanStreams a = new(source, first.End - source, destination, first.Count);
        ushort* code = _singles;
        if (second.Type == ZstdLiteralsType.Compressed)
        {
            _singles = _otherSingles;
            _otherSingles = code;
        }

        source = ReadCode(second);
        Widen();
        HuffmanStreams b = new(source, second.End - source, destination + first.Count, second.Count);
        HuffmanStreams.ReadSingles(ref a, code, ref b, _singles, HuffmanStreams.Shift);
        a.Finish(code, ZstdFormat.MaxHuffmanLog);
        b.Finish(_singles, ZstdFormat.MaxHuffmanLog);
        position = otherEnd;
        EndBlock(default, destination, first.Count);
        EndBlock(block, destination + first.Count, second.Count);
        return true;
    }

    /// <summary>Whether a block is nothing but many literals in four streams.</summary>
    private static bool TryReadLiteralsAlone(byte* source, byte* end, out LiteralsSection section)
    {
        section = LiteralsSection.Read(source, end);
        return section.Streams == 4 && section.Count >= MinTogether && end - section.End == 1 && *section.End == 0
            && !ArePairsWorth(section.Length, section.Count);
    }

    /// <summary>Reads the code of a section of literals, where it has its own.</summary>
    /// <returns>Where the bit streams begin.</returns>
    private byte* ReadCode(in LiteralsSection section)
    {
        byte* source = (byte*)section.Start;
        if (section.Type == ZstdLiteralsType.Compressed)
        {
            _singlesLog = 0;
            _hasPairs = false;
            source = HuffmanTable.Read(source, section.End, _singles, out _singlesLog);
        }
        else if (_singlesLog == 0)
        {
            ZstdError.ThrowCorrupt("a Zstandard block uses the Huffman code of a block before it, but there is none");
        }

        return source;
    }

    private void Widen()
    {
        HuffmanTable.Widen(_singles, _singlesLog);
        _singlesLog = ZstdFormat.MaxHuffmanLog;
    }

    /// <summary>Whether two symbols at a time are found often enough.</summary>
    private static bool ArePairsWorth(long length, long count) => length * 4 < count * 3;
}

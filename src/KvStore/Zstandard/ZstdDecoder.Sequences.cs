using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace OcdbtSharp.KvStore.Zstandard;

internal sealed unsafe partial class ZstdDecoder
{
    private static readonly FseState[] DefaultLiteralLengths =
        BuildDefault(ZstdFormat.LiteralLengthDefault, 6, ZstdFormat.LiteralLengthBase, ZstdFormat.LiteralLengthBits);

    private static readonly FseState[] DefaultMatchLengths =
        BuildDefault(ZstdFormat.MatchLengthDefault, 6, ZstdFormat.MatchLengthBase, ZstdFormat.MatchLengthBits);

    private static readonly FseState[] DefaultOffsets = BuildDefault(ZstdFormat.OffsetDefault, 5, OffsetBase, OffsetBits);

    private FseTableView _literalLengths;
    private FseTableView _matchLengths;
    private FseTableView _offsets;

    private RepeatOffsets _repeats;

    private static ReadOnlySpan<uint> OffsetBase =>
    [
        1u << 0, 1u << 1, 1u << 2, 1u << 3, 1u << 4, 1u << 5, 1u << 6, 1u << 7, 1u << 8, 1u << 9, 1u << 10, 1u << 11, 1u << 12, 1u << 13, 1u << 14,
        1u << 15, 1u << 16, 1u << 17, 1u << 18, 1u << 19, 1u << 20, 1u << 21, 1u << 22, 1u << 23, 1u << 24, 1u << 25, 1u << 26, 1u << 27, 1u << 28,
        1u << 29, 1u << 30, 1u << 31,
    ];

    private static ReadOnlySpan<byte> OffsetBits =>
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31];

    private static FseState[] BuildDefault(ReadOnlySpan<short> shares, int log, ReadOnlySpan<uint> bases, ReadOnlySpan<byte> bits)
    {
        FseState[] table = new FseState[1 << log];
        fixed (FseState* first = table)
        {
            FseTable.Build(shares, log, bases, bits, first);
        }

        return table;
    }

    private void ResetTables()
    {
        _singlesLog = 0;
        _hasPairs = false;
        _literalLengths.Log = _matchLengths.Log = _offsets.Log = FseTableView.None;
        _repeats = new RepeatOffsets(1, 4, 8);
    }

    /// <summary>Decodes a compressed block.</summary>
    /// <param name="source">Its first byte.</param>
    /// <param name="end">Behind its last byte.</param>
    /// <param name="frame">Where the content of the frame begins, which matches reach back to.</param>
    /// <param name="destination">Where the content of the block goes.</param>
    /// <param name="limit">Behind the last byte that may be written.</param>
    /// <returns>Behind the last byte that was written.</returns>
    private byte* ReadCompressedBlock(byte* source, byte* end, byte* frame, byte* destination, byte* limit)
    {
        LiteralsSection section = LiteralsSection.Read(source, end);
        source = section.End;
        int count = ReadSequenceCount(ref source, end);
        if (count == 0)
        {
            CheckRoom(section.Count, limit - destination);
            if (source != end)
            {
                ZstdError.ThrowCorrupt("bytes that belong to nothing follow the literals of a Zstandard block");
            }

            ReadLiterals(section, destination);
            return destination + section.Count;
        }

        byte* literals = _literalBuffer;
        byte* readable = literals + ZstdFormat.MaxBlockLength + Slack;
        if (section.Type == ZstdLiteralsType.Raw)
        {
            literals = (byte*)section.Start;
            readable = end;
        }
        else
        {
            ReadLiterals(section, literals);
        }

        source = ReadTables(source, end);
        SequenceReader reader = new(new BackwardBits(source, end - source), count, _literalLengths, _matchLengths, _offsets);
        return Execute(reader, literals, literals + section.Count, readable, frame, destination, limit);
    }

    private static int ReadSequenceCount(ref byte* source, byte* end)
    {
        int bytes = source == end ? 1 : *source switch { < 128 => 1, < 255 => 2, _ => 3 };
        if (end - source < bytes)
        {
            ThrowSequencesCutOff();
        }

        int count = bytes switch
        {
            1 => source[0],
            2 => ((source[0] - 128) << 8) + source[1],
            _ => source[1] + (source[2] << 8) + 0x7F00,
        };
        source += bytes;
        return count;
    }

    /// <summary>Reads which tables the sequences use, and those that are new.</summary>
    private byte* ReadTables(byte* source, byte* end)
    {
        if (source == end)
        {
            ThrowSequencesCutOff();
        }

        int modes = *source++;
        if ((modes & 3) != 0)
        {
            ZstdError.ThrowCorrupt("a Zstandard block has a reserved bit of its sequences set");
        }

        source = ReadTable(
            (TableMode)(modes >> 6), source, end, ZstdFormat.MaxLiteralLengthLog, DefaultLiteralLengths, ZstdFormat.LiteralLengthBase,
            ZstdFormat.LiteralLengthBits, ref _literalLengths);
        source = ReadTable(
            (TableMode)((modes >> 4) & 3), source, end, ZstdFormat.MaxOffsetLog, DefaultOffsets, OffsetBase, OffsetBits, ref _offsets);
        return ReadTable(
            (TableMode)((modes >> 2) & 3), source, end, ZstdFormat.MaxMatchLengthLog, DefaultMatchLengths, ZstdFormat.MatchLengthBase,
            ZstdFormat.MatchLengthBits, ref _matchLengths);
    }

    private enum TableMode
    {
        Default,
        Single,
        Stored,
        Repeat,
    }

    private static byte* ReadTable(
        TableMode mode, byte* source, byte* end, int maxLog, FseState[] defaults, ReadOnlySpan<uint> bases, ReadOnlySpan<byte> bits, ref FseTableView table)
    {
        switch (mode)
        {
            case TableMode.Default:
                defaults.CopyTo(new Span<FseState>(table.States, defaults.Length));
                table.Log = System.Numerics.BitOperations.Log2((uint)defaults.Length);
                return source;
            case TableMode.Single:
                if (source == end)
                {
                    ThrowSequencesCutOff();
                }

                if (*source >= bases.Length)
                {
                    ZstdError.ThrowCorrupt($"a Zstandard block has sequences of code {*source}; the greatest is {bases.Length - 1}");
                }

                *table.States = new FseState(bases[*source], 0, 0, bits[*source]);
                table.Log = 0;
                return source + 1;
            case TableMode.Stored:
                Span<short> shares = stackalloc short[ZstdFormat.MaxMatchLengthCode + 1];
                source = FseTable.ReadShares(source, end, shares[..bases.Length], maxLog, out int stored, out int symbols);
                FseTable.Build(shares[..symbols], stored, bases, bits, table.States);
                table.Log = stored;
                return source;
            default:
                if (table.Log == FseTableView.None)
                {
                    ZstdError.ThrowCorrupt("a Zstandard block uses a table of a block before it, but there is none");
                }

                return source;
        }
    }

    /// <summary>Puts literals and matches together.</summary>
    private byte* Execute(
        SequenceReader reader, byte* literals, byte* literalsEnd, byte* readable, byte* frame, byte* destination, byte* limit)
    {
        byte* roomyLiterals = literalsEnd < readable - Slack ? literalsEnd : readable - Slack;
        byte* roomyLimit = limit - Slack;
        for (int count = reader.Read(_sequences, SequencesAtOnce, ref _repeats); count > 0; count = reader.Read(_sequences, SequencesAtOnce, ref _repeats))
        {
            for (Sequence* next = _sequences, stop = next + count; next < stop; next++)
            {
                uint literalLength = next->LiteralLength, matchLength = next->MatchLength;
                ulong offset = next->Offset;
                byte* match = destination + literalLength;
                if (literals + literalLength <= roomyLiterals && match + matchLength <= roomyLimit && offset - 1 < (ulong)(match - frame))
                {
                    CopyRoomy(literals, destination, literalLength);
                    CopyMatchRoomy(match, offset, matchLength);
                }
                else
                {
                    CheckSequence(*next, literalsEnd - literals, limit - destination, match - frame);
                    Buffer.MemoryCopy(literals, destination, literalLength, literalLength);
                    CopyMatch(match, offset, matchLength);
                }

                literals += literalLength;
                destination = match + matchLength;
            }
        }

        long rest = literalsEnd - literals;
        CheckRoom(rest, limit - destination);
        Buffer.MemoryCopy(literals, destination, rest, rest);
        return destination + rest;
    }

    /// <summary>Copies in steps of 16 bytes; up to <see cref="Slack"/> bytes more than asked may be read and written.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void CopyRoomy(byte* source, byte* destination, uint length)
    {
        Vector128.Load(source).Store(destination);
        for (nuint done = 16; done < length; done += 16)
        {
            Vector128.Load(source + done).Store(destination + done);
        }
    }

    /// <summary>Repeats what lies <paramref name="offset"/> bytes before; up to <see cref="Slack"/> bytes more than asked may be written.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void CopyMatchRoomy(byte* destination, ulong offset, uint length)
    {
        if (offset >= 16)
        {
            CopyRoomy(destination - offset, destination, length);
        }
        else
        {
            CopyPattern(destination, (uint)offset, length);
        }
    }

    /// <summary>Repeats a pattern of less than 16 bytes.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void CopyPattern(byte* destination, uint offset, uint length)
    {
        Vector128<byte> indices = Vector128<byte>.Indices;
        for (uint period = offset; period < 16; period += offset)
        {
            indices -= Vector128.GreaterThanOrEqual(Vector128<byte>.Indices, Vector128.Create((byte)period)) & Vector128.Create((byte)offset);
        }

        Vector128<byte> pattern = Vector128.Shuffle(Vector128.Load(destination - offset), indices);
        uint step = 16 - (16 % offset);
        for (uint done = 0; done < length; done += step)
        {
            pattern.Store(destination + done);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void CopyMatch(byte* destination, ulong offset, uint length)
    {
        for (byte* end = destination + length; destination < end; destination++)
        {
            *destination = destination[-(long)offset];
        }
    }

    private static void CheckSequence(Sequence sequence, long literals, long room, long history)
    {
        if (sequence.LiteralLength > literals || (long)sequence.LiteralLength + sequence.MatchLength > room || sequence.Offset - 1 >= (ulong)history)
        {
            ZstdError.ThrowCorrupt(
                $"a sequence of a Zstandard block of {sequence.LiteralLength} literals and a match of {sequence.MatchLength} bytes, {sequence.Offset} before, "
                + "exceeds what there is");
        }
    }

    private static void ThrowSequencesCutOff() => ZstdError.ThrowCorrupt("the sequences of a Zstandard block are cut off");
}

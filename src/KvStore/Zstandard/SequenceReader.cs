namespace OcdbtSharp.KvStore.Zstandard;

/// <summary>Some literals, and behind them bytes that are repeated.</summary>
/// <param name="LiteralLength">Number of literals.</param>
/// <param name="MatchLength">Number of bytes repeated.</param>
/// <param name="Offset">How far before they lie. Not checked; 0 is no offset.</param>
internal readonly record struct Sequence(uint LiteralLength, uint MatchLength, ulong Offset);

/// <summary>The last three offsets, from the youngest.</summary>
internal record struct RepeatOffsets(ulong First, ulong Second, ulong Third);

/// <summary>Reads the sequences of a block from their bit stream.</summary>
internal unsafe ref struct SequenceReader
{
    private readonly FseState* _literalLengths;
    private readonly FseState* _matchLengths;
    private readonly FseState* _offsets;
    private BackwardBits _bits;
    private uint _literalState;
    private uint _matchState;
    private uint _offsetState;
    private int _left;

    public SequenceReader(BackwardBits bits, int count, FseTableView literalLengths, FseTableView matchLengths, FseTableView offsets)
    {
        _bits = bits;
        _left = count;
        _literalLengths = literalLengths.States;
        _matchLengths = matchLengths.States;
        _offsets = offsets.States;
        _literalState = _bits.Take(literalLengths.Log);
        _offsetState = _bits.Take(offsets.Log);
        _matchState = _bits.Take(matchLengths.Log);
    }

    /// <summary>Reads sequences.</summary>
    /// <param name="sequences">Where they go.</param>
    /// <param name="most">Room for so many.</param>
    /// <param name="repeats">The last offsets, which are brought up to date.</param>
    /// <returns>How many there were; 0 at the end.</returns>
    /// <exception cref="CorruptDataException">The stream ends sooner or later than the sequences.</exception>
    public int Read(Sequence* sequences, int most, ref RepeatOffsets repeats)
    {
        FseState* literalLengths = _literalLengths;
        FseState* matchLengths = _matchLengths;
        FseState* offsets = _offsets;
        BackwardBits bits = _bits;
        uint literalState = _literalState, matchState = _matchState, offsetState = _offsetState;
        (ulong first, ulong second, ulong third) = repeats;
        int count = Math.Min(most, _left);
        _left -= count;
        Sequence* last = _left == 0 ? sequences + count - 1 : null;
        for (Sequence* next = sequences, stop = sequences + count; next < stop; next++)
        {
            FseState* literalCode = literalLengths + literalState;
            FseState* matchCode = matchLengths + matchState;
            FseState* offsetCode = offsets + offsetState;

            // At least 56 bits: up to 31 and 16; then, where it may not be enough, a refill for up to 16 and three states of up to 9, 9 and 8.
            bits.Refill();
            ulong offset = offsetCode->Base + (ulong)bits.Take(offsetCode->Extra);
            uint matchLength = matchCode->Base + bits.Take(matchCode->Extra);
            if (offsetCode->Extra + matchCode->Extra + literalCode->Extra > 30)
            {
                bits.Refill();
            }

            uint literalLength = literalCode->Base + bits.Take(literalCode->Extra);
            if (offset > 3)
            {
                offset -= 3;
                third = second;
                second = first;
                first = offset;
            }
            else
            {
                // Without literals the numbers mean the next older offset, and the last of them one less than the youngest.
                uint number = (uint)offset - (literalLength == 0 ? 0u : 1u);
                offset = number switch { 0 => first, 1 => second, 2 => third, _ => first - 1 };
                third = number > 1 ? second : third;
                second = number > 0 ? first : second;
                first = offset;
            }

            *next = new Sequence(literalLength, matchLength, offset);
            if (next != last)
            {
                literalState = literalCode->Next + bits.Take(literalCode->Bits);
                matchState = matchCode->Next + bits.Take(matchCode->Bits);
                offsetState = offsetCode->Next + bits.Take(offsetCode->Bits);
            }
        }

        _bits = bits;
        _literalState = literalState;
        _matchState = matchState;
        _offsetState = offsetState;
        repeats = new RepeatOffsets(first, second, third);
        if (_left == 0 && bits.Left != 0)
        {
            ThrowLeft();
        }

        return count;
    }

    private static void ThrowLeft() => ZstdError.ThrowCorrupt("the stream of sequences of a Zstandard block does not hold as many as it should");
}

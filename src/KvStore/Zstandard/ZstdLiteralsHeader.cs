namespace OcdbtSharp.KvStore.Zstandard;

/// <summary>How the literals of a block are stored.</summary>
internal enum ZstdLiteralsType
{
    Raw,
    Repeated,
    Compressed,
    Treeless,
}

/// <summary>What stands before the literals of a compressed block.</summary>
/// <param name="Type">How they are stored.</param>
/// <param name="Streams">Number of bit streams, where they are compressed.</param>
/// <param name="Count">Number of literals.</param>
/// <param name="Length">Bytes of the header.</param>
/// <param name="StoredLength">Bytes that follow it, up to the sequences.</param>
internal readonly record struct ZstdLiteralsHeader(ZstdLiteralsType Type, int Streams, int Count, int Length, int StoredLength)
{
    /// <summary>Bytes of the longest header.</summary>
    public const int MaxLength = 5;

    /// <summary>Reads a header; bytes that are missing count as zeros, and the caller checks <see cref="Length"/>.</summary>
    public static ZstdLiteralsHeader Read(ReadOnlySpan<byte> source)
    {
        ulong bits = 0;
        for (int i = 0; i < Math.Min(MaxLength, source.Length); i++)
        {
            bits |= (ulong)source[i] << (8 * i);
        }

        ZstdLiteralsType type = (ZstdLiteralsType)(bits & 3);
        int format = (int)((bits >> 2) & 3);
        if (type is ZstdLiteralsType.Raw or ZstdLiteralsType.Repeated)
        {
            (int length, int shift) = format switch { 1 => (2, 4), 3 => (3, 4), _ => (1, 3) };
            int count = (int)((bits & ((1ul << (8 * length)) - 1)) >> shift);
            return new ZstdLiteralsHeader(type, 1, count, length, type == ZstdLiteralsType.Raw ? count : 1);
        }

        (int bytes, int width) = format switch { 2 => (4, 14), 3 => (5, 18), _ => (3, 10) };
        ulong mask = (1ul << width) - 1;
        return new ZstdLiteralsHeader(
            type, format == 0 ? 1 : 4, (int)((bits >> 4) & mask), bytes, (int)((bits >> (4 + width)) & mask));
    }
}

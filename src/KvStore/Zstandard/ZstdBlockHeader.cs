namespace OcdbtSharp.KvStore.Zstandard;

/// <summary>How the bytes of a block are stored.</summary>
internal enum ZstdBlockType
{
    Raw,
    Repeated,
    Compressed,
    Reserved,
}

/// <summary>What stands before a block.</summary>
internal readonly record struct ZstdBlockHeader(bool IsLast, ZstdBlockType Type, int Length)
{
    /// <summary>Bytes that follow the header.</summary>
    public int StoredLength => Type == ZstdBlockType.Repeated ? 1 : Length;

    /// <summary>Reads a header that may be of a block that cannot be.</summary>
    /// <param name="source">The first of its three bytes.</param>
    public static unsafe ZstdBlockHeader ReadUnchecked(byte* source)
    {
        int bits = source[0] | (source[1] << 8) | (source[2] << 16);
        return new ZstdBlockHeader((bits & 1) != 0, (ZstdBlockType)((bits >> 1) & 3), bits >> 3);
    }

    /// <exception cref="CorruptDataException">There are no such blocks.</exception>
    public static unsafe ZstdBlockHeader Read(byte* source)
    {
        ZstdBlockHeader header = ReadUnchecked(source);
        if (header.Type == ZstdBlockType.Reserved)
        {
            ZstdError.ThrowCorrupt("a Zstandard block is of the reserved type");
        }

        if (header.Length > ZstdFormat.MaxBlockLength)
        {
            ZstdError.ThrowCorrupt($"a Zstandard block has {header.Length} bytes, which is more than {ZstdFormat.MaxBlockLength}");
        }

        return header;
    }

    /// <summary>Writes the three bytes of the header.</summary>
    public unsafe void Write(byte* target)
    {
        int bits = (IsLast ? 1 : 0) | ((int)Type << 1) | (Length << 3);
        target[0] = (byte)bits;
        target[1] = (byte)(bits >> 8);
        target[2] = (byte)(bits >> 16);
    }
}

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

    /// <exception cref="CorruptDataException">There are no such blocks.</exception>
    public static unsafe ZstdBlockHeader Read(byte* source)
    {
        int bits = source[0] | (source[1] << 8) | (source[2] << 16);
        ZstdBlockHeader header = new((bits & 1) != 0, (ZstdBlockType)((bits >> 1) & 3), bits >> 3);
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
}

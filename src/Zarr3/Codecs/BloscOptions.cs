namespace OcdbtSharp.Zarr3.Codecs;

/// <summary>The compressors inside a blosc frame, as the option <c>cname</c> names them.</summary>
internal enum BloscCompressor
{
    BloscLz,
    Lz4,
    Lz4Hc,
    Snappy,
    Zlib,
    Zstd,
}

/// <summary>What blosc does with a block before it compresses it; the numbers are those of numcodecs and of zarr v2.</summary>
internal enum BloscShuffle
{
    None = 0,
    Byte = 1,
    Bit = 2,
}

/// <summary>How a blosc frame is written. None of it is needed to read one.</summary>
/// <param name="Compressor">The compressor of the blocks.</param>
/// <param name="Level">0, which only copies, to 9.</param>
/// <param name="Shuffle">What is done before compression.</param>
/// <param name="TypeSize">Bytes of an element, 1 to 255.</param>
/// <param name="BlockSize">Bytes of a block; 0 leaves it to the rules of c-blosc.</param>
internal readonly record struct BloscOptions(BloscCompressor Compressor, int Level, BloscShuffle Shuffle, int TypeSize, int BlockSize = 0)
{
    public const int MaxLevel = 9;
    public const int MaxTypeSize = 255;

    /// <summary>How metadata name the compressors, in the order of <see cref="BloscCompressor"/>.</summary>
    public static readonly string[] CompressorNames = ["blosclz", "lz4", "lz4hc", "snappy", "zlib", "zstd"];

    /// <summary>How version 3 names the shuffles, by number.</summary>
    public static readonly string[] ShuffleNames = ["noshuffle", "shuffle", "bitshuffle"];

    /// <summary>The largest type size whose bytes are compressed apart.</summary>
    private const int MaxSplits = 16;

    /// <summary>The least number of elements in a block that is split.</summary>
    private const int MinSplitElements = 128;

    private const int MinBlockSize = 128;
    private const int LargestSplit = 1 << 18;
    private const int SmallestSplitBlock = 1 << 16;
    private const int LargestSplitBlock = 1 << 20;
    private const int FirstLevelCache = 32 << 10;

    /// <summary>The larger the level, the larger the block: factors of a quarter of 32 KiB, by level.</summary>
    private static ReadOnlySpan<byte> BlockFactors => [1, 2, 4, 8, 16, 16, 32, 32, 32, 32];

    /// <summary>Whether the bytes of the elements of a block of this size are compressed one after the other, each as a stream of its own.</summary>
    public static bool CanSplit(int typeSize, int blockSize) => typeSize <= MaxSplits && blockSize / typeSize >= MinSplitElements;

    /// <summary>Whether c-blosc splits blocks of this size with this compressor, in its mode for old readers, which is the default.</summary>
    public bool Splits(int blockSize) => Compressor != BloscCompressor.Zstd && CanSplit(TypeSize, blockSize);

    /// <summary>The size of blocks for <paramref name="length"/> bytes, a multiple of the type size.</summary>
    public int ChooseBlockSize(int length)
    {
        if (length < TypeSize)
        {
            return 1;
        }

        int size = length;
        if (BlockSize > 0)
        {
            size = Math.Clamp(BlockSize, MinBlockSize, BloscHeader.MaxBlockSize);
        }
        else if (length >= FirstLevelCache)
        {
            size = FirstLevelCache / 4 * BlockFactors[Level];
            if (Compressor is BloscCompressor.Lz4Hc or BloscCompressor.Zlib or BloscCompressor.Zstd)
            {
                size *= Level == MaxLevel ? 4 : 2;
            }
        }

        if (Level > 0 && Splits(size))
        {
            size = Math.Clamp(Math.Min(size, LargestSplit) * TypeSize, SmallestSplitBlock, LargestSplitBlock);
        }

        size = Math.Min(size, length);
        return size > TypeSize ? size - (size % TypeSize) : size;
    }
}

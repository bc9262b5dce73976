namespace OcdbtSharp.Zarr3.Codecs;

/// <summary>The numbers of the format of bzip2, and its checksum.</summary>
internal static class Bz2Format
{
    /// <summary>Before each block: the digits of pi.</summary>
    public const ulong BlockMagic = 0x314159265359;

    /// <summary>Behind the last block: those of its square root.</summary>
    public const ulong EndMagic = 0x177245385090;

    /// <summary>Bytes of a block by level: this times the level.</summary>
    public const int LevelBlock = 100_000;

    /// <summary>The symbols of a block are cut into groups of this many; each group chooses one of the codes.</summary>
    public const int GroupLength = 50;

    public const int MaxCodes = 6;

    /// <summary>The two digits in which the length of a run of zeros is written.</summary>
    public const int RunA = 0;
    public const int RunB = 1;

    /// <summary>A byte that comes so often is followed by how often it comes once more.</summary>
    public const int RunStart = 4;

    private static readonly uint[] Table = CreateTable();

    /// <summary>The start of a stream.</summary>
    public static ReadOnlySpan<byte> Signature => "BZh"u8;

    /// <summary>The checksum of a block: the polynomial of zip, the highest bit first.</summary>
    public static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte value in bytes)
        {
            crc = (crc << 8) ^ Table[(crc >> 24) ^ value];
        }

        return ~crc;
    }

    /// <summary>The checksum of a stream with one more block.</summary>
    public static uint Combine(uint stream, uint block) => uint.RotateLeft(stream, 1) ^ block;

    private static uint[] CreateTable()
    {
        uint[] table = new uint[256];
        for (uint value = 0; value < 256; value++)
        {
            uint crc = value << 24;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc << 1) ^ ((crc >> 31) * 0x04C11DB7);
            }

            table[value] = crc;
        }

        return table;
    }
}

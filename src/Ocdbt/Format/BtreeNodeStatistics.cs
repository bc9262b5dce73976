using OcdbtSharp.KvStore.Buffers;

namespace OcdbtSharp.Ocdbt.Format;

/// <summary>Sums over a subtree of a B-tree, stored with every reference to a node. They stop at 2^64-1.</summary>
/// <param name="NumKeys">Keys of all leaves.</param>
/// <param name="NumTreeBytes">Encoded lengths of all nodes, the root of the subtree included.</param>
/// <param name="NumIndirectValueBytes">Lengths of all values outside nodes.</param>
internal readonly record struct BtreeNodeStatistics(ulong NumKeys, ulong NumTreeBytes, ulong NumIndirectValueBytes)
{
    public static BtreeNodeStatistics operator +(BtreeNodeStatistics left, BtreeNodeStatistics right) => new(
        AddSaturating(left.NumKeys, right.NumKeys),
        AddSaturating(left.NumTreeBytes, right.NumTreeBytes),
        AddSaturating(left.NumIndirectValueBytes, right.NumIndirectValueBytes));

    /// <summary>Reads a column each of number of keys, tree bytes and indirect value bytes.</summary>
    public static void DecodeColumns(ref ByteReader reader, Span<BtreeNodeStatistics> statistics)
    {
        for (int i = 0; i < statistics.Length; i++)
        {
            statistics[i] = new BtreeNodeStatistics(reader.ReadVarint64("number of keys"), 0, 0);
        }

        for (int i = 0; i < statistics.Length; i++)
        {
            statistics[i] = statistics[i] with { NumTreeBytes = reader.ReadVarint64("number of tree bytes") };
        }

        for (int i = 0; i < statistics.Length; i++)
        {
            statistics[i] = statistics[i] with { NumIndirectValueBytes = reader.ReadVarint64("number of indirect value bytes") };
        }
    }

    public static void EncodeColumns(ByteWriter writer, ReadOnlySpan<BtreeNodeStatistics> statistics)
    {
        foreach (BtreeNodeStatistics entry in statistics)
        {
            writer.WriteVarint(entry.NumKeys);
        }

        foreach (BtreeNodeStatistics entry in statistics)
        {
            writer.WriteVarint(entry.NumTreeBytes);
        }

        foreach (BtreeNodeStatistics entry in statistics)
        {
            writer.WriteVarint(entry.NumIndirectValueBytes);
        }
    }

    private static ulong AddSaturating(ulong left, ulong right) => left > ulong.MaxValue - right ? ulong.MaxValue : left + right;
}

/// <summary>A reference to a B-tree node.</summary>
/// <param name="Location">Where the node lies.</param>
/// <param name="Statistics">Sums over the node and all below it.</param>
internal readonly record struct BtreeNodeReference(IndirectDataReference Location, BtreeNodeStatistics Statistics)
{
    /// <summary>The root of a tree without keys.</summary>
    public static BtreeNodeReference Missing => new(IndirectDataReference.Missing, default);
}

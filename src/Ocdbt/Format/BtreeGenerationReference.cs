using OcdbtSharp.KvStore.Buffers;

namespace OcdbtSharp.Ocdbt.Format;

/// <summary>One version of a database: an entry of a manifest or of a leaf of the version tree.</summary>
/// <param name="GenerationNumber">Number of the version; the first is 1.</param>
/// <param name="CommitTime">Nanoseconds since 1970-01-01T00:00:00Z, leap seconds left out.</param>
/// <param name="RootHeight">Height of the root of the B-tree; 0 for a leaf.</param>
/// <param name="Root">The root of the B-tree; missing where the version has no keys.</param>
internal readonly record struct BtreeGenerationReference(ulong GenerationNumber, ulong CommitTime, byte RootHeight, BtreeNodeReference Root)
{
    /// <summary>Reads a number of versions and their columns.</summary>
    public static BtreeGenerationReference[] DecodeArray(ref ByteReader reader, DataFileId[] files, int arityLog2)
    {
        int count = VersionTreeNode.DecodeCount(ref reader, 1 << arityLog2);
        ulong[] generations = new ulong[count];
        byte[] heights = new byte[count];
        IndirectDataReference[] locations = new IndirectDataReference[count];
        BtreeNodeStatistics[] statistics = new BtreeNodeStatistics[count];
        for (int i = 0; i < count; i++)
        {
            generations[i] = reader.ReadVarint64("generation number");
        }

        for (int i = 0; i < count; i++)
        {
            heights[i] = reader.ReadByte("height of a root");
        }

        IndirectDataReference.DecodeColumns(ref reader, files, locations, allowMissing: true);
        BtreeNodeStatistics.DecodeColumns(ref reader, statistics);
        BtreeGenerationReference[] entries = new BtreeGenerationReference[count];
        for (int i = 0; i < count; i++)
        {
            entries[i] = new BtreeGenerationReference(
                generations[i], reader.ReadUInt64LittleEndian("commit time"), heights[i], new BtreeNodeReference(locations[i], statistics[i]));
        }

        Validate(ref reader, entries, arityLog2);
        return entries;
    }

    public static void EncodeArray(ByteWriter writer, DataFileTableBuilder files, BtreeGenerationReference[] entries)
    {
        writer.WriteVarint((ulong)entries.Length);
        foreach (BtreeGenerationReference entry in entries)
        {
            writer.WriteVarint(entry.GenerationNumber);
        }

        foreach (BtreeGenerationReference entry in entries)
        {
            writer.WriteByte(entry.RootHeight);
        }

        IndirectDataReference.EncodeColumns(writer, files, Array.ConvertAll(entries, entry => entry.Root.Location));
        BtreeNodeStatistics.EncodeColumns(writer, Array.ConvertAll(entries, entry => entry.Root.Statistics));
        foreach (BtreeGenerationReference entry in entries)
        {
            writer.WriteUInt64LittleEndian(entry.CommitTime);
        }
    }

    private static void Validate(ref ByteReader reader, BtreeGenerationReference[] entries, int arityLog2)
    {
        ulong previous = 0;
        foreach (BtreeGenerationReference entry in entries)
        {
            if (entry.GenerationNumber <= previous)
            {
                throw reader.Corrupt($"generation number {entry.GenerationNumber} does not follow {previous}");
            }

            if (entry.Root.Location.IsMissing && (entry.RootHeight != 0 || entry.Root.Statistics != default))
            {
                throw reader.Corrupt($"generation {entry.GenerationNumber} is empty but has a height or statistics");
            }

            previous = entry.GenerationNumber;
        }

        if (entries[0].GenerationNumber < VersionTreeNode.MinGeneration(arityLog2, 0, previous))
        {
            throw reader.Corrupt($"generations {entries[0].GenerationNumber} and {previous} cannot lie in one node");
        }
    }
}

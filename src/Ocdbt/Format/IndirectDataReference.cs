using OcdbtSharp.KvStore.Buffers;

namespace OcdbtSharp.Ocdbt.Format;

/// <summary>A part of a data file: where a value or a node lies.</summary>
/// <param name="File">The data file.</param>
/// <param name="Offset">First byte.</param>
/// <param name="Length">Number of bytes.</param>
internal readonly record struct IndirectDataReference(DataFileId File, long Offset, long Length)
{
    /// <summary>The reference to the root of an empty B-tree: offset and length are 2^64-1.</summary>
    public static IndirectDataReference Missing => new(DataFileId.Empty, -1, -1);

    public bool IsMissing => Offset == -1 && Length == -1;

    public bool Equals(IndirectDataReference other) => Offset == other.Offset && Length == other.Length && File.Equals(other.File);

    public override int GetHashCode() => HashCode.Combine(File.GetHashCode(), Offset, Length);

    public override string ToString() => $"{File} [{Offset}, {Offset + Length})";

    /// <summary>Reads a column each of file indices, offsets and lengths.</summary>
    public static void DecodeColumns(ref ByteReader reader, DataFileId[] files, Span<IndirectDataReference> references, bool allowMissing)
    {
        DataFileId[] chosen = new DataFileId[references.Length];
        long[] offsets = new long[references.Length];
        for (int i = 0; i < chosen.Length; i++)
        {
            chosen[i] = files[DecodeFileIndex(ref reader, files.Length)];
        }

        for (int i = 0; i < offsets.Length; i++)
        {
            offsets[i] = (long)reader.ReadVarint64("data file offset");
        }

        for (int i = 0; i < references.Length; i++)
        {
            references[i] = new IndirectDataReference(chosen[i], offsets[i], (long)reader.ReadVarint64("data file length"));
            if (!(allowMissing && references[i].IsMissing))
            {
                CheckExtent(ref reader, references[i].Offset, references[i].Length);
            }
        }
    }

    public static void EncodeColumns(ByteWriter writer, DataFileTableBuilder files, ReadOnlySpan<IndirectDataReference> references)
    {
        foreach (IndirectDataReference reference in references)
        {
            writer.WriteVarint((ulong)files.IndexOf(reference.File));
        }

        foreach (IndirectDataReference reference in references)
        {
            writer.WriteVarint((ulong)reference.Offset);
        }

        foreach (IndirectDataReference reference in references)
        {
            writer.WriteVarint((ulong)reference.Length);
        }
    }

    public static int DecodeFileIndex(ref ByteReader reader, int fileCount)
    {
        ulong index = reader.ReadVarint64("data file id");
        return index < (ulong)fileCount
            ? (int)index
            : throw reader.Corrupt($"data file id {index} is outside the table of {fileCount} files");
    }

    /// <summary>Checks that the end of the data is at most 2^63-1.</summary>
    public static void CheckExtent(ref ByteReader reader, long offset, long length)
    {
        if (offset < 0 || length < 0 || length > long.MaxValue - offset)
        {
            throw reader.Corrupt($"offset {(ulong)offset} and length {(ulong)length} are beyond every file");
        }
    }
}

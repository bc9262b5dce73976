using OcdbtSharp.KvStore.Buffers;

namespace OcdbtSharp.Ocdbt.Format;

/// <summary>
/// The data files that a manifest or node refers to, by index. Stored in columns: number of files, length of the prefix shared with the
/// path before (from the second file on), length of the rest, length of the base path, then the rests. All numbers are varints.
/// </summary>
internal static class DataFileTable
{
    /// <summary>Reads a table.</summary>
    /// <param name="reader">At the table.</param>
    /// <param name="transitivePath">The base path of the file that the table lies in, which goes before every path of the table.</param>
    public static DataFileId[] Decode(ref ByteReader reader, ReadOnlySpan<byte> transitivePath)
    {
        ulong count = reader.ReadVarint64("number of data files");
        if (count > (ulong)reader.Remaining || count > FormatLimits.MaxDataFiles)
        {
            throw reader.Corrupt(
                $"number of data files {count} is more than the {reader.Remaining} bytes left can describe, or than the limit of {FormatLimits.MaxDataFiles}");
        }

        int[] prefixLengths = new int[count];
        int[] suffixLengths = new int[count];
        int[] baseLengths = new int[count];
        for (int i = 1; i < prefixLengths.Length; i++)
        {
            prefixLengths[i] = reader.ReadVarint16("length of a data file's path prefix");
        }

        for (int i = 0; i < suffixLengths.Length; i++)
        {
            suffixLengths[i] = reader.ReadVarint16("length of a data file's path suffix");
        }

        for (int i = 0; i < baseLengths.Length; i++)
        {
            baseLengths[i] = reader.ReadVarint16("length of a data file's base path");
        }

        DataFileId[] files = new DataFileId[count];
        long total = 0;
        for (int i = 0; i < files.Length; i++)
        {
            int length = prefixLengths[i] + suffixLengths[i];
            total += transitivePath.Length + length;
            Check(ref reader, i, prefixLengths, baseLengths, length, transitivePath.Length, total);
            byte[] path = new byte[transitivePath.Length + length];
            transitivePath.CopyTo(path);
            Span<byte> own = path.AsSpan(transitivePath.Length);
            if (prefixLengths[i] > 0)
            {
                ReadOnlySpan<byte> previous = files[i - 1].Path.Span[transitivePath.Length..];
                if (prefixLengths[i] > previous.Length)
                {
                    throw reader.Corrupt($"path {i} of the data file table shares {prefixLengths[i]} bytes with one of {previous.Length}");
                }

                previous[..prefixLengths[i]].CopyTo(own);
            }

            reader.ReadBytes(suffixLengths[i], "path of a data file").CopyTo(own[prefixLengths[i]..]);
            if (!IsBelowRoot(path))
            {
                throw reader.Corrupt($"path {i} of the data file table leaves the database or holds a NUL");
            }

            int baseLength = baseLengths[i] == 0 ? transitivePath.Length : transitivePath.Length + baseLengths[i];
            files[i] = new DataFileId(path, baseLength);
        }

        return files;
    }

    /// <summary>About how many bytes of memory a table takes.</summary>
    public static long MemoryBytes(DataFileId[] files)
    {
        long bytes = 0;
        foreach (DataFileId file in files)
        {
            bytes += 96 + file.Path.Length;
        }

        return bytes;
    }

    private static void Check(
        ref ByteReader reader, int i, int[] prefixLengths, int[] baseLengths, int length, int transitiveLength, long total)
    {
        if (length > FormatLimits.MaxPathLength - transitiveLength || total > FormatLimits.MaxDataFileTableBytes)
        {
            throw reader.Corrupt($"path {i} of the data file table is too long: {length} bytes");
        }

        if (baseLengths[i] > length)
        {
            throw reader.Corrupt($"base path {i} of the data file table has {baseLengths[i]} bytes, the path only {length}");
        }

        // What a path shares with the one before must not reach over the end of either base path, unless these are the same.
        int previousBase = i == 0 ? 0 : baseLengths[i - 1];
        if (prefixLengths[i] > Math.Min(previousBase, baseLengths[i]) && previousBase != baseLengths[i])
        {
            throw reader.Corrupt($"path {i} of the data file table shares {prefixLengths[i]} bytes across the end of a base path");
        }
    }

    /// <summary>Whether a path stays below the root: relative, without <c>..</c> and NUL.</summary>
    private static bool IsBelowRoot(ReadOnlySpan<byte> path)
    {
        if (path.Contains((byte)0) || path.StartsWith("/"u8))
        {
            return false;
        }

        foreach (Range segment in path.Split((byte)'/'))
        {
            if (path[segment].SequenceEqual(".."u8))
            {
                return false;
            }
        }

        return true;
    }
}

/// <summary>Collects the data files of a manifest or node that is being encoded.</summary>
internal sealed class DataFileTableBuilder
{
    private readonly Dictionary<DataFileId, int> _indices = [];
    private DataFileId? _last;
    private int _lastIndex;

    public void Add(DataFileId file)
    {
        // Neighbours mostly lie in the same file.
        if (!ReferenceEquals(file, _last))
        {
            _indices.TryAdd(file, 0);
            _last = file;
        }
    }

    /// <summary>Writes the table in order, after which <see cref="IndexOf"/> can be asked.</summary>
    public void Encode(ByteWriter writer)
    {
        _last = null;
        writer.WriteVarint((ulong)_indices.Count);
        DataFileId[] files = [.. _indices.Keys];
        Array.Sort(files);
        int[] prefixLengths = new int[files.Length];
        for (int i = 1; i < files.Length; i++)
        {
            prefixLengths[i] = SharedLength(files[i - 1], files[i]);
            writer.WriteVarint((ulong)prefixLengths[i]);
        }

        for (int i = 0; i < files.Length; i++)
        {
            writer.WriteVarint((ulong)(files[i].Path.Length - prefixLengths[i]));
        }

        foreach (DataFileId file in files)
        {
            writer.WriteVarint((ulong)file.BaseLength);
        }

        for (int i = 0; i < files.Length; i++)
        {
            writer.WriteBytes(files[i].Path.Span[prefixLengths[i]..]);
            _indices[files[i]] = i;
        }
    }

    public int IndexOf(DataFileId file)
    {
        if (!ReferenceEquals(file, _last))
        {
            _lastIndex = _indices[file];
            _last = file;
        }

        return _lastIndex;
    }

    private static int SharedLength(DataFileId previous, DataFileId current)
    {
        int shared = previous.BasePath.CommonPrefixLength(current.BasePath);
        return shared == previous.BaseLength && shared == current.BaseLength
            ? shared + previous.RelativePath.CommonPrefixLength(current.RelativePath)
            : shared;
    }
}

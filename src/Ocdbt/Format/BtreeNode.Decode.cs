using OcdbtSharp.KvStore;
using OcdbtSharp.KvStore.Buffers;

namespace OcdbtSharp.Ocdbt.Format;

/// <summary>
/// Body of a node: height (uint8), data file table, number of entries, then columns. For keys: length of the prefix shared with the key before
/// (from the second on), length of the rest, in interior nodes length of the subtree's common prefix, the rests. In leaves: value length, value
/// kind, then file id and offset of the indirect values, then the inline values. In interior nodes: file id, offset, length, statistics.
/// </summary>
internal sealed partial class BtreeNode
{
    private BtreeNode(NodeBody body, ReadOnlySpan<byte> transitivePath)
    {
        _body = body;
        ByteReader reader = new(body);
        Height = reader.ReadByte("height of the B-tree node");
        _files = DataFileTable.Decode(ref reader, transitivePath);
        uint count = reader.ReadVarint32("number of entries");
        if (count is 0 or > FormatLimits.MaxNodeArity || count > reader.Remaining)
        {
            throw reader.Corrupt($"number of entries {count} is not within [1, {FormatLimits.MaxNodeArity}] or more than there is data for");
        }

        _keyEnds = new int[count];
        _fileIndices = new int[count];
        _offsets = new long[count];
        _lengths = new long[count];
        _subtreePrefixLengths = Height == 0 ? [] : new ushort[count];
        _statistics = Height == 0 ? [] : new BtreeNodeStatistics[count];
        (_keys, _prefixLength) = DecodeKeys(ref reader);
        if (Height == 0)
        {
            body.Expect(DecodeValues(ref reader));
        }
        else
        {
            DecodeChildren(ref reader);
            body.Expect(reader.Position);

            // Everything has been copied out of the body.
            body.Clear();
        }
    }

    /// <summary>Reads a node.</summary>
    /// <param name="encoded">The whole node; the result may refer to it.</param>
    /// <param name="transitivePath">The base path of the file that the node lies in.</param>
    /// <param name="place">Where the node lies, for errors that show only when its values are asked for.</param>
    public static BtreeNode Decode(ReadOnlyMemory<byte> encoded, ReadOnlySpan<byte> transitivePath, Func<string>? place = null) =>
        new(NodeBody.Open(encoded, place), transitivePath);

    /// <summary>Checks what a reference said about this node.</summary>
    /// <param name="height">The height that the parent implies.</param>
    /// <param name="minKey">The smallest key that the parent allows, relative to the prefix of the node.</param>
    public void Validate(int height, ReadOnlySpan<byte> minKey)
    {
        if (Height != height)
        {
            throw new CorruptDataException($"B-tree node has height {Height} instead of {height}");
        }

        if (CompareKey(0, minKey) < 0)
        {
            throw new CorruptDataException(
                $"first key {Convert.ToHexStringLower(KeyPrefix)}{Convert.ToHexStringLower(KeyRest(0))} of the B-tree node is less than "
                + $"{Convert.ToHexStringLower(minKey)}, from which on the parent refers to it");
        }
    }

    private (byte[] Keys, int PrefixLength) DecodeKeys(ref ByteReader reader)
    {
        int count = Count;
        ushort[] prefixLengths = new ushort[count];
        ushort[] restLengths = new ushort[count];
        int common = FormatLimits.MaxKeyLength;
        for (int i = 1; i < count; i++)
        {
            prefixLengths[i] = reader.ReadVarint16("length of a key's prefix");
            common = Math.Min(common, prefixLengths[i]);
        }

        for (int i = 0; i < count; i++)
        {
            restLengths[i] = reader.ReadVarint16("length of a key's rest");
        }

        for (int i = 0; i < _subtreePrefixLengths.Length; i++)
        {
            _subtreePrefixLengths[i] = reader.ReadVarint16("length of a subtree's common prefix");
        }

        common = Math.Min(common, restLengths[0]);
        byte[] keys = new byte[CheckKeyLengths(ref reader, prefixLengths, restLengths, common)];
        reader.ReadBytes(restLengths[0], "key").CopyTo(keys);
        int end = _keyEnds[0] = restLengths[0];
        int start = common;
        for (int i = 1; i < count; i++)
        {
            ReadOnlySpan<byte> rest = reader.ReadBytes(restLengths[i], "key");
            int shared = prefixLengths[i] - common;
            if (keys.AsSpan(start + shared, end - start - shared).SequenceCompareTo(rest) >= 0)
            {
                throw reader.Corrupt($"key {i} of the B-tree node does not follow the key before it");
            }

            keys.AsSpan(start, shared).CopyTo(keys.AsSpan(end));
            start = end;
            rest.CopyTo(keys.AsSpan(start + shared));
            end = _keyEnds[i] = start + shared + rest.Length;
        }

        return (keys, common);
    }

    /// <summary>Checks all lengths before memory is taken for the keys, and returns how much they need.</summary>
    private int CheckKeyLengths(ref ByteReader reader, ushort[] prefixLengths, ushort[] restLengths, int common)
    {
        long total = common;
        int previous = 0;
        for (int i = 0; i < prefixLengths.Length; i++)
        {
            int length = prefixLengths[i] + restLengths[i];
            if (prefixLengths[i] > previous || length > FormatLimits.MaxKeyLength)
            {
                throw reader.Corrupt($"key {i} of {length} bytes shares {prefixLengths[i]} bytes with a key of {previous}");
            }

            if (Height != 0 && _subtreePrefixLengths[i] > length)
            {
                throw reader.Corrupt($"key {i} of {length} bytes has a subtree prefix of {_subtreePrefixLengths[i]} bytes");
            }

            total += length - common;
            previous = length;
        }

        return total <= FormatLimits.MaxNodeBytes
            ? (int)total
            : throw reader.Corrupt($"keys of {total} bytes are more than the limit of {FormatLimits.MaxNodeBytes}");
    }

    /// <summary>Reads where the values are.</summary>
    /// <returns>Where the last value within the node ends.</returns>
    private long DecodeValues(ref ByteReader reader)
    {
        int count = Count;
        for (int i = 0; i < count; i++)
        {
            _lengths[i] = (long)reader.ReadVarint64("length of a value");
        }

        for (int i = 0; i < count; i++)
        {
            byte kind = reader.ReadByte("kind of a value");
            if (kind > 1)
            {
                throw reader.Corrupt($"value {i} is of kind {kind}, neither 0 (inline) nor 1 (indirect)");
            }

            if (kind == 0 && (ulong)_lengths[i] > FormatLimits.MaxInlineValueLength)
            {
                throw reader.Corrupt($"inline value {i} of {(ulong)_lengths[i]} bytes is longer than {FormatLimits.MaxInlineValueLength}");
            }

            _fileIndices[i] = kind == 0 ? InlineValue : 0;
        }

        for (int i = 0; i < count; i++)
        {
            if (_fileIndices[i] != InlineValue)
            {
                _fileIndices[i] = IndirectDataReference.DecodeFileIndex(ref reader, _files.Length);
            }
        }

        for (int i = 0; i < count; i++)
        {
            if (_fileIndices[i] != InlineValue)
            {
                _offsets[i] = (long)reader.ReadVarint64("data file offset");
                IndirectDataReference.CheckExtent(ref reader, _offsets[i], _lengths[i]);
            }
        }

        long end = reader.Position;
        for (int i = 0; i < count; i++)
        {
            if (_fileIndices[i] == InlineValue)
            {
                _offsets[i] = end;
                end += _lengths[i];
            }
        }

        return end;
    }

    private void DecodeChildren(ref ByteReader reader)
    {
        for (int i = 0; i < Count; i++)
        {
            _fileIndices[i] = IndirectDataReference.DecodeFileIndex(ref reader, _files.Length);
        }

        for (int i = 0; i < Count; i++)
        {
            _offsets[i] = (long)reader.ReadVarint64("data file offset");
        }

        for (int i = 0; i < Count; i++)
        {
            _lengths[i] = (long)reader.ReadVarint64("data file length");
            IndirectDataReference.CheckExtent(ref reader, _offsets[i], _lengths[i]);
        }

        BtreeNodeStatistics.DecodeColumns(ref reader, _statistics);
    }
}

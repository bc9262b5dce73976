using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using OcdbtSharp.KvStore;

namespace OcdbtSharp.Ocdbt.Format;

/// <summary>
/// A decoded node of the B-tree, held in columns as it is stored: all keys in one buffer, inline values as parts of the decoded body.
/// Keys are relative to the prefix that the path from the root to the node gives.
/// </summary>
internal sealed partial class BtreeNode : IDecodedNode
{
    private const int InlineValue = -1;

    private readonly NodeBody _body;

    // The prefix common to all keys, then the rest of each key; rest i ends at _keyEnds[i].
    private readonly byte[] _keys;
    private readonly int _prefixLength;
    private readonly int[] _keyEnds;

    // For an inline value: file InlineValue, offset within the body. Otherwise: index of the file, offset within it.
    private readonly DataFileId[] _files;
    private readonly int[] _fileIndices;
    private readonly long[] _offsets;
    private readonly long[] _lengths;

    // Interior nodes only.
    private readonly ushort[] _subtreePrefixLengths;
    private readonly BtreeNodeStatistics[] _statistics;

    /// <summary>0 for a leaf.</summary>
    public byte Height { get; }

    /// <summary>Number of entries; at least 1.</summary>
    public int Count => _keyEnds.Length;

    /// <summary>The prefix common to all keys of the node.</summary>
    public ReadOnlySpan<byte> KeyPrefix => _keys.AsSpan(0, _prefixLength);

    /// <inheritdoc/>
    public long MemoryBytes => 256 + (Height == 0 ? _body.MemoryBytes : 0) + _keys.Length + (Count * 24L) + (_statistics.Length * 32L) + DataFileTable.MemoryBytes(_files);

    /// <summary>Key <paramref name="index"/> behind <see cref="KeyPrefix"/>.</summary>
    public ReadOnlySpan<byte> KeyRest(int index)
    {
        int start = index == 0 ? _prefixLength : _keyEnds[index - 1];
        return _keys.AsSpan(start, _keyEnds[index] - start);
    }

    /// <summary>Length in bytes of the whole relative key.</summary>
    public int KeyLength(int index) => _prefixLength + KeyRest(index).Length;

    /// <summary>Appends the whole relative key to a buffer that has room for it.</summary>
    public void CopyKey(int index, Span<byte> destination)
    {
        KeyPrefix.CopyTo(destination);
        KeyRest(index).CopyTo(destination[_prefixLength..]);
    }

    /// <summary>The full key of an entry.</summary>
    /// <param name="index">The entry.</param>
    /// <param name="prefix">What the path from the root to the node leaves out of its keys.</param>
    public byte[] FullKey(int index, ReadOnlySpan<byte> prefix)
    {
        byte[] key = GC.AllocateUninitializedArray<byte>(prefix.Length + KeyLength(index));
        prefix.CopyTo(key);
        CopyKey(index, key.AsSpan(prefix.Length));
        return key;
    }

    /// <summary>Length in bytes of the value of a leaf's entry.</summary>
    public long ValueLength(int index) => _lengths[index];

    /// <summary>Whether the value of a leaf's entry lies within the node.</summary>
    public bool IsInline(int index) => _fileIndices[index] == InlineValue;

    /// <summary>Whether all values that lie within the node are inflated.</summary>
    public bool IsInflated => _body.IsWhole;

    /// <summary>Whether the value of a leaf's entry can be asked for: of a node that was cut, not all can.</summary>
    public bool HasValueAt(int index) => !IsInline(index) || _body.Covers(_offsets[index] + _lengths[index]);

    /// <summary>The value of a leaf's entry that lies within the node; it stays valid.</summary>
    /// <exception cref="CorruptDataException">The values are compressed and damaged.</exception>
    public ReadOnlyMemory<byte> InlineValueAt(int index) => _body.Slice((int)_offsets[index], (int)_lengths[index]);

    /// <summary>Gives up the values that are not inflated, so that the node no longer refers to what it was decoded from.</summary>
    public void Cut() => _body.Cut();

    /// <summary>Inflates all values that lie within the node.</summary>
    /// <exception cref="CorruptDataException">They are damaged.</exception>
    public void InflateValues() => _body.Complete();

    /// <summary>Lets go of the values that lie within the node, which then cannot be asked for.</summary>
    public void DropValues() => _body.Clear();

    /// <summary>Where the value of a leaf's entry, or the child of an interior node's entry, lies.</summary>
    public IndirectDataReference LocationAt(int index) => new(_files[_fileIndices[index]], _offsets[index], _lengths[index]);

    /// <summary>The value of a leaf's entry.</summary>
    public LeafValue ValueAt(int index) => IsInline(index) ? new LeafValue(InlineValueAt(index)) : new LeafValue(LocationAt(index));

    /// <summary>The child of an interior node's entry.</summary>
    public BtreeNodeReference ChildAt(int index) => new(LocationAt(index), _statistics[index]);

    /// <summary>How many bytes of the relative key are common to all keys below the child, and so left out of it.</summary>
    public int SubtreePrefixLength(int index) => _subtreePrefixLengths[index];

    /// <summary>The entry of a leaf with exactly this relative key; -1 where there is none.</summary>
    public int FindKey(ReadOnlySpan<byte> key)
    {
        int index = LowerBound(key);
        return index < Count && key.StartsWith(KeyPrefix) && KeyRest(index).SequenceEqual(key[_prefixLength..]) ? index : -1;
    }

    /// <summary>The entry of an interior node whose subtree would hold this relative key; -1 where the key comes before all.</summary>
    public int FindChild(ReadOnlySpan<byte> key)
    {
        int index = LowerBound(key);
        bool exact = index < Count && CompareKey(index, key) == 0;
        return exact ? index : index - 1;
    }

    /// <summary>The first entry whose relative key is not less than <paramref name="key"/>; <see cref="Count"/> where there is none.</summary>
    public int LowerBound(ReadOnlySpan<byte> key)
    {
        ReadOnlySpan<byte> prefix = KeyPrefix;
        int order = prefix.SequenceCompareTo(key.Length > prefix.Length ? key[..prefix.Length] : key);
        if (order != 0)
        {
            return order > 0 ? 0 : Count;
        }

        ReadOnlySpan<byte> rest = key[prefix.Length..];
        int low = 0;
        int high = Count;
        while (low < high)
        {
            int middle = (int)((uint)(low + high) >> 1);
            if (KeyRest(middle).SequenceCompareTo(rest) < 0)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }

    /// <summary>Order of the relative key of an entry against another relative key.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int CompareKey(int index, ReadOnlySpan<byte> key)
    {
        ReadOnlySpan<byte> prefix = KeyPrefix;
        int order = prefix.SequenceCompareTo(key.Length > prefix.Length ? key[..prefix.Length] : key);
        return order != 0 ? order : KeyRest(index).SequenceCompareTo(key[prefix.Length..]);
    }
}

/// <summary>The value of a leaf's entry: its bytes, or where they lie. Kept small, as there are many.</summary>
internal readonly struct LeafValue
{
    // The array or the data file that the value is a part of.
    private readonly object? _whole;
    private readonly long _offset;
    private readonly long _length;

    /// <summary>A value within a node.</summary>
    /// <param name="inline">A part of an array; borrowed.</param>
    public LeafValue(ReadOnlyMemory<byte> inline)
    {
        if (!MemoryMarshal.TryGetArray(inline, out ArraySegment<byte> segment))
        {
            segment = inline.ToArray();
        }

        _whole = segment.Array;
        _offset = segment.Offset;
        _length = segment.Count;
    }

    /// <summary>A value in a data file.</summary>
    public LeafValue(IndirectDataReference location)
    {
        _whole = location.File;
        _offset = location.Offset;
        _length = location.Length;
    }

    /// <summary>The bytes, where <see cref="IsInline"/>.</summary>
    public ReadOnlyMemory<byte> Inline => _whole is byte[] array ? array.AsMemory((int)_offset, (int)_length) : default;

    /// <summary>Where the bytes lie, unless <see cref="IsInline"/>.</summary>
    public IndirectDataReference Location => new((DataFileId)_whole!, _offset, _length);

    public bool IsInline => _whole is not DataFileId;

    /// <summary>Length of the value in bytes.</summary>
    public long Length => _length;

    /// <summary>Whether both are the same part of the same array or data file.</summary>
    public bool IsSame(LeafValue other) => ReferenceEquals(_whole, other._whole) && _offset == other._offset && _length == other._length;
}

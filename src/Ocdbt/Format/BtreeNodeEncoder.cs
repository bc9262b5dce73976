using System.Buffers;
using System.Runtime.InteropServices;
using OcdbtSharp.KvStore.Buffers;

namespace OcdbtSharp.Ocdbt.Format;

/// <summary>An encoded node of the B-tree and what its parent has to say about it.</summary>
/// <param name="Bytes">The whole node, in memory that is given back when the node is disposed of.</param>
/// <param name="Owner">What the memory belongs to.</param>
/// <param name="MinKey">The full key of the first entry; empty for the root.</param>
/// <param name="ExcludedPrefixLength">How many bytes of <paramref name="MinKey"/> are common to all keys of the node and left out of it.</param>
/// <param name="Statistics">Sums over the node and all below it.</param>
internal sealed record EncodedNode(
    ReadOnlySequence<byte> Bytes, IDisposable Owner, ReadOnlyMemory<byte> MinKey, int ExcludedPrefixLength, BtreeNodeStatistics Statistics) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose() => Owner.Dispose();
}

/// <summary>A reference to a node with the key under which its parent holds it.</summary>
/// <param name="MinKey">The full key that no key of the node is less than.</param>
/// <param name="SubtreePrefixLength">How many bytes of <paramref name="MinKey"/> the node leaves out.</param>
/// <param name="Node">The node.</param>
internal readonly record struct ChildEntry(ReadOnlyMemory<byte> MinKey, int SubtreePrefixLength, BtreeNodeReference Node);

/// <summary>
/// Takes the entries of one level of the tree in order and cuts them into nodes by TensorStore's rule, so that the same entries give trees of
/// the same shape. All keys are full keys; what they have in common is left out of a node when it is encoded.
/// </summary>
internal sealed class BtreeNodeEncoder(Config config, byte height)
{
    // TensorStore's estimate of what an entry takes in memory decides where nodes end: pointer and length of the key, and by kind of the node
    // offset and length of the data and the statistics.
    private const int LeafEntryBytes = 16;
    private const int InteriorEntryBytes = 56;
    private const int IndirectValueBytes = 16;

    // A node must fit in what this library reads, whatever the configuration says.
    private const long MaxTargetBytes = FormatLimits.MaxNodeBytes / 2;

    private readonly List<Entry> _entries = [];
    private readonly List<(int SubtreePrefixLength, BtreeNodeStatistics Statistics)> _children = [];
    private int _commonPrefixLength;

    public byte Height => height;

    public int Count => _entries.Count;

    /// <summary>The estimated size of all entries.</summary>
    public long EstimatedBytes => _entries.Count == 0 ? 0 : RangeBytes(0, _entries.Count);

    /// <summary>Adds an entry to a leaf.</summary>
    /// <param name="key">The full key, greater than that of the entry before; borrowed until the nodes are encoded.</param>
    /// <param name="value">The value; borrowed likewise.</param>
    public void Add(ReadOnlyMemory<byte> key, LeafValue value) =>
        Add(key, value, LeafEntryBytes + (value.IsInline ? value.Length : IndirectValueBytes + value.Location.File.Path.Length));

    /// <summary>Adds an entry to an interior node.</summary>
    public void Add(ChildEntry child)
    {
        _children.Add((child.SubtreePrefixLength, child.Node.Statistics));
        Add(child.MinKey, new LeafValue(child.Node.Location), InteriorEntryBytes + child.Node.Location.File.Path.Length);
    }

    /// <summary>Makes room for entries.</summary>
    public void Reserve(int count)
    {
        _entries.EnsureCapacity(count);
        if (height > 0)
        {
            _children.EnsureCapacity(count);
        }
    }

    /// <summary>Where the entries are to be cut: the ranges of entries that become nodes.</summary>
    public List<(int Start, int End)> Split()
    {
        List<(int Start, int End)> nodes = [];
        int minArity = height == 0 ? 1 : 2;
        long limit = config.MaxDecodedNodeBytes == 0 ? MaxTargetBytes : Math.Min(config.MaxDecodedNodeBytes, MaxTargetBytes);
        int start = 0;
        while (start < _entries.Count)
        {
            long left = RangeBytes(start, _entries.Count);
            long nodesLeft = Math.Max(CeilingOfRatio(_entries.Count - start, FormatLimits.MaxNodeArity), CeilingOfRatio(left, limit));
            long target = CeilingOfRatio(left, nodesLeft);
            int end = start + 1;
            for (; end < _entries.Count && end - start < FormatLimits.MaxNodeArity; end++)
            {
                long size = RangeBytes(start, end);
                if (size >= target && end >= start + minArity)
                {
                    if (size > limit && end > start + minArity)
                    {
                        end--;
                    }

                    break;
                }
            }

            nodes.Add((start, end));
            start = end;
        }

        return nodes;
    }

    /// <summary>Encodes a range of the entries as a node.</summary>
    /// <param name="start">The first entry.</param>
    /// <param name="end">Behind the last entry.</param>
    /// <param name="isRoot">Whether the node is the root, which leaves no prefix out.</param>
    public EncodedNode Encode(int start, int end, bool isRoot)
    {
        ReadOnlySpan<Entry> entries = CollectionsMarshal.AsSpan(_entries)[start..end];
        ReadOnlySpan<(int SubtreePrefixLength, BtreeNodeStatistics Statistics)> children =
            height == 0 ? [] : CollectionsMarshal.AsSpan(_children)[start..end];
        int excluded = isRoot ? 0 : ExcludedPrefixLength(entries, children);
        EnvelopeWriter envelope = new(FormatLimits.BtreeNodeMagic, config.Compression, RangeBytes(start, end) + 64);
        ByteWriter writer = envelope.Body;
        writer.WriteByte(height);
        DataFileTableBuilder files = new();
        foreach (ref readonly Entry entry in entries)
        {
            if (!entry.Value.IsInline)
            {
                files.Add(entry.Value.Location.File);
            }
        }

        files.Encode(writer);
        writer.WriteVarint((ulong)entries.Length);
        WriteKeys(envelope, entries, children, excluded);
        BtreeNodeStatistics statistics = height == 0 ? WriteValues(envelope, files, entries) : WriteChildren(writer, files, entries, children);
        ReadOnlySequence<byte> bytes = envelope.Finish();
        return new EncodedNode(
            bytes,
            envelope,
            isRoot ? default : entries[0].Key,
            excluded,
            statistics + new BtreeNodeStatistics(0, (ulong)bytes.Length, 0));
    }

    private static long CeilingOfRatio(long dividend, long divisor) => (dividend + divisor - 1) / divisor;

    private static int ExcludedPrefixLength(
        ReadOnlySpan<Entry> entries, ReadOnlySpan<(int SubtreePrefixLength, BtreeNodeStatistics Statistics)> children)
    {
        int excluded = entries[0].Key.Span.CommonPrefixLength(entries[^1].Key.Span);
        foreach ((int subtreePrefixLength, _) in children)
        {
            excluded = Math.Min(excluded, subtreePrefixLength);
        }

        return excluded;
    }

    private static void WriteKeys(
        EnvelopeWriter envelope,
        ReadOnlySpan<Entry> entries,
        ReadOnlySpan<(int SubtreePrefixLength, BtreeNodeStatistics Statistics)> children,
        int excluded)
    {
        ByteWriter writer = envelope.Body;
        foreach (ref readonly Entry entry in entries[1..])
        {
            writer.WriteVarint((ulong)(entry.SharedLength - excluded));
        }

        writer.WriteVarint((ulong)(entries[0].Key.Length - excluded));
        foreach (ref readonly Entry entry in entries[1..])
        {
            writer.WriteVarint((ulong)(entry.Key.Length - entry.SharedLength));
        }

        foreach ((int subtreePrefixLength, _) in children)
        {
            writer.WriteVarint((ulong)(subtreePrefixLength - excluded));
        }

        writer.WriteBytes(entries[0].Key.Span[excluded..]);
        foreach (ref readonly Entry entry in entries[1..])
        {
            writer.WriteBytes(entry.Key.Span[entry.SharedLength..]);
            envelope.Flush();
        }
    }

    private static BtreeNodeStatistics WriteValues(EnvelopeWriter envelope, DataFileTableBuilder files, ReadOnlySpan<Entry> entries)
    {
        ByteWriter writer = envelope.Body;
        BtreeNodeStatistics statistics = new((ulong)entries.Length, 0, 0);
        foreach (ref readonly Entry entry in entries)
        {
            writer.WriteVarint((ulong)entry.Value.Length);
        }

        foreach (ref readonly Entry entry in entries)
        {
            writer.WriteByte(entry.Value.IsInline ? (byte)0 : (byte)1);
        }

        foreach (ref readonly Entry entry in entries)
        {
            if (!entry.Value.IsInline)
            {
                writer.WriteVarint((ulong)files.IndexOf(entry.Value.Location.File));
            }
        }

        foreach (ref readonly Entry entry in entries)
        {
            if (!entry.Value.IsInline)
            {
                writer.WriteVarint((ulong)entry.Value.Location.Offset);
                statistics += new BtreeNodeStatistics(0, 0, (ulong)entry.Value.Length);
            }
        }

        foreach (ref readonly Entry entry in entries)
        {
            if (entry.Value.IsInline)
            {
                writer.WriteBytes(entry.Value.Inline.Span);
                envelope.Flush();
            }
        }

        return statistics;
    }

    private static BtreeNodeStatistics WriteChildren(
        ByteWriter writer,
        DataFileTableBuilder files,
        ReadOnlySpan<Entry> entries,
        ReadOnlySpan<(int SubtreePrefixLength, BtreeNodeStatistics Statistics)> children)
    {
        IndirectDataReference[] locations = new IndirectDataReference[entries.Length];
        BtreeNodeStatistics[] statistics = new BtreeNodeStatistics[entries.Length];
        BtreeNodeStatistics sum = default;
        for (int i = 0; i < entries.Length; i++)
        {
            locations[i] = entries[i].Value.Location;
            statistics[i] = children[i].Statistics;
            sum += statistics[i];
        }

        IndirectDataReference.EncodeColumns(writer, files, locations);
        BtreeNodeStatistics.EncodeColumns(writer, statistics);
        return sum;
    }

    private void Add(ReadOnlyMemory<byte> key, LeafValue value, long bytes)
    {
        if (_entries.Count == 0)
        {
            _commonPrefixLength = key.Length;
            _entries.Add(new Entry(key, value, 0, bytes + key.Length));
            return;
        }

        ref readonly Entry last = ref CollectionsMarshal.AsSpan(_entries)[^1];
        int shared = last.Key.Span.CommonPrefixLength(key.Span);
        _commonPrefixLength = Math.Min(_commonPrefixLength, shared);
        _entries.Add(new Entry(key, value, shared, last.EndBytes + bytes + key.Length));
    }

    /// <summary>The estimated size of a node of these entries: the prefix common to all entries of the level counts once.</summary>
    private long RangeBytes(int start, int end)
    {
        ReadOnlySpan<Entry> entries = CollectionsMarshal.AsSpan(_entries);
        long before = start == 0 ? 0 : entries[start - 1].EndBytes;
        return entries[end - 1].EndBytes - before - ((long)(end - start - 1) * _commonPrefixLength);
    }

    /// <summary>An entry of the level.</summary>
    /// <param name="Key">The full key.</param>
    /// <param name="Value">The value, or where the child lies.</param>
    /// <param name="SharedLength">How many bytes the key shares with the one before.</param>
    /// <param name="EndBytes">The estimated size of this entry and all before it, keys in full.</param>
    private readonly record struct Entry(ReadOnlyMemory<byte> Key, LeafValue Value, int SharedLength, long EndBytes);
}

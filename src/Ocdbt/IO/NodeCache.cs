using System.Collections.Concurrent;
using OcdbtSharp.Ocdbt.Format;

namespace OcdbtSharp.Ocdbt.IO;

/// <summary>
/// Decoded nodes by where they lie, bounded in bytes. Finding one takes no lock; it only leaves a mark. When room is needed, the nodes pass in the
/// order in which they came: one that was found since its last turn gets another, the others go.
/// </summary>
internal sealed class NodeCache(long limit)
{
    private readonly ConcurrentDictionary<IndirectDataReference, Entry> _entries = new();
    private readonly Lock _lock = new();
    private readonly Queue<Entry> _turns = new();
    private long _bytes;

    /// <summary>About how many bytes of memory the nodes take.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    public IDecodedNode? Find(IndirectDataReference location)
    {
        if (!_entries.TryGetValue(location, out Entry? entry))
        {
            return null;
        }

        // Writing only where it changes something leaves the line of memory shared between threads.
        if (!entry.WasFound)
        {
            entry.WasFound = true;
        }

        return entry.Node;
    }

    public void Add(IndirectDataReference location, IDecodedNode node)
    {
        if (node.MemoryBytes > limit)
        {
            return;
        }

        lock (_lock)
        {
            Entry added = new(location, node);
            if (_entries.TryGetValue(location, out Entry? present))
            {
                // A node of which a part was given up makes room for one that was read again.
                if (present.Node is not BtreeNode { IsInflated: false } || node is not BtreeNode { IsInflated: true })
                {
                    return;
                }

                _bytes -= present.Bytes;
                present.Bytes = 0;
            }

            _entries[location] = added;
            _turns.Enqueue(added);
            _bytes += added.Bytes;
            while (_bytes > limit)
            {
                Entry oldest = _turns.Dequeue();
                if (oldest.WasFound)
                {
                    oldest.WasFound = false;
                    _turns.Enqueue(oldest);
                }
                else
                {
                    _entries.TryRemove(new KeyValuePair<IndirectDataReference, Entry>(oldest.Location, oldest));
                    _bytes -= oldest.Bytes;
                }
            }
        }
    }

    private sealed class Entry(IndirectDataReference location, IDecodedNode node)
    {
        public IndirectDataReference Location => location;

        public IDecodedNode Node => node;

        public long Bytes { get; set; } = node.MemoryBytes;

        public bool WasFound { get; set; }
    }
}

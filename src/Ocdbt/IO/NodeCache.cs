using OcdbtSharp.Ocdbt.Format;

namespace OcdbtSharp.Ocdbt.IO;

/// <summary>Decoded nodes by where they lie, bounded in bytes; the one that was used longest ago goes first.</summary>
internal sealed class NodeCache(long limit)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<IndirectDataReference, LinkedListNode<(IndirectDataReference Location, IDecodedNode Node)>> _entries = [];
    private readonly LinkedList<(IndirectDataReference Location, IDecodedNode Node)> _order = [];
    private long _bytes;

    /// <summary>About how many bytes of memory the nodes take.</summary>
    public long Bytes
    {
        get
        {
            lock (_lock)
            {
                return _bytes;
            }
        }
    }

    public IDecodedNode? Find(IndirectDataReference location)
    {
        lock (_lock)
        {
            if (!_entries.TryGetValue(location, out var entry))
            {
                return null;
            }

            _order.Remove(entry);
            _order.AddFirst(entry);
            return entry.Value.Node;
        }
    }

    public void Add(IndirectDataReference location, IDecodedNode node)
    {
        lock (_lock)
        {
            if (node.MemoryBytes > limit || _entries.ContainsKey(location))
            {
                return;
            }

            _entries.Add(location, _order.AddFirst((location, node)));
            _bytes += node.MemoryBytes;
            while (_bytes > limit)
            {
                (IndirectDataReference oldest, IDecodedNode evicted) = _order.Last!.Value;
                _order.RemoveLast();
                _entries.Remove(oldest);
                _bytes -= evicted.MemoryBytes;
            }
        }
    }
}

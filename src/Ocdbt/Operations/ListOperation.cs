using System.Runtime.CompilerServices;
using OcdbtSharp.KvStore;
using OcdbtSharp.Ocdbt.Format;
using OcdbtSharp.Ocdbt.IO;

namespace OcdbtSharp.Ocdbt.Operations;

/// <summary>Walks the keys of a range in order. Only the nodes on the path to the current key are held.</summary>
internal static class ListOperation
{
    // Smaller nodes are read and decoded sooner than another thread begins; of larger ones, one at a time is held.
    private const long MinPrefetchBytes = 1 << 17;
    private const long MaxPrefetchBytes = 16 << 20;

    // Bytes of nodes that a list of keys leaves in memory for what is read next: a small database, but not the whole of a large one.
    private const long KeptBytes = 8 << 20;

    // Full keys that are made together.
    private const int KeysAtOnce = 4096;

    /// <summary>The keys of a range with their values.</summary>
    public static async IAsyncEnumerable<(Key Key, LeafValue Value)> RunAsync(
        IoHandle io, BtreeGenerationReference version, KeyRange range, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (LeafRun run in RunsAsync(io, version, range, cancellationToken).ConfigureAwait(false))
        {
            for (int i = 0; i < run.Count; i++)
            {
                yield return (run.Key(i), run.Value(i));
            }
        }
    }

    /// <summary>The keys of a range with the lengths of their values, in memory that does not grow with the range.</summary>
    public static async IAsyncEnumerable<ListEntry> KeysAsync(
        IoHandle io, BtreeGenerationReference version, KeyRange range, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        NodeReader nodes = new(io, KeptBytes);
        await foreach (LeafRun run in RunsAsync(nodes, version, range, KeysAtOnce, cancellationToken).ConfigureAwait(false))
        {
            for (int i = 0; i < run.Count; i++)
            {
                yield return new ListEntry(run.Key(i), run.ValueLength(i));
            }
        }
    }

    /// <summary>The keys of a range with their values, all entries of a leaf together.</summary>
    public static IAsyncEnumerable<LeafRun> RunsAsync(
        IoHandle io, BtreeGenerationReference version, KeyRange range, CancellationToken cancellationToken) =>
        RunsAsync(new NodeReader(io, long.MaxValue), version, range, int.MaxValue, cancellationToken);

    private static async IAsyncEnumerable<LeafRun> RunsAsync(
        NodeReader nodes, BtreeGenerationReference version, KeyRange range, int mostEntries, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (version.Root.Location.IsMissing || range.IsEmpty)
        {
            yield break;
        }

        IoHandle io = nodes.Io;
        Stack<Step> path = new();
        BtreeNode root = await nodes.GetAsync(version.Root.Location, cancellationToken).ConfigureAwait(false);
        path.Push(Enter(io, version.Root.Location, root, version.RootHeight, [], 0, range));
        while (path.TryPop(out Step step))
        {
            if (step.Next >= step.End)
            {
                continue;
            }

            BtreeNode node = step.Node;
            if (node.Height == 0)
            {
                for (int next = step.Next; next < step.End;)
                {
                    int end = next + Math.Min(mostEntries, step.End - next);
                    yield return new LeafRun(node, step.Prefix, next, end) { Reference = step.Reference };
                    next = end;
                }

                continue;
            }

            // The next child is read while the caller is busy with this one.
            cancellationToken.ThrowIfCancellationRequested();
            IndirectDataReference location = node.LocationAt(step.Next);
            Task<BtreeNode>? current = step.Ahead;
            Task<BtreeNode>? ahead = step.Next + 1 < step.End ? nodes.Prefetch(node.LocationAt(step.Next + 1)) : null;
            path.Push(step with { Next = step.Next + 1, Ahead = ahead });
            BtreeNode child = current is null
                ? await nodes.GetAsync(location, cancellationToken).ConfigureAwait(false)
                : await current.WaitAsync(cancellationToken).ConfigureAwait(false);
            byte[] key = node.FullKey(step.Next, step.Prefix);
            int shared = step.Prefix.Length + node.SubtreePrefixLength(step.Next);
            path.Push(Enter(io, location, child, node.Height - 1, key, shared, range) with { Reference = node.ChildAt(step.Next) });
        }
    }

    /// <summary>Checks a node and finds out which of its entries the range touches.</summary>
    /// <param name="io">The database.</param>
    /// <param name="location">Where the node lies.</param>
    /// <param name="node">The node.</param>
    /// <param name="height">The height that the parent implies.</param>
    /// <param name="key">The smallest key that the parent allows.</param>
    /// <param name="shared">How many bytes of it are left out of the keys of the node.</param>
    /// <param name="range">The keys that are asked for.</param>
    private static Step Enter(
        IoHandle io, IndirectDataReference location, BtreeNode node, int height, byte[] key, int shared, KeyRange range)
    {
        ReadOperation.Check(io, location, node, height, key.AsSpan(shared));
        byte[] prefix = key[..shared];
        int start = Position(node, prefix, range.InclusiveMin, isStart: true);
        int end = range.ExclusiveMax is { } max ? Position(node, prefix, max, isStart: false) : node.Count;
        return new Step(node, prefix, start, end, null, null);
    }

    /// <summary>The entry at which a range starts, or before which it ends.</summary>
    private static int Position(BtreeNode node, byte[] prefix, Key bound, bool isStart)
    {
        ReadOnlySpan<byte> key = bound.Span;
        if (!key.StartsWith(prefix))
        {
            // All keys of the node begin with the prefix, so they are on one side of the bound.
            return key.SequenceCompareTo(prefix) < 0 ? 0 : node.Count;
        }

        ReadOnlySpan<byte> rest = key[prefix.Length..];
        return isStart && node.Height > 0 ? Math.Max(0, node.FindChild(rest)) : node.LowerBound(rest);
    }

    /// <summary>
    /// A node on the path, the prefix of its keys, the entries that are still to be visited, the next child if it is being read, and what the parent
    /// holds.
    /// </summary>
    private readonly record struct Step(
        BtreeNode Node, byte[] Prefix, int Next, int End, Task<BtreeNode>? Ahead, BtreeNodeReference? Reference);

    /// <summary>Reads nodes, and leaves so many bytes of them in memory; of the others it wants only the keys.</summary>
    private sealed class NodeReader(IoHandle io, long keptBytes)
    {
        private long _keptBytes = keptBytes;

        public IoHandle Io => io;

        public ValueTask<BtreeNode> GetAsync(IndirectDataReference location, CancellationToken cancellationToken) =>
            IsKept(location) ? io.GetBtreeNodeAsync(location, cancellationToken) : io.GetKeysAsync(location, cancellationToken);

        /// <summary>Begins to read a node that takes long enough to be worth it.</summary>
        public Task<BtreeNode>? Prefetch(IndirectDataReference location)
        {
            if (location.Length is < MinPrefetchBytes or > MaxPrefetchBytes || io.FindBtreeNode(location) is not null)
            {
                return null;
            }

            return IsKept(location)
                ? Task.Run(() => io.GetBtreeNodeAsync(location, CancellationToken.None).AsTask())
                : Task.Run(() => io.GetKeysAsync(location, CancellationToken.None).AsTask());
        }

        private bool IsKept(IndirectDataReference location)
        {
            _keptBytes -= _keptBytes == long.MaxValue ? 0 : location.Length;
            return _keptBytes >= 0;
        }
    }
}

/// <summary>Consecutive entries of a leaf, with full keys that lie in one piece of memory.</summary>
internal sealed class LeafRun
{
    private readonly BtreeNode _node;
    private readonly int _start;
    private readonly byte[] _keys;
    private readonly int[] _ends;

    public LeafRun(BtreeNode node, ReadOnlySpan<byte> prefix, int start, int end)
    {
        _node = node;
        PrefixLength = prefix.Length;
        _start = start;
        Count = end - start;
        _ends = new int[Count];
        int length = 0;
        for (int i = 0; i < Count; i++)
        {
            length = checked(length + prefix.Length + node.KeyLength(start + i));
            _ends[i] = length;
        }

        _keys = GC.AllocateUninitializedArray<byte>(length);
        for (int i = 0; i < Count; i++)
        {
            Span<byte> key = _keys.AsSpan(Begin(i));
            prefix.CopyTo(key);
            node.CopyKey(start + i, key[prefix.Length..]);
        }
    }

    public int Count { get; }

    /// <summary>What the parent of the leaf holds; null for the root.</summary>
    public BtreeNodeReference? Reference { get; init; }

    /// <summary>How many bytes of its keys the leaf leaves out.</summary>
    public int PrefixLength { get; }

    /// <summary>Whether these are all entries of the leaf.</summary>
    public bool IsWhole => Count == _node.Count;

    public Key Key(int index) => new(_keys.AsMemory(Begin(index), _ends[index] - Begin(index)));

    public LeafValue Value(int index) => _node.ValueAt(_start + index);

    public long ValueLength(int index) => _node.ValueLength(_start + index);

    private int Begin(int index) => index == 0 ? 0 : _ends[index - 1];
}

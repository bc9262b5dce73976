using OcdbtSharp.KvStore;
using OcdbtSharp.Ocdbt.Format;

namespace OcdbtSharp.Ocdbt.Operations;

/// <summary>
/// Applies mutations to a tree. Only nodes on the way to a mutation are read and written anew, from the leaves up; a subtree that a range
/// deletes as a whole is dropped unread. As in TensorStore, nodes that have become small are not joined.
/// </summary>
internal sealed class UpdateOperation
{
    private readonly BtreeWriter _writer;
    private readonly Mutation[] _mutations;

    // A leaf that is to be put lies across children, which happens only in trees whose keys are not the smallest of their children.
    private bool _mustExpand;

    private UpdateOperation(BtreeWriter writer, Mutation[] mutations)
    {
        _writer = writer;
        _mutations = mutations;
    }

    /// <summary>Applies mutations.</summary>
    /// <param name="writer">Takes the new nodes.</param>
    /// <param name="version">The version to change; null for an empty tree.</param>
    /// <param name="mutations">In order, without overlap.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The new root; null where nothing changes.</returns>
    public static async ValueTask<BtreeGenerationReference?> RunAsync(
        BtreeWriter writer, BtreeGenerationReference? version, Mutation[] mutations, CancellationToken cancellationToken)
    {
        if (mutations.Length == 0)
        {
            return null;
        }

        UpdateOperation operation = new(writer, mutations);
        ChildEntry[]? entries;
        int height = 0;
        if (version is { Root.Location.IsMissing: false } existing)
        {
            height = existing.RootHeight;
            Subtree root = new(existing.Root.Location, height, [], [], KeyRange.All);
            entries = await operation.VisitAsync(root, 0, mutations.Length, isRoot: true, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            entries = await operation.CreateAsync(cancellationToken).ConfigureAwait(false);
        }

        // A root leaves nothing out of its keys, which a leaf of another tree may.
        if (operation._mustExpand || entries is [{ SubtreePrefixLength: > 0 }])
        {
            return await RunAsync(writer, version, Graft.Expand(mutations), cancellationToken).ConfigureAwait(false);
        }

        return entries is null ? null : await writer.WriteRootAsync(entries, height, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask<ChildEntry[]?> CreateAsync(CancellationToken cancellationToken)
    {
        LeafLevel leaves = new(_writer, _mutations.Length);
        foreach (Mutation mutation in _mutations)
        {
            await leaves.AddAsync(mutation, cancellationToken).ConfigureAwait(false);
        }

        ChildEntry[] entries = await leaves.FinishAsync(isRoot: true, cancellationToken).ConfigureAwait(false);
        return entries.Length == 0 ? null : entries;
    }

    /// <summary>Applies the mutations from <paramref name="from"/> up to <paramref name="to"/> to a subtree.</summary>
    /// <returns>The nodes that take its place; null where it stays as it is.</returns>
    private async ValueTask<ChildEntry[]?> VisitAsync(Subtree subtree, int from, int to, bool isRoot, CancellationToken cancellationToken)
    {
        BtreeNode node = await _writer.Io.GetBtreeNodeAsync(subtree.Location, cancellationToken).ConfigureAwait(false);
        ReadOperation.Check(_writer.Io, subtree.Location, node, subtree.Height, subtree.MinKey);
        if (node.Height == 0)
        {
            return await RewriteLeafAsync(node, subtree.Prefix, from, to, isRoot, cancellationToken).ConfigureAwait(false);
        }

        // Only children that a mutation touches are in the list, in order.
        List<(int Index, ChildEntry[] Replacement)> changed = [];
        int next = from;
        while (next < to)
        {
            int index = Math.Max(0, FindChild(node, subtree.Prefix, _mutations[next].Min));
            int first = next;
            do
            {
                Subtree child = Child(node, index, subtree);
                int end = EndOfChild(child.Range, first, to);
                _mustExpand |= child.Range.ExclusiveMax is { } bound && _mutations[end - 1].Graft is { } graft && graft.Keys[^1] >= bound;
                ChildEntry[]? replacement = IsDeleted(child.Range, first, end)
                    ? []
                    : await VisitAsync(child, first, end, isRoot: false, cancellationToken).ConfigureAwait(false);
                if (replacement is not null)
                {
                    changed.Add((index, replacement));
                }

                // A range may go on in the children that follow.
                bool goesOn = child.Range.ExclusiveMax is { } max && _mutations[end - 1].Reaches(max) && index + 1 < node.Count;
                next = end;
                first = goesOn ? end - 1 : end;
                index++;
            }
            while (first < next);
        }

        if (changed.Count == 0)
        {
            return null;
        }

        BtreeNodeEncoder level = RewriteInterior(node, subtree.Prefix, changed);
        return await _writer.WriteAsync(level, isRoot, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask<ChildEntry[]?> RewriteLeafAsync(
        BtreeNode node, byte[] prefix, int from, int to, bool isRoot, CancellationToken cancellationToken)
    {
        LeafLevel leaves = new(_writer, node.Count + to - from);
        bool modified = false;
        int existing = 0;
        for (int i = from; i < to; i++)
        {
            Mutation mutation = _mutations[i];
            int position = LowerBound(node, prefix, mutation.Min);
            AddExisting(leaves, node, prefix, existing, position);
            existing = position;
            int end = mutation.Kind == MutationKind.DeleteRange
                ? mutation.Max is { } max ? LowerBound(node, prefix, max) : node.Count
                : existing + (existing < node.Count && IsKey(node, existing, prefix, mutation.Min) ? 1 : 0);
            modified |= end > existing || mutation.Kind is MutationKind.Put or MutationKind.PutNode;
            existing = end;
            await leaves.AddAsync(mutation, cancellationToken).ConfigureAwait(false);
        }

        if (!modified)
        {
            return null;
        }

        AddExisting(leaves, node, prefix, existing, node.Count);
        return await leaves.FinishAsync(isRoot, cancellationToken).ConfigureAwait(false);
    }

    private BtreeNodeEncoder RewriteInterior(BtreeNode node, byte[] prefix, List<(int Index, ChildEntry[] Replacement)> changed)
    {
        BtreeNodeEncoder level = _writer.Level(node.Height);
        level.Reserve(node.Count + changed.Count);
        int next = 0;
        for (int index = 0; index < node.Count; index++)
        {
            if (next < changed.Count && changed[next].Index == index)
            {
                foreach (ChildEntry entry in changed[next].Replacement)
                {
                    level.Add(entry);
                }

                next++;
            }
            else
            {
                level.Add(new ChildEntry(node.FullKey(index, prefix), prefix.Length + node.SubtreePrefixLength(index), node.ChildAt(index)));
            }
        }

        return level;
    }

    private static void AddExisting(LeafLevel leaves, BtreeNode node, byte[] prefix, int from, int to)
    {
        for (int index = from; index < to; index++)
        {
            leaves.Add(node.FullKey(index, prefix), node.ValueAt(index));
        }
    }

    /// <summary>Behind the last mutation that touches a child.</summary>
    private int EndOfChild(KeyRange range, int first, int to)
    {
        int end = first + 1;
        while (end < to && (range.ExclusiveMax is not { } max || _mutations[end].Min < max))
        {
            end++;
        }

        return end;
    }

    /// <summary>Whether one range deletes all that a child can hold.</summary>
    private bool IsDeleted(KeyRange range, int from, int to) =>
        to == from + 1
        && _mutations[from].Kind == MutationKind.DeleteRange
        && _mutations[from].Min <= range.InclusiveMin
        && (_mutations[from].Max is not { } max || (range.ExclusiveMax is { } end && max >= end));

    private static Subtree Child(BtreeNode node, int index, Subtree parent)
    {
        byte[] key = node.FullKey(index, parent.Prefix);
        int shared = parent.Prefix.Length + node.SubtreePrefixLength(index);
        KeyRange range = new(
            index == 0 ? parent.Range.InclusiveMin : new Key(key),
            index + 1 == node.Count ? parent.Range.ExclusiveMax : new Key(node.FullKey(index + 1, parent.Prefix)));
        return new Subtree(node.LocationAt(index), node.Height - 1, key[..shared], key[shared..], range);
    }

    private static int FindChild(BtreeNode node, byte[] prefix, Key key)
    {
        int bound = LowerBound(node, prefix, key);
        return bound < node.Count && IsKey(node, bound, prefix, key) ? bound : bound - 1;
    }

    private static bool IsKey(BtreeNode node, int index, byte[] prefix, Key key) =>
        key.Span.StartsWith(prefix) && node.CompareKey(index, key.Span[prefix.Length..]) == 0;

    /// <summary>The first entry whose full key is not less than a key.</summary>
    private static int LowerBound(BtreeNode node, byte[] prefix, Key key)
    {
        ReadOnlySpan<byte> bytes = key.Span;
        int order = prefix.AsSpan().SequenceCompareTo(bytes.Length > prefix.Length ? bytes[..prefix.Length] : bytes);
        return order > 0 ? 0 : order < 0 ? node.Count : node.LowerBound(bytes[prefix.Length..]);
    }

    /// <summary>A reference to a node with what its parents say about it.</summary>
    /// <param name="Location">Where the node lies.</param>
    /// <param name="Height">Its height.</param>
    /// <param name="Prefix">What its keys leave out.</param>
    /// <param name="MinKey">The smallest key that it may hold, behind the prefix.</param>
    /// <param name="Range">The keys that belong to it.</param>
    private readonly record struct Subtree(IndirectDataReference Location, int Height, byte[] Prefix, byte[] MinKey, KeyRange Range);
}

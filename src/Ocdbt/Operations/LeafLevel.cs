using OcdbtSharp.Ocdbt.Format;

namespace OcdbtSharp.Ocdbt.Operations;

/// <summary>The leaves that take the place of one, or of none: entries in order, and between them leaves that are taken over whole.</summary>
/// <param name="writer">Takes the new leaves.</param>
/// <param name="count">How many entries are expected.</param>
internal sealed class LeafLevel(BtreeWriter writer, int count)
{
    private readonly List<ChildEntry> _done = [];
    private BtreeNodeEncoder _entries = Reserved(writer.Level(0), count);

    public void Add(ReadOnlyMemory<byte> key, LeafValue value) => _entries.Add(key, value);

    /// <summary>Adds what a mutation puts; a deletion adds nothing.</summary>
    public ValueTask AddAsync(in Mutation mutation, CancellationToken cancellationToken)
    {
        if (mutation.Kind == MutationKind.Put)
        {
            Add(mutation.Min.Bytes, mutation.Value);
        }

        return mutation.Graft is { } graft ? AddAsync(graft.Entry, cancellationToken) : ValueTask.CompletedTask;
    }

    /// <summary>Writes what has not been written yet.</summary>
    /// <param name="isRoot">Whether the result is the whole tree if it is only one node.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async ValueTask<ChildEntry[]> FinishAsync(bool isRoot, CancellationToken cancellationToken)
    {
        ChildEntry[] last = await writer.WriteAsync(_entries, isRoot && _done.Count == 0, cancellationToken).ConfigureAwait(false);
        return _done.Count == 0 ? last : [.. _done, .. last];
    }

    private static BtreeNodeEncoder Reserved(BtreeNodeEncoder level, int count)
    {
        level.Reserve(count);
        return level;
    }

    private async ValueTask AddAsync(ChildEntry leaf, CancellationToken cancellationToken)
    {
        _done.AddRange(await writer.WriteAsync(_entries, mayBeRoot: false, cancellationToken).ConfigureAwait(false));
        _done.Add(leaf);
        _entries = writer.Level(0);
    }
}

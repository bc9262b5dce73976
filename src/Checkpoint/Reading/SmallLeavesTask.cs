using OcdbtSharp.Zarr3;

namespace OcdbtSharp.Checkpoint.Reading;

/// <summary>Reads small arrays together: their chunks in few reads where they lie close to each other, then one after the other.</summary>
internal sealed class SmallLeavesTask(RestoredLeaf[] restored, List<int> leaves, ByteCounter? counter) : IChunkTask
{
    /// <inheritdoc/>
    public long Bytes { get; } = leaves.Sum(index => restored[index].ByteLength);

    /// <inheritdoc/>
    public long MemoryBytes { get; } = leaves.Sum(index => restored[index].Leaf.Source!.ShareBytes);

    /// <inheritdoc/>
    public async ValueTask RunAsync(CancellationToken cancellationToken)
    {
        HeldValues? held = await HeldValues.ReadAsync(leaves.Select(index => restored[index].Leaf.Source!), counter, cancellationToken).ConfigureAwait(false);
        PlanOptions options = new() { Held = held, Counter = counter };
        foreach (int index in leaves)
        {
            cancellationToken.ThrowIfCancellationRequested();
            RestoredLeaf leaf = restored[index];
            if (held is not null && leaf.Leaf.Source is ZarrLeafSource source && source.TryRead(held, leaf.Elements))
            {
                continue;
            }

            foreach (IChunkTask task in LeafRead.Whole(leaf.Leaf).Tasks(leaf.Elements, options))
            {
                await task.RunAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }
}

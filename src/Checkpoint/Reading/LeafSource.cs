using OcdbtSharp.KvStore.Buffers;

namespace OcdbtSharp.Checkpoint.Reading;

/// <summary>Where the elements of a leaf come from.</summary>
internal abstract class LeafSource
{
    /// <summary>
    /// Cuts the read of a region into shares that may run in any order and at the same time. They put the elements little-endian and in C order.
    /// </summary>
    /// <param name="origin">The first element along each dimension.</param>
    /// <param name="shape">The number of elements along each dimension.</param>
    /// <param name="destination">Where the elements go; of exactly the size of the region.</param>
    /// <param name="options">How to go about it.</param>
    public abstract IEnumerable<ReadShare> Plan(long[] origin, long[] shape, LongMemory destination, PlanOptions options = default);

    /// <summary>Bytes of the elements in one share of a read of the whole leaf: what decides which leaf comes first.</summary>
    public abstract long ShareBytes { get; }

    /// <summary>Whether a part of a chunk costs as much to read as the whole chunk, as where it is compressed.</summary>
    public virtual bool ReadsChunksWhole => false;

    /// <summary>Reads a region, one share after the other.</summary>
    /// <inheritdoc cref="Plan"/>
    public async ValueTask ReadAsync(long[] origin, long[] shape, LongMemory destination, PlanOptions options, CancellationToken cancellationToken)
    {
        foreach (ReadShare share in Plan(origin, shape, destination, options))
        {
            cancellationToken.ThrowIfCancellationRequested();
            await share.RunAsync(cancellationToken).ConfigureAwait(false);
        }
    }
}

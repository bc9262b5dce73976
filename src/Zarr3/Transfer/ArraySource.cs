namespace OcdbtSharp.Zarr3.Transfer;

/// <summary>A zarr array.</summary>
/// <param name="array">The array.</param>
/// <param name="missingIsError">Whether a chunk that is not stored is an error; otherwise its elements are the fill value.</param>
internal sealed class ArraySource(ZarrArray array, bool missingIsError) : ElementSource
{
    /// <inheritdoc/>
    public override IReadOnlyList<long>? ChunkShape => array.Metadata.Codecs.IsRaw ? null : array.ReadChunkShape;

    /// <inheritdoc/>
    public override ElementReader Open(long[] origin, long[] shape, Spill spill) => new ArrayReader(array, origin, shape, missingIsError, spill);

    /// <inheritdoc/>
    public override long ReaderBytes(long[] shape, long[] slab, Spill spill) => ArrayReader.MemoryBytes(array, shape, slab, spill);

    /// <inheritdoc/>
    public override long SpillBytes(long[] shape, long[] slab, Spill spill) => ArrayReader.SpillBytes(array, shape, slab, spill);
}

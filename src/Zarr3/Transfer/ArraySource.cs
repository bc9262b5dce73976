namespace OcdbtSharp.Zarr3.Transfer;

/// <summary>A zarr array.</summary>
/// <param name="array">The array.</param>
/// <param name="missingIsError">Whether a chunk that is not stored is an error; otherwise its elements are the fill value.</param>
internal sealed class ArraySource(ZarrArray array, bool missingIsError) : ElementSource
{
    /// <inheritdoc/>
    public override IReadOnlyList<long>? ChunkShape => array.Metadata.Codecs.IsRaw ? null : array.ReadChunkShape;

    /// <inheritdoc/>
    public override ElementReader Open(long[] origin, long[] shape) => new ArrayReader(array, origin, shape, missingIsError);

    /// <inheritdoc/>
    public override long ReaderBytes(long[] shape, long[] slab) => ArrayReader.MemoryBytes(array, shape, slab);
}

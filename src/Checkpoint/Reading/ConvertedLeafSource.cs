using OcdbtSharp.Zarr3;
using OcdbtSharp.Zarr3.Transfer;

namespace OcdbtSharp.Checkpoint.Reading;

/// <summary>The elements of a leaf, converted to another type.</summary>
/// <param name="source">The leaf.</param>
/// <param name="from">Its type.</param>
/// <param name="to">The other type.</param>
internal sealed class ConvertedLeafSource(LeafSource source, DataType from, DataType to) : LeafSource(source.ArrayShape, to.Size)
{
    private readonly ConvertedSource _converted = new(source, from, to);

    /// <inheritdoc/>
    public override long ShareBytes => source.ShareBytes / from.Size * to.Size;

    /// <inheritdoc/>
    public override IReadOnlyList<long>? ChunkShape => source.ChunkShape;

    /// <inheritdoc/>
    public override ElementReader Open(long[] origin, long[] shape, Spill spill) => _converted.Open(origin, shape, spill);

    /// <inheritdoc/>
    public override long ReaderBytes(long[] shape, long[] slab, Spill spill) => _converted.ReaderBytes(shape, slab, spill);

    /// <inheritdoc/>
    public override long SpillBytes(long[] shape, long[] slab, Spill spill) => _converted.SpillBytes(shape, slab, spill);
}

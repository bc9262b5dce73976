using OcdbtSharp.Zarr3;
using OcdbtSharp.Zarr3.Transfer;

namespace OcdbtSharp.Checkpoint.Reading;

/// <summary>Where the elements of a leaf come from.</summary>
/// <param name="arrayShape">Elements along each dimension.</param>
/// <param name="elementSize">Bytes of an element.</param>
internal abstract class LeafSource(long[] arrayShape, int elementSize) : ElementSource
{
    /// <summary>Elements along each dimension.</summary>
    public long[] ArrayShape => arrayShape;

    /// <summary>Bytes of an element.</summary>
    public int ElementSize => elementSize;

    /// <summary>Bytes of the elements in one task of a read of the whole leaf: what decides which leaf comes first.</summary>
    public virtual long ShareBytes { get; } = Extents.Product(arrayShape) * elementSize;

    /// <summary>The same, with its reads counted.</summary>
    /// <param name="counter">Counts the bytes that are read; null where nobody asks.</param>
    public virtual LeafSource Counted(ByteCounter? counter) => this;

    /// <summary>Cuts the read of a region into tasks that may run in any order and at the same time.</summary>
    /// <param name="origin">The first element along each dimension.</param>
    /// <param name="destination">Where the elements go, little-endian; of the region's shape.</param>
    /// <param name="options">How to go about it.</param>
    public virtual IEnumerable<IChunkTask> Plan(long[] origin, ArrayView destination, PlanOptions options = default)
    {
        TransferPlan plan = new(this, new MemorySink(origin, destination), arrayShape, elementSize)
        {
            MaxMemory = options.MaxMemory > 0 ? options.MaxMemory : MemoryLimit.Default,
            DegreeOfParallelism = Math.Max(1, options.MaxParallelism),
        };
        return plan.Tasks(origin, destination.Shape);
    }
}

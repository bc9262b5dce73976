namespace OcdbtSharp.Zarr3.Transfer;

/// <summary>How a box is cut into slabs, which follow one another in C order, and what they cost.</summary>
/// <param name="arrayShape">Extents of the array.</param>
/// <param name="slab">Extents of a slab; slabs begin at multiples of them.</param>
internal sealed class SlabPlan(long[] arrayShape, long[] slab)
{
    /// <summary>Slabs in memory at the same time: 2 where one is read while the one before it is written.</summary>
    public int Buffers { get; init; } = 1;

    /// <summary>Most chunks that are read, and as many that are written, at the same time.</summary>
    public int DegreeOfParallelism { get; init; } = 1;

    /// <summary>Bytes of memory in all, at most.</summary>
    public long MemoryBytes { get; init; }

    /// <summary>What is held in memory, and where the rest goes.</summary>
    public Spill Spill { get; init; } = Spill.None;

    /// <summary>Bytes that go to a temporary file in between.</summary>
    public long SpillBytes { get; init; }

    /// <summary>The slabs of a box.</summary>
    public IEnumerable<ChunkPart> Slabs(long[] origin, long[] shape) => Extents.Product(shape) == 0 ? [] : new ChunkGrid(arrayShape, slab).Parts(origin, shape);
}

using OcdbtSharp.KvStore.Buffers;

namespace OcdbtSharp.Zarr3.Transfer;

/// <summary>What takes the elements of an array: chunks that are encoded, a part of a file, a digest, a comparison.</summary>
internal abstract class ElementSink
{
    /// <summary>Extents of the parts in which it takes them best; null where any do.</summary>
    public virtual IReadOnlyList<long>? ChunkShape => null;

    /// <summary>Whether a slab must hold whole parts of <see cref="ChunkShape"/>.</summary>
    public virtual bool NeedsWholeChunks => false;

    /// <summary>Whether it takes slabs in C order alone, from the first element of the region to its last; otherwise boxes in any order, several at a time.</summary>
    public virtual bool IsOrdered => false;

    /// <summary>Whether it takes longer runs of neighbours better than boxes.</summary>
    public virtual bool PrefersRows => IsOrdered;

    /// <summary>The same for memory that does not hold a whole part: it takes slabs in C order of each box. Null where it cannot.</summary>
    public virtual ElementSink? Streaming => null;

    /// <summary>Opens a box, which comes slab by slab in C order.</summary>
    /// <param name="origin">First index of the box.</param>
    /// <param name="shape">Its extents.</param>
    /// <param name="spill">What is held in memory, and where the rest goes.</param>
    public abstract ElementWriter Open(long[] origin, long[] shape, Spill spill);

    /// <summary>Bytes of memory that a writer holds at most, beside the slab that it is given.</summary>
    /// <param name="shape">Extents of the box.</param>
    /// <param name="slab">Extents of a slab.</param>
    /// <param name="degreeOfParallelism">Most chunks that are written at the same time.</param>
    /// <param name="spill">What is held in memory.</param>
    public abstract long WriterBytes(long[] shape, long[] slab, int degreeOfParallelism, Spill spill);

    /// <summary>Bytes that a writer puts into a temporary file.</summary>
    /// <param name="shape">Extents of the box.</param>
    /// <param name="slab">Extents of a slab.</param>
    /// <param name="spill">What is held in memory.</param>
    public virtual long SpillBytes(long[] shape, long[] slab, Spill spill) => 0;
}

/// <summary>Takes the elements of a box slab by slab.</summary>
internal abstract class ElementWriter : IAsyncDisposable
{
    /// <summary>Takes a slab.</summary>
    /// <param name="origin">Its first index in the array.</param>
    /// <param name="shape">Its extents.</param>
    /// <param name="elements">Its elements, little-endian and in C order; borrowed until the task ends.</param>
    /// <param name="degreeOfParallelism">Most chunks that are written at the same time.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public abstract ValueTask WriteAsync(long[] origin, long[] shape, LongMemory elements, int degreeOfParallelism, CancellationToken cancellationToken);

    /// <summary>Called when all slabs of the box were taken.</summary>
    public virtual ValueTask CompleteAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

    /// <inheritdoc/>
    public virtual ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

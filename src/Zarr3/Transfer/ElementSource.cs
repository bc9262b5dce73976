using OcdbtSharp.KvStore.Buffers;

namespace OcdbtSharp.Zarr3.Transfer;

/// <summary>The elements of an array, wherever they lie.</summary>
internal abstract class ElementSource
{
    /// <summary>Extents of the parts of which each is decoded as a whole; null where every box is read on its own.</summary>
    public virtual IReadOnlyList<long>? ChunkShape => null;

    /// <summary>Opens a region, to be read slab by slab.</summary>
    /// <param name="origin">First index of the region.</param>
    /// <param name="shape">Its extents.</param>
    /// <param name="spill">What is held in memory, and where the rest goes.</param>
    public abstract ElementReader Open(long[] origin, long[] shape, Spill spill);

    /// <summary>Bytes of memory that a reader holds at most, beside the slab that it reads.</summary>
    /// <param name="shape">Extents of the region.</param>
    /// <param name="slab">Extents of a slab.</param>
    /// <param name="spill">What is held in memory.</param>
    public abstract long ReaderBytes(long[] shape, long[] slab, Spill spill);

    /// <summary>Bytes that a reader puts into a temporary file.</summary>
    /// <param name="shape">Extents of the region.</param>
    /// <param name="slab">Extents of a slab.</param>
    /// <param name="spill">What is held in memory.</param>
    public virtual long SpillBytes(long[] shape, long[] slab, Spill spill) => 0;
}

/// <summary>Reads a region slab by slab, each behind the one before it in C order. A chunk that several slabs cut is decoded once.</summary>
internal abstract class ElementReader : IDisposable
{
    /// <summary>Reads a slab.</summary>
    /// <param name="origin">Its first index in the array.</param>
    /// <param name="shape">Its extents.</param>
    /// <param name="destination">Room for exactly its elements, which come little-endian and in C order.</param>
    /// <param name="degreeOfParallelism">Most chunks that are read at the same time.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="KvStore.CorruptDataException">A chunk is damaged.</exception>
    /// <exception cref="KvStore.StorageException">The storage failed, or a chunk is missing where that is an error.</exception>
    public abstract ValueTask ReadAsync(long[] origin, long[] shape, LongMemory destination, int degreeOfParallelism, CancellationToken cancellationToken);

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Gives back what the reader holds.</summary>
    protected virtual void Dispose(bool disposing)
    {
    }
}

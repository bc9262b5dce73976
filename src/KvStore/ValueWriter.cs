namespace OcdbtSharp.KvStore;

/// <summary>
/// A value that is being written in pieces. Pieces may be written from many threads at once, in any order; who writes sees to it that they
/// do not overlap and leave no gap. Disposing of it before it is complete leaves the key as it was.
/// </summary>
public abstract class ValueWriter : IAsyncDisposable
{
    /// <summary>Writes a piece.</summary>
    /// <param name="offset">Where in the value the piece begins, in bytes.</param>
    /// <param name="bytes">The piece; borrowed until the task ends.</param>
    /// <param name="cancellationToken">Gives up; the value cannot be completed then.</param>
    /// <exception cref="StorageException">The storage failed.</exception>
    public abstract ValueTask WriteAsync(long offset, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken = default);

    /// <summary>Makes the value durable and visible under its key, in one step, after the last piece was written.</summary>
    /// <param name="cancellationToken">Gives up; the value may be visible nonetheless.</param>
    /// <returns>The new generation of the key.</returns>
    /// <exception cref="StorageException">The storage failed.</exception>
    public abstract ValueTask<StorageGeneration> CompleteAsync(CancellationToken cancellationToken = default);

    /// <summary>Removes what was written unless the value is complete.</summary>
    public abstract ValueTask DisposeAsync();
}

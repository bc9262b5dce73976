namespace OcdbtSharp.KvStore;

/// <summary>
/// A store that also takes a value piece by piece, for values that are not in memory as a whole, or that several threads write at the same time.
/// Ask <see cref="KvStoreCapabilities.PiecewiseWrite"/> first: a view of another store has this interface whether that store does or not.
/// </summary>
public interface IPiecewiseKvStore : IKvStore
{
    /// <summary>Begins a value. Nothing is to be seen of it until <see cref="ValueWriter.CompleteAsync"/>, which replaces the key's value.</summary>
    /// <param name="key">The key.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="StorageException">The storage failed.</exception>
    /// <exception cref="NotSupportedException">The store lacks <see cref="KvStoreCapabilities.PiecewiseWrite"/>.</exception>
    ValueTask<ValueWriter> BeginWriteAsync(Key key, CancellationToken cancellationToken = default);
}

namespace OcdbtSharp.KvStore;

/// <summary>The storage failed: no access, no space, no connection, or something expected is not there.</summary>
public sealed class StorageException : OcdbtSharpException
{
    /// <summary>A failure of the storage.</summary>
    /// <param name="message">What failed and what can be done.</param>
    /// <param name="location">The file, URL or key.</param>
    /// <param name="innerException">The cause.</param>
    public StorageException(string message, string? location = null, Exception? innerException = null)
        : base(message, location, innerException)
    {
    }

    private protected override OcdbtSharpException WithLocation(string location) => new StorageException(Problem, location, this);
}

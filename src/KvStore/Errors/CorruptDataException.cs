namespace OcdbtSharp.KvStore;

/// <summary>The stored bytes break the rules of their format.</summary>
public sealed class CorruptDataException : OcdbtSharpException
{
    /// <summary>Bytes that break their format.</summary>
    /// <param name="message">What was found and what was expected.</param>
    /// <param name="location">The file, URL or key.</param>
    /// <param name="offset">Offset in bytes within the structure being read.</param>
    /// <param name="innerException">The cause.</param>
    public CorruptDataException(string message, string? location = null, long? offset = null, Exception? innerException = null)
        : base(offset is null ? message : $"{message} (at byte {offset})", location, innerException)
    {
        _message = message;
        Offset = offset;
    }

    private readonly string _message;

    /// <summary>Offset in bytes within the structure being read; null where it has no single place.</summary>
    public long? Offset { get; }

    private protected override OcdbtSharpException WithLocation(string location) => new CorruptDataException(_message, location, Offset, this);
}

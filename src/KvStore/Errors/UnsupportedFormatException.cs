namespace OcdbtSharp.KvStore;

/// <summary>What is stored is of a kind that this library does not read or write: a codec, a data type, a version.</summary>
public sealed class UnsupportedFormatException : OcdbtSharpException
{
    /// <summary>Something that is not supported.</summary>
    /// <param name="message">What it is, by its name in the format, and what is supported.</param>
    /// <param name="location">The file, URL or key.</param>
    /// <param name="innerException">The cause.</param>
    public UnsupportedFormatException(string message, string? location = null, Exception? innerException = null)
        : base(message, location, innerException)
    {
    }

    private protected override OcdbtSharpException WithLocation(string location) => new UnsupportedFormatException(Problem, location, this);
}

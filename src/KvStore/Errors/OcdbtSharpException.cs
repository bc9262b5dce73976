namespace OcdbtSharp.KvStore;

/// <summary>What every error of this library that is not the caller's mistake derives from.</summary>
public abstract class OcdbtSharpException : Exception
{
    /// <summary>An error at a place.</summary>
    private protected OcdbtSharpException(string message, string? location, Exception? innerException)
        : base(message, innerException) => Location = location;

    /// <summary>The file, URL or key that the error is about; null where it is not known yet.</summary>
    public string? Location { get; }

    /// <summary>What went wrong, behind the place where it did.</summary>
    public override string Message => Location is null ? base.Message : $"{Location}: {base.Message}";

    /// <summary>What went wrong, without the place.</summary>
    internal string Problem => base.Message;

    /// <summary>The same error with a place, if it has none yet; otherwise itself.</summary>
    internal OcdbtSharpException At(string location) => Location is null ? WithLocation(location) : this;

    private protected abstract OcdbtSharpException WithLocation(string location);
}

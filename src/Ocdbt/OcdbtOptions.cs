namespace OcdbtSharp.Ocdbt;

/// <summary>How a database is opened.</summary>
public sealed record OcdbtOptions
{
    /// <summary>The version to open; null for the latest.</summary>
    public VersionSpec? Version { get; init; }

    /// <summary>Most bytes of decoded nodes that are kept.</summary>
    public long CacheBytes { get; init; } = 256L << 20;
}

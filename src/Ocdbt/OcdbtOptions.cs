namespace OcdbtSharp.Ocdbt;

/// <summary>How a database is opened.</summary>
public sealed record OcdbtOptions
{
    /// <summary>The version to open, which can only be read; null for the latest, whichever that is at the time of each read or write.</summary>
    public VersionSpec? Version { get; init; }

    /// <summary>Most bytes of decoded nodes that are kept.</summary>
    public long CacheBytes { get; init; } = 256L << 20;

    /// <summary>What happens where there is no database yet.</summary>
    public OcdbtOpenMode Mode { get; init; }

    /// <summary>The configuration of a new database, and what that of an existing one must agree with.</summary>
    public OcdbtConfig Config { get; init; } = new();

    /// <summary>What the names of data files begin with.</summary>
    public DataFilePrefixes DataFilePrefixes { get; init; } = new();

    /// <summary>Size in bytes from which on a data file takes no more data, as TensorStore's by default; 0 for no such size.</summary>
    public long TargetDataFileSize { get; init; } = 1L << 31;

    /// <summary>
    /// For how long a read may miss what others have committed. What this store has committed, it sees at once, and writes always take place on
    /// the latest version. Zero, the default, asks the base store before each read whether the manifest is still the same;
    /// <see cref="Timeout.InfiniteTimeSpan"/> never asks, for a database that nobody else writes to.
    /// </summary>
    public TimeSpan MaxStaleness { get; init; }

    /// <summary>
    /// Whether a database is created by its first commit, which then is its first version, and not before. Who else creates it meanwhile is found then:
    /// the commit fails.
    /// </summary>
    public bool IsCreatedByCommit { get; init; }
}

namespace OcdbtSharp.Ocdbt;

/// <summary>Which versions of a database are kept: those that either rule keeps, and always the latest.</summary>
public sealed record OcdbtRetention
{
    /// <summary>Keeps so many of the newest versions; null for no rule by number.</summary>
    public int? Count { get; init; }

    /// <summary>Keeps the versions committed since then; null for no rule by age.</summary>
    public DateTimeOffset? Since { get; init; }

    internal ulong SinceNanoseconds => Since is not { } since ? ulong.MaxValue
        : since <= DateTimeOffset.UnixEpoch ? 0
        : (ulong)(since - DateTimeOffset.UnixEpoch).Ticks * 100;

    /// <exception cref="ArgumentException">There is no rule, or one that keeps nothing.</exception>
    internal void Check()
    {
        if (Count is null && Since is null)
        {
            throw new ArgumentException("Say how many versions to keep, or since when.");
        }

        if (Count < 1)
        {
            throw new ArgumentException($"The latest version is always kept: {Count} versions are too few.");
        }
    }
}

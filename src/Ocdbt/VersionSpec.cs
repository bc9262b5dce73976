using System.Globalization;

namespace OcdbtSharp.Ocdbt;

/// <summary>Which version of a database is meant: a generation number, or the last one up to a commit time.</summary>
public readonly record struct VersionSpec
{
    private const int NanosecondDigits = 9;
    private const ulong NanosecondsPerSecond = 1_000_000_000;

    // The first second whose nanoseconds do not fit into 64 bits.
    private static readonly DateTime End = DateTime.UnixEpoch.AddSeconds(ulong.MaxValue / NanosecondsPerSecond);

    /// <summary>The generation number; null where a commit time is meant.</summary>
    public ulong? Generation { get; private init; }

    /// <summary>Nanoseconds since 1970-01-01T00:00:00Z; null where a generation is meant.</summary>
    public ulong? CommitTime { get; private init; }

    /// <summary>The version with a generation number.</summary>
    public static VersionSpec OfGeneration(ulong generation) => new() { Generation = generation };

    /// <summary>The last version that was committed at a time or before it.</summary>
    /// <param name="nanoseconds">Nanoseconds since 1970-01-01T00:00:00Z.</param>
    public static VersionSpec OfCommitTime(ulong nanoseconds) => new() { CommitTime = nanoseconds };

    /// <summary>Reads <c>v10</c>, <c>10</c>, or a time in UTC such as <c>2026-01-31T12:00:00.123456789Z</c>; each may begin with <c>@</c>.</summary>
    /// <exception cref="FormatException">It is none of these.</exception>
    public static VersionSpec Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string bare = text.StartsWith('@') ? text[1..] : text;
        string digits = bare.StartsWith('v') ? bare[1..] : bare;
        if (ulong.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out ulong generation) && generation > 0)
        {
            return OfGeneration(generation);
        }

        string whole = bare.EndsWith('Z') ? bare[..^1] : bare;
        int point = whole.IndexOf('.', StringComparison.Ordinal);
        string fraction = point < 0 ? "" : whole[(point + 1)..];
        ulong nanoseconds = 0;
        if (bare.EndsWith('Z') && fraction.Length <= NanosecondDigits
            && (point < 0 || ulong.TryParse(fraction.PadRight(NanosecondDigits, '0'), NumberStyles.None, CultureInfo.InvariantCulture, out nanoseconds))
            && DateTime.TryParseExact(
                point < 0 ? whole : whole[..point], "yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture,
                DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out DateTime time)
            && time >= DateTime.UnixEpoch && time < End)
        {
            return OfCommitTime((ulong)((time - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerSecond) * NanosecondsPerSecond + nanoseconds);
        }

        throw new FormatException($"'{text}' is no version: give v10, 10, or a time such as 2026-01-31T12:00:00.123456789Z.");
    }
}

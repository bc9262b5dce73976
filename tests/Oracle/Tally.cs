using System.Collections.Concurrent;
using System.Globalization;

namespace OcdbtSharp.Oracle.Tests;

/// <summary>How often what was compared, told at the end of the run.</summary>
internal static class Tally
{
    private static readonly ConcurrentDictionary<string, int> Counts = new(StringComparer.Ordinal);

    /// <summary>Counts comparisons.</summary>
    /// <param name="what">What was compared, in the plural: "trees saved here, restored there".</param>
    /// <param name="count">How many.</param>
    public static void Add(string what, int count = 1) => Counts.AddOrUpdate(what, count, (_, before) => before + count);

    /// <summary>One line for each kind of comparison.</summary>
    public static IEnumerable<string> Lines() =>
        Counts.OrderBy(entry => entry.Key, StringComparer.Ordinal).Select(entry => string.Create(CultureInfo.InvariantCulture, $"{entry.Value,7} {entry.Key}"));
}

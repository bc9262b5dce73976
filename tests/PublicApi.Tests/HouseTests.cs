using System.Text.RegularExpressions;

namespace OcdbtSharp.PublicApi.Tests;

/// <summary>Rules of the house that no compiler keeps.</summary>
public sealed partial class HouseTests
{
    private const int MostLines = 500;

    private static IEnumerable<string> Sources => Directory.EnumerateFiles(Path.Combine(ReadmeTests.Root, "src"), "*.cs", SearchOption.AllDirectories);

    [Test]
    public void No_file_is_long() =>
        Assert.That(Sources.Where(path => File.ReadAllLines(path).Length > MostLines), Is.Empty);

    [Test]
    public void Formats_and_codecs_wait_for_nothing() =>
        Assert.That(Sources.Where(path => path.Contains("/Format/", StringComparison.Ordinal) || path.Contains("/Codecs/", StringComparison.Ordinal))
            .Where(path => File.ReadAllLines(path).Any(line => Waiting().IsMatch(line) && !line.TrimStart().StartsWith("//", StringComparison.Ordinal))), Is.Empty);

    [GeneratedRegex(@"\b(async|await|Task|ValueTask)\b", RegexOptions.CultureInvariant)]
    private static partial Regex Waiting();
}

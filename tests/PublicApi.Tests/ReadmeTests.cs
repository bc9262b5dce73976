namespace OcdbtSharp.PublicApi.Tests;

/// <summary>The README and the examples that are compiled and run stay the same.</summary>
public sealed class ReadmeTests
{
    private const string Fence = "```";

    /// <summary>The folder in which the README lies.</summary>
    public static string Root { get; } = FindRoot();

    [Test]
    public void Every_example_is_compiled_and_run()
    {
        string source = Normalized(File.ReadAllLines(Path.Combine(Root, "tests", "PublicApi.Tests", "ReadmeExamples.cs")));
        string[][] blocks = [.. Blocks(File.ReadAllLines(Path.Combine(Root, "README.md")))];
        Assert.That(blocks, Is.Not.Empty);
        foreach (string[] block in blocks)
        {
            Assert.That(source, Does.Contain(Normalized(block)), string.Join('\n', block));
        }
    }

    private static IEnumerable<string[]> Blocks(string[] lines)
    {
        for (int start = Array.IndexOf(lines, Fence + "csharp"); start >= 0; start = Array.IndexOf(lines, Fence + "csharp", start + 1))
        {
            int end = Array.IndexOf(lines, Fence, start);
            yield return lines[(start + 1)..end];
        }
    }

    // How far a line is indented does not count.
    private static string Normalized(string[] lines) => string.Join('\n', lines.Select(line => line.Trim()));

    private static string FindRoot()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "OcdbtSharp.sln")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return folder ?? throw new DirectoryNotFoundException("The tests do not lie below the repository.");
    }
}

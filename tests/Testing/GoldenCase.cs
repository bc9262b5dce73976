using System.Runtime.CompilerServices;
using System.Text.Json;

namespace OcdbtSharp.Testing;

/// <summary>A case of the golden data: a folder with what a reference implementation wrote and what a correct reader finds in it.</summary>
public sealed class GoldenCase
{
    private GoldenCase(string folder) => Folder = folder;

    /// <summary>Where the golden data lies: <c>OCDBTSHARP_TESTDATA</c>, else <c>testdata/</c> of this repository.</summary>
    public static string Root { get; } = Environment.GetEnvironmentVariable("OCDBTSHARP_TESTDATA") is { Length: > 0 } set ? set : FindRoot();

    /// <summary>The folder of the case.</summary>
    public string Folder { get; }

    /// <summary>The name of the case.</summary>
    public string Name => Path.GetFileName(Folder);

    /// <summary>The folder with the data.</summary>
    public string Data => Path.Combine(Folder, "data");

    /// <summary>All cases of a family (<c>ocdbt</c>, <c>zarr2</c>, <c>zarr3</c>, <c>orbax</c>), as NUnit test cases named after their folders.</summary>
    public static IEnumerable<TestCaseData> Family(string family)
    {
        string[] folders = Directory.GetDirectories(Path.Combine(Root, family));
        Array.Sort(folders, StringComparer.Ordinal);
        return folders.Select(folder => new TestCaseData(new GoldenCase(folder)).SetArgDisplayNames(Path.GetFileName(folder)));
    }

    /// <summary>What a correct reader finds.</summary>
    public JsonElement Expect()
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Folder, "expect.json")));
        return document.RootElement.Clone();
    }

    /// <summary>The bytes of a file of the case.</summary>
    public byte[] ReadFile(string relativePath) => File.ReadAllBytes(Path.Combine(Folder, relativePath));

    /// <inheritdoc/>
    public override string ToString() => Name;

    private static string FindRoot([CallerFilePath] string source = "")
    {
        for (string? folder = Path.GetDirectoryName(source); folder is not null; folder = Path.GetDirectoryName(folder))
        {
            string candidate = Path.Combine(folder, "testdata");
            if (Directory.Exists(Path.Combine(candidate, "ocdbt")))
            {
                return candidate;
            }
        }

        // Deterministic builds rewrite source paths, so the folder of the test program is tried too.
        for (string? folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            string candidate = Path.Combine(folder, "testdata");
            if (Directory.Exists(Path.Combine(candidate, "ocdbt")))
            {
                return candidate;
            }
        }

        throw new DirectoryNotFoundException("No testdata/ above the tests. Set OCDBTSHARP_TESTDATA to it.");
    }
}

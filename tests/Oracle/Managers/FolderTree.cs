namespace OcdbtSharp.Oracle.Tests.Managers;

/// <summary>What lies in the root of a manager, arrays aside.</summary>
internal static class FolderTree
{
    private static readonly string[] Texts = ["_CHECKPOINT_METADATA", "_ROOT_METADATA", "metrics/metrics", "info/metadata"];

    /// <summary>Every file in order, those with few words as they are. Data files of arrays have random names and are left out.</summary>
    public static string[] Describe(string root) =>
    [
        .. Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories)
            .Select(file => (Name: Path.GetRelativePath(root, file), Path: file))
            .Where(file => Path.GetFileName(Path.GetDirectoryName(file.Path)) != "d")
            .OrderBy(file => file.Name, StringComparer.Ordinal)
            .Select(file => Texts.Any(file.Name.EndsWith) ? $"{file.Name}: {File.ReadAllText(file.Path)}" : file.Name),
    ];

    /// <summary>Copies a folder.</summary>
    public static void Copy(string source, string target)
    {
        Directory.CreateDirectory(target);
        foreach (string folder in Directory.GetDirectories(source, "*", SearchOption.AllDirectories))
        {
            Directory.CreateDirectory(Path.Combine(target, Path.GetRelativePath(source, folder)));
        }

        foreach (string file in Directory.GetFiles(source, "*", SearchOption.AllDirectories))
        {
            File.Copy(file, Path.Combine(target, Path.GetRelativePath(source, file)), overwrite: true);
        }
    }

    /// <summary>Says of everything in a folder, and of itself, that it was changed at a time.</summary>
    public static void SetTimes(string folder, DateTimeOffset time)
    {
        foreach (string entry in Directory.GetFiles(folder, "*", SearchOption.AllDirectories))
        {
            File.SetLastWriteTimeUtc(entry, time.UtcDateTime);
        }

        Directory.SetLastWriteTimeUtc(folder, time.UtcDateTime);
    }
}

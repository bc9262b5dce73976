namespace OcdbtSharp.KvStore.Files;

/// <summary>Files of values that are being written piece by piece, or that were when their writer was killed. They are no keys of the store.</summary>
internal static class UnfinishedWrites
{
    private const int UniquePartLength = 32;

    /// <summary>What comes behind the key in the name of such a file.</summary>
    public static string NewSuffix() => $".{Guid.NewGuid():n}{FilePath.LockSuffix}";

    /// <summary>The unfinished values whose keys lie directly in a folder and begin with a prefix.</summary>
    /// <param name="root">The folder of the store; ends in a separator.</param>
    /// <param name="prefix">The prefix; its last slash ends the folder.</param>
    /// <returns>For each the key that it would have, and the file.</returns>
    public static IEnumerable<(Key Key, FileInfo File)> List(string root, Key prefix)
    {
        string text = prefix.ToString();
        string folder = text[..(text.LastIndexOf('/') + 1)];
        DirectoryInfo directory = new(root + folder);
        if (!directory.Exists)
        {
            yield break;
        }

        foreach (FileInfo file in directory.EnumerateFiles(text[folder.Length..] + "*" + FilePath.LockSuffix))
        {
            string name = file.Name[..^FilePath.LockSuffix.Length];
            int end = name.Length - UniquePartLength - 1;
            if (end > 0 && name[end] == '.' && Guid.TryParseExact(name.AsSpan(end + 1), "N", out _))
            {
                yield return (folder + name[..end], file);
            }
        }
    }
}

using System.IO.Enumeration;

namespace OcdbtSharp.KvStore.Files;

/// <summary>The files below a folder as keys, in the order of keys, without those that hold no value (lock files).</summary>
internal static class FolderListing
{
    private static readonly EnumerationOptions Options = new()
    {
        AttributesToSkip = 0,
        IgnoreInaccessible = false,
        MatchType = MatchType.Simple,
        ReturnSpecialDirectories = false,
    };

    /// <summary>Lists the keys of a range. Folders that hold none of them are not opened.</summary>
    /// <param name="root">The folder of the store; ends in a separator.</param>
    /// <param name="range">The keys to list.</param>
    public static IEnumerable<ListEntry> List(string root, KeyRange range)
    {
        Key start = CommonFolder(range);
        if (range.IsEmpty || (start.Length > 0 && !FilePath.IsValid(new Key(start.Bytes[..^1]))))
        {
            yield break;
        }

        // One sorted folder for each level that is being walked.
        Stack<(Key Prefix, List<Entry> Entries, int Next)> levels = new();
        levels.Push((start, Read(root + start), 0));
        while (levels.TryPop(out (Key Prefix, List<Entry> Entries, int Next) level))
        {
            if (level.Next == level.Entries.Count)
            {
                continue;
            }

            levels.Push(level with { Next = level.Next + 1 });
            Entry entry = level.Entries[level.Next];
            Key key = level.Prefix.Append(entry.Name);
            if (entry.IsFolder)
            {
                if (!range.Intersect(KeyRange.Prefix(key)).IsEmpty)
                {
                    levels.Push((key, Read(root + key), 0));
                }
            }
            else if (range.Contains(key))
            {
                yield return new ListEntry(key, entry.Length, entry.Modified);
            }
        }
    }

    /// <summary>Lists the keys of one folder, and the folders in it that hold a key.</summary>
    /// <param name="root">The folder of the store; ends in a separator.</param>
    /// <param name="prefix">What the keys begin with.</param>
    public static IEnumerable<ListEntry> ListFolder(string root, Key prefix)
    {
        Key folder = new(prefix.Bytes[..(prefix.Span.LastIndexOf((byte)'/') + 1)]);
        if (folder.Length > 0 && !FilePath.IsValid(new Key(folder.Bytes[..^1])))
        {
            yield break;
        }

        foreach (Entry entry in Read(root + folder))
        {
            Key key = folder.Append(entry.Name);
            if (key.StartsWith(prefix) && (!entry.IsFolder || HoldsKey(root + key)))
            {
                yield return new ListEntry(key, entry.Length, entry.IsFolder ? null : entry.Modified);
            }
        }
    }

    /// <summary>Whether there is a file in a folder or below it. Mostly one of the first entries tells.</summary>
    private static bool HoldsKey(string folder)
    {
        try
        {
            List<string> folders = [];
            foreach ((string name, bool isFolder) in new FileSystemEnumerable<(string Name, bool IsFolder)>(folder, NameOf, Options))
            {
                if (!isFolder && name.Length > 0)
                {
                    return true;
                }

                if (isFolder)
                {
                    folders.Add(name);
                }
            }

            return folders.Exists(name => HoldsKey(Path.Join(folder, name)));
        }
        catch (DirectoryNotFoundException)
        {
            return false;
        }
    }

    private static (string Name, bool IsFolder) NameOf(ref FileSystemEntry entry) =>
        (entry.Attributes & FileAttributes.ReparsePoint) != 0 ? (Transform(ref entry).Name.ToString(), false)
        : entry.IsDirectory ? (entry.FileName.ToString(), true)
        : (entry.FileName.EndsWith(FilePath.LockSuffix, StringComparison.Ordinal) ? "" : entry.FileName.ToString(), false);

    /// <summary>What lies directly in a folder, in order.</summary>
    /// <param name="root">The folder of the store; ends in a separator.</param>
    /// <param name="folder">The folder to read, as a prefix that ends in <c>/</c> or is empty.</param>
    public static IEnumerable<(Key Key, bool IsFolder)> Children(string root, Key folder) =>
        Read(root + folder).Select(entry => (folder.Append(entry.Name), entry.IsFolder));

    /// <summary>The longest prefix of all keys of the range that ends in <c>/</c>.</summary>
    public static Key CommonFolder(KeyRange range)
    {
        ReadOnlyMemory<byte> min = range.InclusiveMin.Bytes;
        for (int length = min.Length; length > 0; length--)
        {
            Key prefix = new(min[..length]);
            if (min.Span[length - 1] == (byte)'/' && range == range.Intersect(KeyRange.Prefix(prefix)))
            {
                return prefix;
            }
        }

        return Key.Empty;
    }

    private static List<Entry> Read(string folder)
    {
        if (!Directory.Exists(folder))
        {
            return [];
        }

        try
        {
            FileSystemEnumerable<Entry> found = new(folder, Transform, Options);
            List<Entry> entries = [.. found.Where(entry => entry.Name.Length > 0)];
            entries.Sort(static (left, right) => left.Name.CompareTo(right.Name));
            return entries;
        }
        catch (DirectoryNotFoundException)
        {
            // Another process may delete a folder at any time.
            return [];
        }
    }

    // A folder sorts as its name and a slash, because its keys do.
    private static Entry Transform(ref FileSystemEntry entry)
    {
        bool isLink = (entry.Attributes & FileAttributes.ReparsePoint) != 0;
        if (entry.IsDirectory)
        {
            // Linked folders are not walked: they could lead in circles or out of the store.
            return isLink ? default : new Entry(new Key(string.Concat(entry.FileName, "/")), -1, default);
        }

        if (entry.FileName.EndsWith(FilePath.LockSuffix, StringComparison.Ordinal))
        {
            return default;
        }

        long length = entry.Length;
        DateTimeOffset modified = entry.LastWriteTimeUtc;
        if (isLink || length == 0)
        {
            // A link has a length of its own, and what is neither file nor folder has none.
            if (!FileIdentity.TryGet(entry.ToFullPath(), out FileIdentity target))
            {
                return default;
            }

            length = target.Length;
            modified = DateTimeOffset.UnixEpoch.AddTicks(target.Modified / FileIdentity.NanosecondsPerTick);
        }

        return new Entry(new Key(entry.FileName.ToString()), length, modified);
    }

    /// <param name="Name">The name, with a slash behind it where it is a folder's; empty for what is not listed.</param>
    /// <param name="Length">Length in bytes; -1 for a folder.</param>
    /// <param name="Modified">When a file was written.</param>
    private readonly record struct Entry(Key Name, long Length, DateTimeOffset Modified)
    {
        public bool IsFolder => Length < 0;
    }
}

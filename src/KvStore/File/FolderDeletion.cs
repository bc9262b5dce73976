namespace OcdbtSharp.KvStore.Files;

/// <summary>Deletes the files of a range of keys, and the folders that hold nothing else.</summary>
internal static class FolderDeletion
{
    /// <param name="root">The folder of the store, which stays; ends in a separator.</param>
    /// <param name="range">The keys to delete.</param>
    /// <param name="cancellationToken">Gives up between two files.</param>
    public static void Delete(string root, KeyRange range, CancellationToken cancellationToken)
    {
        // Only the way to the folder that all keys lie in is looked at, not what lies beside it.
        Key folder = FolderListing.CommonFolder(range);
        if (range.IsEmpty || !IsFolder(root, folder))
        {
            return;
        }

        if (folder.Length > 0 && range == KeyRange.Prefix(folder))
        {
            Directory.Delete(root + folder, recursive: true);
            DurableFile.FlushFolder(DurableFile.FolderOf(Path.TrimEndingDirectorySeparator(root + folder)));
        }
        else
        {
            DeleteBelow(root, folder, range, cancellationToken);
        }
    }

    /// <summary>Whether a folder can be reached without following links, which could lead out of the store.</summary>
    private static bool IsFolder(string root, Key folder)
    {
        if (!Directory.Exists(root) || (folder.Length > 0 && !FilePath.IsValid(new Key(folder.Bytes[..^1]))))
        {
            return false;
        }

        for (int end = 0; end < folder.Length; end++)
        {
            if (folder.Span[end] == (byte)'/')
            {
                DirectoryInfo on = new(root + new Key(folder.Bytes[..end]));
                if (!on.Exists || on.LinkTarget is not null)
                {
                    return false;
                }
            }
        }

        return true;
    }

    private static void DeleteBelow(string root, Key folder, KeyRange range, CancellationToken cancellationToken)
    {
        bool deleted = false;
        foreach ((Key key, bool isFolder) in FolderListing.Children(root, folder))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!isFolder)
            {
                if (range.Contains(key))
                {
                    File.Delete(root + key);
                    deleted = true;
                }

                continue;
            }

            KeyRange below = KeyRange.Prefix(key);
            KeyRange asked = range.Intersect(below);
            if (asked == below)
            {
                Directory.Delete(root + key, recursive: true);
                deleted = true;
            }
            else if (!asked.IsEmpty)
            {
                DeleteBelow(root, key, range, cancellationToken);
            }
        }

        if (deleted)
        {
            DurableFile.FlushFolder(root + folder);
        }
    }
}

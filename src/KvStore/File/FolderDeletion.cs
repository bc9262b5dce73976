namespace OcdbtSharp.KvStore.Files;

/// <summary>Deletes the files of a range of keys, and the folders that hold nothing else.</summary>
internal static class FolderDeletion
{
    /// <param name="root">The folder of the store, which stays; ends in a separator.</param>
    /// <param name="range">The keys to delete.</param>
    /// <param name="cancellationToken">Gives up between two files.</param>
    public static void Delete(string root, KeyRange range, CancellationToken cancellationToken)
    {
        if (Directory.Exists(root) && !range.IsEmpty)
        {
            DeleteBelow(root, Key.Empty, range, cancellationToken);
        }
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

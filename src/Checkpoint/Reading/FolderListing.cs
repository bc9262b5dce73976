using OcdbtSharp.KvStore;

namespace OcdbtSharp.Checkpoint.Reading;

/// <summary>The files and folders directly below the root of a store.</summary>
internal sealed class FolderListing
{
    // Below a folder with more keys than this, a new listing behind the folder is cheaper than walking through it.
    private const int KeysToWalk = 64;

    // What a checkpoint may begin with; asked for one by one where a store cannot list.
    private static readonly string[] _knownFiles =
    [
        CheckpointLayout.TreeMetadataFile, CheckpointLayout.StepMetadataFile, CheckpointLayout.AggregateFile, CheckpointLayout.OcdbtManifestFile,
        CheckpointLayout.CommitSuccessFile, CheckpointLayout.V1MarkerFile, CheckpointLayout.Zarr2ArrayFile, CheckpointLayout.Zarr2GroupFile,
        CheckpointLayout.Zarr3File, CheckpointLayout.JsonFile, CheckpointLayout.V1JsonFile, CheckpointLayout.MetricsName,
    ];

    private FolderListing(HashSet<string> files, IReadOnlyList<string> folders)
    {
        Files = files;
        Folders = folders;
    }

    /// <summary>The names of the files.</summary>
    public IReadOnlySet<string> Files { get; }

    /// <summary>The names of the folders in the order of their bytes; a folder with nothing in it is not seen.</summary>
    public IReadOnlyList<string> Folders { get; }

    /// <summary>Whether there is neither a file nor a folder.</summary>
    public bool IsEmpty => Files.Count == 0 && Folders.Count == 0;

    /// <summary>Whether a file has this name.</summary>
    public bool Has(string file) => Files.Contains(file);

    /// <summary>Lists a store.</summary>
    public static async ValueTask<FolderListing> ReadAsync(IKvStore store, CancellationToken cancellationToken)
    {
        HashSet<string> files = new(StringComparer.Ordinal);
        List<string> folders = [];
        if (!store.Capabilities.HasFlag(KvStoreCapabilities.List))
        {
            foreach (string file in _knownFiles)
            {
                if ((await store.StatAsync(file, cancellationToken).ConfigureAwait(false)).HasValue)
                {
                    files.Add(file);
                }
            }

            return new FolderListing(files, folders);
        }

        for (Key? next = Key.Empty; next is { } min;)
        {
            next = await WalkAsync(store, new KeyRange(min, null), files, folders, cancellationToken).ConfigureAwait(false);
        }

        return new FolderListing(files, folders);
    }

    /// <summary>Walks through the keys of a range.</summary>
    /// <returns>Where to go on behind a folder with many keys; null at the end.</returns>
    private static async ValueTask<Key?> WalkAsync(
        IKvStore store, KeyRange range, HashSet<string> files, List<string> folders, CancellationToken cancellationToken)
    {
        Key folder = default;
        int keysInFolder = 0;
        await foreach (ListEntry entry in store.ListAsync(range, cancellationToken).ConfigureAwait(false))
        {
            int slash = entry.Key.Bytes.Span.IndexOf((byte)'/');
            if (slash < 0)
            {
                files.Add(entry.Key.ToString());
                continue;
            }

            Key parent = new(entry.Key.Bytes[..(slash + 1)]);
            if (keysInFolder > 0 && parent == folder)
            {
                if (++keysInFolder > KeysToWalk)
                {
                    return folder.PrefixSuccessor();
                }
            }
            else
            {
                folder = parent;
                keysInFolder = 1;
                folders.Add(new Key(parent.Bytes[..slash]).ToString());
            }
        }

        return null;
    }
}

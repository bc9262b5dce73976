using OcdbtSharp.KvStore;

namespace OcdbtSharp.Checkpoint.Reading;

/// <summary>The files and folders directly below the root of a store.</summary>
internal sealed class FolderListing
{
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

        await foreach (ListEntry entry in store.ListFolderAsync(default, cancellationToken).ConfigureAwait(false))
        {
            string name = entry.Key.ToString();
            if (name.EndsWith('/'))
            {
                folders.Add(name[..^1]);
            }
            else
            {
                files.Add(name);
            }
        }

        return new FolderListing(files, folders);
    }
}

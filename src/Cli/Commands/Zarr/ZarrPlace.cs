using OcdbtSharp.KvStore;
using OcdbtSharp.Ocdbt;

namespace OcdbtSharp.Cli.Commands.Zarr;

/// <summary>Finds the store of an array or a group: a folder, or a path in an OCDBT database, as if the database were a folder.</summary>
internal static class ZarrPlace
{
    private const string ManifestName = "manifest.ocdbt";

    /// <summary>Splits a path into a database and a path within it; the database is null where there is none.</summary>
    public static (string? Database, string Inner) Split(string path)
    {
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        for (string? folder = full; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, ManifestName)))
            {
                return (folder, Path.GetRelativePath(folder, full) is "." ? "" : Path.GetRelativePath(folder, full).Replace('\\', '/'));
            }

            if (Directory.Exists(folder))
            {
                // Below a folder that exists and is no database, nothing belongs to a database further up.
                break;
            }
        }

        return (null, full);
    }

    /// <summary>The store whose root is what a path names, for reading.</summary>
    /// <exception cref="StorageException">There is nothing.</exception>
    public static async Task<IKvStore> OpenAsync(string path, CancellationToken cancellationToken)
    {
        (string? database, string inner) = Split(path);
        if (database is not null)
        {
            OcdbtStore store = await OcdbtStore.OpenAsync(new FileKvStore(database), cancellationToken: cancellationToken);
            return inner.Length == 0 ? store : store.WithPrefix(inner + "/");
        }

        return Directory.Exists(inner) ? new FileKvStore(inner) : throw new StorageException("There is no such folder.", path);
    }
}

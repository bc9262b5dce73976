using System.Buffers;

namespace OcdbtSharp.KvStore.Files;

/// <summary>
/// Replaces and deletes files so that a reader sees the old bytes or the new ones, never a part, and so that neither a crash nor a
/// loss of power undoes what was reported as done: write to the lock file, flush it, rename it over the path, flush the folder.
/// </summary>
internal static class DurableFile
{
    /// <summary>Writes a file as a whole, if the condition holds.</summary>
    /// <returns>The new identity; null where the condition did not hold.</returns>
    public static FileIdentity? Write(string path, ReadOnlySequence<byte> value, StorageGeneration ifEqual, CancellationToken cancellationToken)
    {
        string folder = FolderOf(path);
        CreateFolder(folder);
        using FileLock held = FileLock.Acquire(path + FilePath.LockSuffix, cancellationToken);
        bool renamed = false;
        try
        {
            FileIdentity? current = FileIdentity.TryGet(path, out FileIdentity found) ? found : null;
            if (!Holds(ifEqual, current))
            {
                return null;
            }

            // The lock file may hold what a writer left that was killed.
            RandomAccess.SetLength(held.Handle, 0);
            WriteAll(held, value);
            EnsureNewer(held, current);
            RandomAccess.FlushToDisk(held.Handle);
            FileIdentity? written = FileIdentity.Of(held.Handle, held.Path);
            File.Move(held.Path, path, overwrite: true);
            renamed = true;
            FlushFolder(folder);
            return written;
        }
        finally
        {
            if (!renamed)
            {
                File.Delete(held.Path);
            }
        }
    }

    /// <summary>Deletes a file, if the condition holds; a missing file is already deleted.</summary>
    /// <returns>Whether the condition held.</returns>
    public static bool Delete(string path, StorageGeneration ifEqual, CancellationToken cancellationToken)
    {
        string folder = FolderOf(path);
        if (!Directory.Exists(folder))
        {
            return Holds(ifEqual, null);
        }

        using FileLock held = FileLock.Acquire(path + FilePath.LockSuffix, cancellationToken);
        try
        {
            bool exists = FileIdentity.TryGet(path, out FileIdentity current);
            if (!Holds(ifEqual, exists ? current : null))
            {
                return false;
            }

            if (exists)
            {
                File.Delete(path);
            }
        }
        finally
        {
            File.Delete(held.Path);
        }

        FlushFolder(folder);
        return true;
    }

    /// <summary>Creates a folder and those above it, durably.</summary>
    public static void CreateFolder(string folder)
    {
        if (Directory.Exists(folder))
        {
            return;
        }

        string? above = Path.GetDirectoryName(folder);
        if (above is { Length: > 0 })
        {
            CreateFolder(above);
        }

        Directory.CreateDirectory(folder);
        if (above is { Length: > 0 })
        {
            FlushFolder(above);
        }
    }

    /// <summary>Makes the names in a folder durable. Windows has no such call and needs none.</summary>
    public static void FlushFolder(string folder)
    {
        if (!OperatingSystem.IsWindows())
        {
            LibC.FlushDirectory(folder);
        }
    }

    public static string FolderOf(string path) => Path.GetDirectoryName(path)!;

    private static bool Holds(StorageGeneration ifEqual, FileIdentity? current) =>
        ifEqual.IsUnknown || ifEqual == (current?.ToGeneration() ?? StorageGeneration.NoValue);

    private static void WriteAll(FileLock file, ReadOnlySequence<byte> value)
    {
        using DirectWriter writer = new(file.Handle, file.Path);
        long offset = 0;
        foreach (ReadOnlyMemory<byte> part in value)
        {
            writer.Write(part.Span, offset);
            offset += part.Length;
        }
    }

    /// <summary>
    /// Moves the time of the new file behind that of the one it replaces: the system's clock may stand still between two writes, and an
    /// inode may be used again, but no two generations of a key may be equal.
    /// </summary>
    private static void EnsureNewer(FileLock file, FileIdentity? current)
    {
        if (current is { } old && FileIdentity.Of(file.Handle, file.Path) is { } written && written.Modified <= old.Modified)
        {
            long ticks = (old.Modified / FileIdentity.NanosecondsPerTick) + 1;
            File.SetLastWriteTimeUtc(file.Handle, DateTime.UnixEpoch.AddTicks(ticks));
        }
    }
}

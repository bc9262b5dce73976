using OcdbtSharp.KvStore.Files;

namespace OcdbtSharp.Checkpoint.Formats;

/// <summary>The file or folder that an export makes: written beside its place under a name of its own, and moved there when it is complete.</summary>
internal sealed class ExportTarget : IDisposable
{
    private readonly string _path;
    private readonly bool _overwrite;

    private ExportTarget(string path, bool overwrite)
    {
        _path = path;
        _overwrite = overwrite;
        PartialPath = $"{path}.{Guid.NewGuid():n}.partial";
    }

    /// <summary>Where to write.</summary>
    public string PartialPath { get; }

    /// <summary>Checks that something may be put under a name.</summary>
    /// <exception cref="IOException">Something is there already.</exception>
    public static ExportTarget Create(string path, bool overwrite)
    {
        ExportTarget target = new(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)), overwrite);
        target.CheckPlace();
        DurableFile.CreateFolder(DurableFile.FolderOf(target._path));
        return target;
    }

    /// <summary>Puts what was written in its place.</summary>
    public void Commit()
    {
        // Something may have come there in the meantime.
        CheckPlace();
        string? replaced = null;
        if (Directory.Exists(_path))
        {
            Directory.Move(_path, replaced = $"{_path}.{Guid.NewGuid():n}.replaced");
        }

        if (Directory.Exists(PartialPath))
        {
            File.Delete(_path);
            Directory.Move(PartialPath, _path);
        }
        else
        {
            File.Move(PartialPath, _path, overwrite: true);
        }

        DurableFile.FlushFolder(DurableFile.FolderOf(_path));
        if (replaced is not null)
        {
            Directory.Delete(replaced, recursive: true);
        }
    }

    /// <summary>Deletes what was written and not put in its place.</summary>
    public void Dispose()
    {
        if (Directory.Exists(PartialPath))
        {
            Directory.Delete(PartialPath, recursive: true);
        }
        else
        {
            File.Delete(PartialPath);
        }
    }

    private void CheckPlace()
    {
        bool isFolder = Directory.Exists(_path);
        if (!isFolder && !File.Exists(_path))
        {
            return;
        }

        string? foreign = isFolder ? Directory.EnumerateFileSystemEntries(_path).FirstOrDefault(entry => !_overwrite || !IsNpyFile(entry)) : null;
        if (foreign is not null && _overwrite)
        {
            throw new IOException($"{_path} is not replaced: it is a folder with {Path.GetFileName(foreign)} in it, which no export wrote.");
        }

        if (foreign is not null || (!isFolder && !_overwrite))
        {
            throw new IOException($"{_path} exists already: name another output, or ask for it to be replaced (--force).");
        }
    }

    private static bool IsNpyFile(string path) => path.EndsWith(NpyFolder.Extension, StringComparison.Ordinal) && File.Exists(path);
}

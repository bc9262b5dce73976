using Microsoft.Win32.SafeHandles;

namespace OcdbtSharp.KvStore.Files;

/// <summary>
/// Files kept open between reads: checkpoints have few and large data files, of which thousands of parts are read. At most
/// <paramref name="capacity"/> of them, the least recently used closed first; one that is being read is closed when its last reader leaves.
/// </summary>
internal sealed class OpenFileCache(int capacity)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, LinkedListNode<OpenFile>> _byPath = new(StringComparer.Ordinal);
    private readonly LinkedList<OpenFile> _byUse = [];

    /// <summary>The number of files held open.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _byUse.Count;
            }
        }
    }

    /// <summary>The cached file, to be released after use; null where it is not cached or has been replaced or deleted since.</summary>
    public OpenFile? TryAcquire(string path)
    {
        OpenFile file;
        lock (_lock)
        {
            if (!_byPath.TryGetValue(path, out LinkedListNode<OpenFile>? node))
            {
                return null;
            }

            _byUse.Remove(node);
            _byUse.AddFirst(node);
            file = node.Value;
            file.AddUser();
        }

        // A path may name another file by now: one status call keeps the answer true.
        if (FileIdentity.TryGet(path, out FileIdentity now) && now == file.Identity)
        {
            return file;
        }

        Remove(file);
        file.Release();
        return null;
    }

    /// <summary>Keeps a file open that the caller has just opened and still uses.</summary>
    public void Add(OpenFile file)
    {
        OpenFile? replaced = null;
        OpenFile? evicted = null;
        lock (_lock)
        {
            if (_byPath.Remove(file.Path, out LinkedListNode<OpenFile>? old))
            {
                _byUse.Remove(old);
                replaced = old.Value;
            }

            file.AddUser();
            _byPath.Add(file.Path, _byUse.AddFirst(file));
            if (_byUse.Count > capacity)
            {
                evicted = _byUse.Last!.Value;
                _byUse.RemoveLast();
                _byPath.Remove(evicted.Path);
            }
        }

        replaced?.Release();
        evicted?.Release();
    }

    /// <summary>Closes every file, as Windows asks before a folder above them can be moved or deleted.</summary>
    public void Clear()
    {
        OpenFile[] files;
        lock (_lock)
        {
            files = [.. _byUse];
            _byUse.Clear();
            _byPath.Clear();
        }

        foreach (OpenFile file in files)
        {
            file.Release();
        }
    }

    private void Remove(OpenFile file)
    {
        lock (_lock)
        {
            if (!_byPath.TryGetValue(file.Path, out LinkedListNode<OpenFile>? node) || node.Value != file)
            {
                return;
            }

            _byPath.Remove(file.Path);
            _byUse.Remove(node);
        }

        file.Release();
    }
}

/// <summary>An open file and how many use it; the last to leave closes it.</summary>
internal sealed class OpenFile
{
    private int _users = 1;

    private OpenFile(string path, SafeFileHandle handle, FileIdentity identity)
    {
        Path = path;
        Handle = handle;
        Identity = identity;
        Generation = identity.ToGeneration();
    }

    public string Path { get; }

    public SafeFileHandle Handle { get; }

    public FileIdentity Identity { get; }

    public StorageGeneration Generation { get; }

    /// <summary>Opens a file for the caller, who must release it; null where there is no regular file.</summary>
    public static OpenFile? TryOpen(string path)
    {
        if (OpenForReading(path) is not { } handle)
        {
            return null;
        }

        FileIdentity? identity = null;
        try
        {
            identity = FileIdentity.Of(handle, path);
            return identity is { } known ? new OpenFile(path, handle, known) : null;
        }
        finally
        {
            if (identity is null)
            {
                handle.Dispose();
            }
        }
    }

    public void AddUser() => Interlocked.Increment(ref _users);

    public void Release()
    {
        if (Interlocked.Decrement(ref _users) == 0)
        {
            Handle.Dispose();
        }
    }

    /// <summary>Fills <paramref name="destination"/> with the bytes from <paramref name="offset"/> on.</summary>
    public void ReadExactly(Span<byte> destination, long offset)
    {
        while (!destination.IsEmpty)
        {
            int read = RandomAccess.Read(Handle, destination, offset);
            if (read == 0)
            {
                throw new StorageException($"The file ends at byte {offset} now; it was cut while it was being read.", Path);
            }

            destination = destination[read..];
            offset += read;
        }
    }

    private static SafeFileHandle? OpenForReading(string path)
    {
        // .NET's own open would also take a shared lock, which costs calls and clashes with writers on some systems.
        if (OperatingSystem.IsLinux())
        {
            return LibC.Open(path, LibC.ReadOnly);
        }

        try
        {
            return File.Exists(path) ? File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete) : null;
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }
}

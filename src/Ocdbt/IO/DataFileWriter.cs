using System.Buffers;
using OcdbtSharp.KvStore;
using OcdbtSharp.Ocdbt.Format;

namespace OcdbtSharp.Ocdbt.IO;

/// <summary>Appends data to data files with random names below a prefix; each is completed once it has reached the target size.</summary>
/// <param name="store">The base store.</param>
/// <param name="prefix">What the names begin with.</param>
/// <param name="targetBytes">Size from which on a file takes no more data; 0 for no such size.</param>
internal sealed class DataFileWriter(IKvStore store, string prefix, long targetBytes)
{
    private readonly Lock _lock = new();
    private DataFile? _current;

    /// <summary>Appends data on behalf of an operation.</summary>
    /// <param name="data">The data; borrowed until the task ends.</param>
    /// <param name="files">The files that the operation has data in; this one is added.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async ValueTask<IndirectDataReference> WriteAsync(ReadOnlySequence<byte> data, DataFileSet files, CancellationToken cancellationToken)
    {
        if (data.IsEmpty)
        {
            return new IndirectDataReference(DataFileId.Empty, 0, 0);
        }

        while (true)
        {
            DataFile file = Current(files);
            if (await file.TryAppendAsync(data, cancellationToken).ConfigureAwait(false) is not { } location)
            {
                continue;
            }

            if (targetBytes > 0 && file.Length >= targetBytes)
            {
                // Whoever has data in the file waits for it when it commits.
                _ = CompleteEarlyAsync(file);
            }

            return location;
        }
    }

    private static async Task CompleteEarlyAsync(DataFile file)
    {
        try
        {
            await file.CompleteAsync().ConfigureAwait(false);
        }
        catch (Exception)
        {
            // Every operation that has data in the file completes it too and sees the failure.
        }
    }

    private DataFile Current(DataFileSet files)
    {
        lock (_lock)
        {
            if (_current is null || !files.TryAdd(_current))
            {
                _current = new DataFile(store, DataFileId.Create(prefix));
                files.TryAdd(_current);
            }

            return _current;
        }
    }
}

/// <summary>The data files that one operation has data in. Disposing of it gives up those that nobody has completed.</summary>
internal sealed class DataFileSet : IDisposable
{
    private readonly Lock _lock = new();
    private readonly HashSet<DataFile> _files = [];

    /// <summary>Adds a file; false where it takes no more data.</summary>
    public bool TryAdd(DataFile file)
    {
        lock (_lock)
        {
            if (_files.Contains(file))
            {
                return !file.IsSealed;
            }

            return file.TryAddUser() && _files.Add(file);
        }
    }

    /// <summary>Whether the operation has data in a file.</summary>
    public bool Contains(DataFileId id)
    {
        lock (_lock)
        {
            return _files.Any(file => ReferenceEquals(file.Id, id));
        }
    }

    /// <summary>Makes all data of the operation durable.</summary>
    /// <exception cref="StorageException">A write failed.</exception>
    public async ValueTask CompleteAsync()
    {
        DataFile[] files;
        lock (_lock)
        {
            files = [.. _files];
        }

        foreach (DataFile file in files)
        {
            await file.CompleteAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Hands all files over to another set.</summary>
    public void MoveTo(DataFileSet other)
    {
        foreach (DataFile file in Take())
        {
            bool isNew;
            lock (other._lock)
            {
                isNew = other._files.Add(file);
            }

            if (!isNew)
            {
                file.Release();
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        DataFile[] files = Take();
        foreach (DataFile file in files)
        {
            file.Release();
        }
    }

    private DataFile[] Take()
    {
        lock (_lock)
        {
            DataFile[] files = [.. _files];
            _files.Clear();
            return files;
        }
    }
}

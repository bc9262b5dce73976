using Microsoft.Win32.SafeHandles;

namespace OcdbtSharp.KvStore.Files;

/// <summary>
/// A file that is being written in pieces: under a name of its own beside the path, renamed over it when it is complete. The name ends as
/// those of lock files do, so that it is no key of the store. Pieces are written on the calling thread.
/// </summary>
internal sealed class PiecewiseFile : ValueWriter
{
    private readonly string _path;
    private readonly string _temporaryPath;
    private readonly SafeFileHandle _handle;
    private readonly DirectWriter _writer;
    private bool _complete;

    private PiecewiseFile(string path, string temporaryPath, SafeFileHandle handle)
    {
        _path = path;
        _temporaryPath = temporaryPath;
        _handle = handle;
        _writer = new DirectWriter(handle, temporaryPath);
    }

    /// <summary>Creates the file.</summary>
    /// <param name="path">Where it is to lie when it is complete.</param>
    public static PiecewiseFile Create(string path)
    {
        DurableFile.CreateFolder(DurableFile.FolderOf(path));
        string temporaryPath = path + UnfinishedWrites.NewSuffix();
        SafeFileHandle handle = File.OpenHandle(temporaryPath, FileMode.CreateNew, FileAccess.Write, FileShare.Read | FileShare.Delete);
        return new PiecewiseFile(path, temporaryPath, handle);
    }

    /// <inheritdoc/>
    public override ValueTask WriteAsync(long offset, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            _writer.Write(bytes.Span, offset);
        }
        catch (Exception exception) when (FileKvStore.IsStorageFailure(exception))
        {
            throw FileKvStore.Failure("write", _path, exception);
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public override async ValueTask<StorageGeneration> CompleteAsync(CancellationToken cancellationToken = default) =>
        await Task.Run(Complete, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public override ValueTask DisposeAsync()
    {
        _writer.Dispose();
        _handle.Dispose();
        if (!_complete)
        {
            File.Delete(_temporaryPath);
        }

        return ValueTask.CompletedTask;
    }

    private StorageGeneration Complete()
    {
        try
        {
            RandomAccess.FlushToDisk(_handle);
            FileIdentity? written = FileIdentity.Of(_handle, _temporaryPath);
            if (OperatingSystem.IsWindows())
            {
                _handle.Dispose();
            }

            File.Move(_temporaryPath, _path, overwrite: true);
            _complete = true;
            DurableFile.FlushFolder(DurableFile.FolderOf(_path));
            return written?.ToGeneration() ?? StorageGeneration.Unknown;
        }
        catch (Exception exception) when (FileKvStore.IsStorageFailure(exception))
        {
            throw FileKvStore.Failure("write", _path, exception);
        }
    }
}

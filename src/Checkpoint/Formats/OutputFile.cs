using Microsoft.Win32.SafeHandles;
using OcdbtSharp.KvStore.Files;

namespace OcdbtSharp.Checkpoint.Formats;

/// <summary>A file whose parts are written in any order, and that is on disk when it is committed.</summary>
internal sealed class OutputFile : IDisposable
{
    private readonly SafeFileHandle _handle;

    private OutputFile(string path)
    {
        _handle = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Read);
        Writer = new DirectWriter(_handle, path);
    }

    /// <summary>Writes parts; safe to use from many threads at once.</summary>
    public DirectWriter Writer { get; }

    /// <summary>Creates the file, which must not exist.</summary>
    public static OutputFile Create(string path) => new(path);

    /// <summary>Makes what was written durable.</summary>
    public void Commit() => RandomAccess.FlushToDisk(_handle);

    /// <inheritdoc/>
    public void Dispose()
    {
        Writer.Dispose();
        _handle.Dispose();
    }
}

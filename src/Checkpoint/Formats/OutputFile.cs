namespace OcdbtSharp.Checkpoint.Formats;

/// <summary>A file that is written from its beginning to its end, and on disk when it is committed.</summary>
internal sealed class OutputFile : IAsyncDisposable
{
    private const int BufferSize = 1 << 20;

    private OutputFile(FileStream stream) => Stream = stream;

    /// <summary>Where to write.</summary>
    public FileStream Stream { get; }

    /// <summary>Creates the file, which must not exist.</summary>
    public static OutputFile Create(string path) => new(new FileStream(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Read, BufferSize));

    /// <summary>Makes what was written durable.</summary>
    public void Commit() => Stream.Flush(flushToDisk: true);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Stream.DisposeAsync();
}

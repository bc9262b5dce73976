namespace OcdbtSharp.Testing;

/// <summary>A new empty folder that is deleted with everything in it.</summary>
public sealed class TemporaryFolder : IDisposable
{
    private const string MemoryFolder = "/dev/shm";

    /// <summary>A folder below the system's folder for temporary files.</summary>
    public TemporaryFolder()
        : this(Directory.CreateTempSubdirectory("ocdbtsharp-").FullName)
    {
    }

    private TemporaryFolder(string path) => Path = path;

    /// <summary>The full path of the folder.</summary>
    public string Path { get; }

    /// <summary>A folder in memory, where the system has such: for tests that flush to disk thousands of times.</summary>
    public static TemporaryFolder InMemory() => Directory.Exists(MemoryFolder)
        ? new TemporaryFolder(Directory.CreateDirectory(System.IO.Path.Combine(MemoryFolder, $"ocdbtsharp-{Guid.NewGuid():n}")).FullName)
        : new TemporaryFolder();

    /// <summary>The full path of something in the folder.</summary>
    public string Combine(params string[] parts) => System.IO.Path.Combine([Path, .. parts]);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Directory.Exists(Path))
        {
            Directory.Delete(Path, recursive: true);
        }
    }
}

using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace OcdbtSharp.KvStore.Files;

/// <summary>
/// The lock file of a path, held by this writer alone. It follows TensorStore's rule, so that its processes and ours can write one
/// database: whoever holds the lock of the file that bears the lock file's name, and nobody else, may delete it or rename it over the path.
/// </summary>
internal sealed class FileLock : IDisposable
{
    private const int BriefWaits = 100;

    private FileLock(string path, SafeFileHandle handle)
    {
        Path = path;
        Handle = handle;
    }

    /// <summary>The path of the lock file.</summary>
    public string Path { get; }

    /// <summary>The lock file, open for writing.</summary>
    public SafeFileHandle Handle { get; }

    /// <summary>Waits for the lock and takes it.</summary>
    /// <param name="lockPath">The lock file; its folder exists.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    public static FileLock Acquire(string lockPath, CancellationToken cancellationToken)
    {
        for (int attempt = 0; ; attempt++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            FileLock candidate = Open(lockPath);
            bool acquired = false;
            try
            {
                // The one who held the lock may have renamed or deleted the file that we opened: then ours guards nothing.
                acquired = candidate.TryLock() && candidate.HasItsName();
            }
            finally
            {
                if (!acquired)
                {
                    candidate.Dispose();
                }
            }

            if (acquired)
            {
                return candidate;
            }

            // Asking anew instead of waiting in the kernel keeps the wait open to cancellation.
            if (cancellationToken.WaitHandle.WaitOne(attempt < BriefWaits ? 1 : 10))
            {
                cancellationToken.ThrowIfCancellationRequested();
            }
        }
    }

    /// <summary>Closes the file, which releases the lock.</summary>
    public void Dispose() => Handle.Dispose();

    private static FileLock Open(string path)
    {
        SafeFileHandle handle = OperatingSystem.IsLinux()
            ? LibC.Open(path, LibC.WriteOnly | LibC.Create)
                ?? throw new StorageException("The folder of this file was deleted while the file was being written.", path)
            : File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
        return new FileLock(path, handle);
    }

    // TensorStore takes the lock of an open file description on Linux: it excludes threads as well as processes and is not lost when
    // another handle of the file is closed, as the older fcntl locks are. On other Unixes it takes flock's, on Windows one byte's.
    private bool TryLock() =>
        OperatingSystem.IsLinux() ? LibC.TryLockOpenFile(Handle)
        : OperatingSystem.IsWindows() ? WindowsLock.TryLock(Handle)
        : LibC.TryLockWholeFile(Handle);

    private bool HasItsName() =>
        FileIdentity.Of(Handle, Path) is { } ours && FileIdentity.TryGet(Path, out FileIdentity named) && ours.IsSameFileAs(named);
}

/// <summary>The lock that TensorStore takes on Windows: one byte, far behind any that a file can have, so that readers are not in its way.</summary>
internal static partial class WindowsLock
{
    public static bool TryLock(SafeFileHandle file) => LockFile(file, 0xFFFFFFFE, 0xFFFFFFFF, 1, 0);

    [LibraryImport("kernel32")]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool LockFile(SafeFileHandle file, uint offsetLow, uint offsetHigh, uint lengthLow, uint lengthHigh);
}

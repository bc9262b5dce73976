using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace OcdbtSharp.Workloads;

/// <summary>The pages of files that Linux keeps in memory.</summary>
internal static partial class PageCache
{
    private const int DontNeed = 4;

    /// <summary>Drops a file, or all files below a folder: what is read next comes from the disk. Pages that are not on the disk yet stay.</summary>
    public static void Drop(string path)
    {
        IEnumerable<string> files = File.Exists(path) ? [path] : Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories);
        foreach (string file in files)
        {
            using SafeFileHandle handle = File.OpenHandle(file);
            int error = Advise((int)handle.DangerousGetHandle(), 0, 0, DontNeed);
            if (error != 0)
            {
                throw new IOException($"{file}: posix_fadvise gives the error {error}.");
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "posix_fadvise")]
    private static partial int Advise(int file, long offset, long length, int advice);
}

using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace OcdbtSharp.KvStore.Files;

/// <summary>
/// What tells one state of one file from every other. Files are replaced, never changed, so it is the generation of the value.
/// </summary>
/// <param name="Volume">The device; 0 where the system does not tell.</param>
/// <param name="Number">The inode; elsewhere than on Linux the time of creation, which .NET can ask for.</param>
/// <param name="Modified">Nanoseconds since 1970.</param>
/// <param name="Length">Length in bytes.</param>
internal readonly record struct FileIdentity(ulong Volume, ulong Number, long Modified, long Length)
{
    /// <summary>Nanoseconds in one unit of <see cref="DateTime"/>.</summary>
    public const int NanosecondsPerTick = 100;

    public StorageGeneration ToGeneration() =>
        new(string.Create(CultureInfo.InvariantCulture, $"{Volume:x}-{Number:x}-{Modified:x}-{Length:x}"));

    /// <summary>The identity of the regular file at <paramref name="path"/>; false where there is none.</summary>
    public static bool TryGet(string path, out FileIdentity identity)
    {
        if (OperatingSystem.IsLinux())
        {
            bool found = LibC.TryStat(path, out LibC.Statx status) && status.IsRegularFile;
            identity = found ? From(status) : default;
            return found;
        }

        FileInfo info = new(path);
        identity = info.Exists ? From(info.CreationTimeUtc, info.LastWriteTimeUtc, info.Length) : default;
        return info.Exists;
    }

    /// <summary>The identity of an open file; null where it is not a regular file.</summary>
    public static FileIdentity? Of(SafeFileHandle file, string path)
    {
        if (OperatingSystem.IsLinux())
        {
            LibC.Statx status = LibC.Stat(file, path);
            return status.IsRegularFile ? From(status) : null;
        }

        return From(File.GetCreationTimeUtc(file), File.GetLastWriteTimeUtc(file), RandomAccess.GetLength(file));
    }

    /// <summary>Whether both are the same file, whatever was written to it in between.</summary>
    public bool IsSameFileAs(FileIdentity other) => Volume == other.Volume && Number == other.Number;

    private static FileIdentity From(in LibC.Statx status) =>
        new(
            ((ulong)status.DeviceMajor << 32) | status.DeviceMinor,
            status.Inode,
            unchecked((status.ModifiedSeconds * 1_000_000_000) + status.ModifiedNanoseconds),
            status.Size);

    private static FileIdentity From(DateTime created, DateTime modified, long length) =>
        new(0, (ulong)created.Ticks, (modified - DateTime.UnixEpoch).Ticks * NanosecondsPerTick, length);
}

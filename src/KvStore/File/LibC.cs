using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace OcdbtSharp.KvStore.Files;

/// <summary>
/// The calls of the C library that .NET has no interface for: inode numbers, the lock that TensorStore takes, and the flush of a folder.
/// Constants are Linux's, but for those whose names say otherwise.
/// </summary>
internal static unsafe partial class LibC
{
    public const int ReadOnly = 0;
    public const int WriteOnly = 1;
    public const int Create = 0x40;
    public const int CloseOnExec = 0x80000;

    /// <summary><c>O_DIRECT</c>; null on processors whose number is not known here.</summary>
    public static int? DirectFlag => RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => 0x4000,
        Architecture.Arm64 => 0x10000,
        _ => null,
    };

    public const int AtWorkingDirectory = -100;
    public const int AtEmptyPath = 0x1000;
    public const uint StatxBasic = 0x7FF;

    /// <summary><c>F_OFD_SETLK</c>.</summary>
    public const int SetOpenFileLock = 37;

    /// <summary><c>LOCK_EX | LOCK_NB</c>, the same on every Unix.</summary>
    public const int UnixExclusiveNow = 2 | 4;

    private const int NoEntry = 2;
    private const int Interrupted = 4;
    private const int NotDirectory = 20;

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenNative(string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int CloseNative(int descriptor);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int FsyncNative(int descriptor);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int StatxNative(int directory, string path, int flags, uint mask, Statx* status);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int FcntlNative(SafeFileHandle file, int command, FileRangeLock* range);

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    private static partial int FlockNative(SafeFileHandle file, int operation);

    /// <summary>Opens a file; null where it, or a folder above it, does not exist.</summary>
    public static SafeFileHandle? Open(string path, int flags)
    {
        while (true)
        {
            int descriptor = OpenNative(path, flags | CloseOnExec, Convert.ToInt32("666", 8));
            if (descriptor >= 0)
            {
                return new SafeFileHandle(descriptor, ownsHandle: true);
            }

            if (IsMissing(Marshal.GetLastPInvokeError()))
            {
                return null;
            }

            ThrowUnlessInterrupted(path, "open");
        }
    }

    /// <summary>Makes the entries of a folder durable: what was created, renamed or deleted in it survives a loss of power.</summary>
    public static void FlushDirectory(string path)
    {
        int descriptor = OpenNative(path, ReadOnly, 0);
        if (descriptor < 0)
        {
            throw Failure(path, "open");
        }

        try
        {
            while (FsyncNative(descriptor) != 0)
            {
                ThrowUnlessInterrupted(path, "flush");
            }
        }
        finally
        {
            _ = CloseNative(descriptor);
        }
    }

    /// <summary>The status of what <paramref name="path"/> names; false where there is nothing.</summary>
    public static bool TryStat(string path, out Statx status)
    {
        fixed (Statx* pointer = &status)
        {
            while (StatxNative(AtWorkingDirectory, path, 0, StatxBasic, pointer) != 0)
            {
                if (IsMissing(Marshal.GetLastPInvokeError()))
                {
                    return false;
                }

                ThrowUnlessInterrupted(path, "read the status of");
            }
        }

        return true;
    }

    /// <summary>The status of an open file.</summary>
    public static Statx Stat(SafeFileHandle file, string path)
    {
        bool held = false;
        try
        {
            file.DangerousAddRef(ref held);
            Statx status;
            while (StatxNative((int)file.DangerousGetHandle(), "", AtEmptyPath, StatxBasic, &status) != 0)
            {
                ThrowUnlessInterrupted(path, "read the status of");
            }

            return status;
        }
        finally
        {
            if (held)
            {
                file.DangerousRelease();
            }
        }
    }

    /// <summary>Takes the lock of an open file description over all its bytes, if nobody has it.</summary>
    public static bool TryLockOpenFile(SafeFileHandle file)
    {
        FileRangeLock range = new() { Type = FileRangeLock.Write };
        return FcntlNative(file, SetOpenFileLock, &range) == 0;
    }

    /// <summary>Takes the BSD lock of an open file, if nobody has it.</summary>
    public static bool TryLockWholeFile(SafeFileHandle file) => FlockNative(file, UnixExclusiveNow) == 0;

    private static bool IsMissing(int error) => error is NoEntry or NotDirectory;

    private static void ThrowUnlessInterrupted(string path, string action)
    {
        if (Marshal.GetLastPInvokeError() != Interrupted)
        {
            throw Failure(path, action);
        }
    }

    private static StorageException Failure(string path, string action) =>
        new($"Cannot {action} this: {Marshal.GetLastPInvokeErrorMessage()}.", path);

    /// <summary><c>struct flock</c> of 64-bit Linux.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct FileRangeLock
    {
        public const short Write = 1;

        public short Type;
        public short Whence;
        public long Start;
        public long Length;
        public int ProcessId;
    }

    /// <summary>The fields of <c>struct statx</c> that are of use; its layout is the same on every processor.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    public struct Statx
    {
        private const int KindMask = 0xF000;
        private const int RegularFile = 0x8000;

        [FieldOffset(28)]
        public ushort Mode;

        [FieldOffset(32)]
        public ulong Inode;

        [FieldOffset(40)]
        public long Size;

        [FieldOffset(112)]
        public long ModifiedSeconds;

        [FieldOffset(120)]
        public uint ModifiedNanoseconds;

        [FieldOffset(136)]
        public uint DeviceMajor;

        [FieldOffset(140)]
        public uint DeviceMinor;

        public readonly bool IsRegularFile => (Mode & KindMask) == RegularFile;
    }
}

using System.Runtime.InteropServices;

namespace OcdbtSharp.KvStore.Buffers;

/// <summary>
/// Asks Linux to back large memory with pages of 2 MiB. Fresh memory is filled page by page on first touch; with pages of 4 KiB that
/// costs more than the copy into it.
/// </summary>
internal static partial class HugePages
{
    /// <summary>Size and alignment in bytes of a huge page.</summary>
    public const int Size = 2 << 20;

    private const int MadviseHugePage = 14;

    /// <summary>Whether memory of this length should be aligned to <see cref="Size"/> and be advised.</summary>
    public static bool PayFor(long length) => OperatingSystem.IsLinux() && length >= 2 * Size;

    /// <summary>Advises memory at an aligned address. The kernel may decline, so nothing is reported.</summary>
    public static unsafe void Advise(void* address, long length) => _ = Madvise(address, (nuint)length, MadviseHugePage);

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static unsafe partial int Madvise(void* address, nuint length, int advice);
}

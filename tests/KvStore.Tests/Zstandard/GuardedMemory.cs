using System.Runtime.InteropServices;

namespace OcdbtSharp.KvStore.Tests.Zstandard;

/// <summary>Memory with forbidden pages before and behind it: whoever leaves it ends the process.</summary>
internal sealed unsafe partial class GuardedMemory : IDisposable
{
    private const nuint Page = 4096;
    private readonly byte* _all;
    private readonly nuint _total;
    private readonly nuint _inner;

    public GuardedMemory(int capacity)
    {
        _inner = ((nuint)capacity + Page - 1) / Page * Page;
        _total = _inner + (2 * Page);
        _all = (byte*)NativeMemory.AlignedAlloc(_total, Page);
        Protect(0);
    }

    public static bool IsSupported => OperatingSystem.IsLinux() && Environment.SystemPageSize == (int)Page;

    /// <summary>Memory that ends at the forbidden page behind, or begins at the one before.</summary>
    public Span<byte> Take(int length, bool atEnd) => new(_all + Page + (atEnd ? _inner - (nuint)length : 0), length);

    public void Dispose()
    {
        Protect(3);
        NativeMemory.AlignedFree(_all);
    }

    private void Protect(int access)
    {
        Assert.That(Protect(_all, Page, access), Is.Zero);
        Assert.That(Protect(_all + _total - Page, Page, access), Is.Zero);
    }

    [LibraryImport("libc", EntryPoint = "mprotect")]
    private static partial int Protect(byte* address, nuint length, int access);
}

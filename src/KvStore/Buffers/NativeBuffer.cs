using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using OcdbtSharp.KvStore.Buffers;

namespace OcdbtSharp.KvStore;

/// <summary>
/// Memory outside the garbage collector's heap, of any length, aligned to at least 4096 bytes and not cleared. It holds arrays and chunks that may be larger
/// than 2 GiB; windows of it are ordinary spans and memories. Disposing it ends the life of all its windows.
/// </summary>
public sealed unsafe class NativeBuffer : IDisposable
{
    private const nuint Alignment = 4096;
    private nint _address;

    /// <summary>Memory for <paramref name="length"/> bytes. What it holds at first is undefined.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="length"/> is negative.</exception>
    /// <exception cref="OutOfMemoryException">There is not that much memory.</exception>
    public NativeBuffer(long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        bool huge = HugePages.PayFor(length);
        byte* pointer = (byte*)NativeMemory.AlignedAlloc((nuint)Math.Max(length, 1), huge ? HugePages.Size : Alignment);
        if (huge)
        {
            HugePages.Advise(pointer, length);
        }

        _address = (nint)pointer;
        Length = length;
        GC.AddMemoryPressure(Math.Max(length, 1));
    }

    /// <summary>Frees the memory of a buffer that was never disposed.</summary>
    ~NativeBuffer() => Free();

    /// <summary>Length in bytes.</summary>
    public long Length { get; }

    /// <summary>Address of the first byte.</summary>
    internal byte* Pointer
    {
        get
        {
            ObjectDisposedException.ThrowIf(_address == 0, this);
            return (byte*)_address;
        }
    }

    internal LongSpan Span => new(ref Unsafe.AsRef<byte>(Pointer), Length);

    /// <summary>A window of the buffer as a span of <typeparamref name="T"/>.</summary>
    /// <param name="offset">First byte.</param>
    /// <param name="length">Number of elements.</param>
    /// <exception cref="ArgumentOutOfRangeException">The window is not within the buffer.</exception>
    public Span<T> AsSpan<T>(long offset, int length)
        where T : unmanaged
    {
        CheckWindow(offset, (long)length * sizeof(T));
        return new Span<T>(Pointer + offset, length);
    }

    /// <summary>A window of the buffer as memory.</summary>
    /// <param name="offset">First byte.</param>
    /// <param name="length">Number of bytes.</param>
    /// <exception cref="ArgumentOutOfRangeException">The window is not within the buffer.</exception>
    public Memory<byte> AsMemory(long offset, int length)
    {
        CheckWindow(offset, length);
        return new Window(this, offset, length).Memory;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void CheckWindow(long offset, long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Length - offset);
    }

    private void Free()
    {
        byte* pointer = (byte*)Interlocked.Exchange(ref _address, 0);
        if (pointer is not null)
        {
            NativeMemory.AlignedFree(pointer);
            GC.RemoveMemoryPressure(Math.Max(Length, 1));
        }
    }

    /// <summary>A part of the buffer as <see cref="Memory{T}"/>; keeps the buffer alive.</summary>
    private sealed class Window(NativeBuffer buffer, long offset, int length) : MemoryManager<byte>
    {
        public override Span<byte> GetSpan() => new(buffer.Pointer + offset, length);

        public override MemoryHandle Pin(int elementIndex = 0) => new(buffer.Pointer + offset + elementIndex);

        public override void Unpin()
        {
        }

        protected override void Dispose(bool disposing)
        {
        }
    }
}

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace OcdbtSharp.KvStore.Buffers;

/// <summary>A span whose length may exceed 2^31 bytes: a chunk of exactly 2 GiB is ordinary in a checkpoint.</summary>
internal readonly ref struct LongSpan
{
    private readonly ref byte _first;

    public LongSpan(ref byte first, long length)
    {
        _first = ref first;
        Length = length;
    }

    public LongSpan(Span<byte> span)
        : this(ref MemoryMarshal.GetReference(span), span.Length)
    {
    }

    public long Length { get; }

    public bool IsEmpty => Length == 0;

    /// <summary>The first byte; not to be touched where the span is empty.</summary>
    public ref byte First => ref _first;

    public static implicit operator LongSpan(Span<byte> span) => new(span);

    public static implicit operator ReadOnlyLongSpan(LongSpan span) => new(in span._first, span.Length);

    public LongSpan Slice(long offset) => Slice(offset, Length - offset);

    public LongSpan Slice(long offset, long length)
    {
        ReadOnlyLongSpan.CheckWindow(offset, length, Length);
        return new LongSpan(ref Unsafe.Add(ref _first, (nint)offset), length);
    }

    /// <summary>A window as an ordinary span.</summary>
    public Span<byte> Window(long offset, int length)
    {
        ReadOnlyLongSpan.CheckWindow(offset, length, Length);
        return MemoryMarshal.CreateSpan(ref Unsafe.Add(ref _first, (nint)offset), length);
    }

    /// <summary>The window at <paramref name="offset"/> of at most <paramref name="most"/> bytes; empty at the end.</summary>
    public Span<byte> NextWindow(long offset, int most = ReadOnlyLongSpan.DefaultWindow) => Window(offset, (int)Math.Min(most, Length - offset));

    /// <summary>The whole as an ordinary span, where it is short enough.</summary>
    public bool TryGetSpan(out Span<byte> span)
    {
        bool fits = Length <= int.MaxValue;
        span = fits ? Window(0, (int)Length) : default;
        return fits;
    }

    public void Clear()
    {
        for (long offset = 0; offset < Length; offset += ReadOnlyLongSpan.DefaultWindow)
        {
            NextWindow(offset).Clear();
        }
    }
}

/// <summary>A read-only span whose length may exceed 2^31 bytes.</summary>
internal readonly ref struct ReadOnlyLongSpan
{
    /// <summary>Length in bytes of the windows in which long memory is worked through: a multiple of every element size.</summary>
    public const int DefaultWindow = 1 << 30;

    private readonly ref readonly byte _first;

    public ReadOnlyLongSpan(ref readonly byte first, long length)
    {
        _first = ref first;
        Length = length;
    }

    public ReadOnlyLongSpan(ReadOnlySpan<byte> span)
        : this(in MemoryMarshal.GetReference(span), span.Length)
    {
    }

    public long Length { get; }

    public bool IsEmpty => Length == 0;

    /// <summary>The first byte; not to be touched where the span is empty.</summary>
    public ref readonly byte First => ref _first;

    public static implicit operator ReadOnlyLongSpan(ReadOnlySpan<byte> span) => new(span);

    public static implicit operator ReadOnlyLongSpan(Span<byte> span) => new(span);

    public ReadOnlyLongSpan Slice(long offset) => Slice(offset, Length - offset);

    public ReadOnlyLongSpan Slice(long offset, long length)
    {
        CheckWindow(offset, length, Length);
        return new ReadOnlyLongSpan(in Unsafe.Add(ref Unsafe.AsRef(in _first), (nint)offset), length);
    }

    /// <summary>A window as an ordinary span.</summary>
    public ReadOnlySpan<byte> Window(long offset, int length)
    {
        CheckWindow(offset, length, Length);
        return MemoryMarshal.CreateReadOnlySpan(in Unsafe.Add(ref Unsafe.AsRef(in _first), (nint)offset), length);
    }

    /// <summary>The window at <paramref name="offset"/> of at most <paramref name="most"/> bytes; empty at the end.</summary>
    public ReadOnlySpan<byte> NextWindow(long offset, int most = DefaultWindow) => Window(offset, (int)Math.Min(most, Length - offset));

    /// <summary>The whole as an ordinary span, where it is short enough.</summary>
    public bool TryGetSpan(out ReadOnlySpan<byte> span)
    {
        bool fits = Length <= int.MaxValue;
        span = fits ? Window(0, (int)Length) : default;
        return fits;
    }

    public void CopyTo(LongSpan destination)
    {
        if (destination.Length < Length)
        {
            throw new ArgumentException("Destination is too short.", nameof(destination));
        }

        for (long offset = 0; offset < Length; offset += DefaultWindow)
        {
            ReadOnlySpan<byte> window = NextWindow(offset);
            window.CopyTo(destination.Window(offset, window.Length));
        }
    }

    internal static void CheckWindow(long offset, long length, long total)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, total - offset);
    }
}

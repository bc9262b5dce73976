using System.Buffers;

namespace OcdbtSharp.KvStore.Buffers;

/// <summary>
/// Memory that can be kept across an <c>await</c> and may exceed 2^31 bytes: either ordinary <see cref="Memory{T}"/> or a part of a
/// <see cref="NativeBuffer"/>.
/// </summary>
internal readonly struct LongMemory
{
    private readonly Memory<byte> _memory;
    private readonly NativeBuffer? _native;
    private readonly long _offset;

    public LongMemory(Memory<byte> memory)
    {
        _memory = memory;
        Length = memory.Length;
    }

    public LongMemory(NativeBuffer buffer)
        : this(buffer, 0, buffer.Length)
    {
    }

    private LongMemory(NativeBuffer buffer, long offset, long length)
    {
        _native = buffer;
        _offset = offset;
        Length = length;
    }

    public long Length { get; }

    public LongSpan Span => _native is null ? new LongSpan(_memory.Span) : _native.Span.Slice(_offset, Length);

    public static implicit operator LongMemory(Memory<byte> memory) => new(memory);

    public static implicit operator LongMemory(byte[] memory) => new(memory);

    public static implicit operator LongMemory(NativeBuffer buffer) => new(buffer);

    public LongMemory Slice(long offset, long length)
    {
        ReadOnlyLongSpan.CheckWindow(offset, length, Length);
        return _native is null ? new LongMemory(_memory.Slice((int)offset, (int)length)) : new LongMemory(_native, _offset + offset, length);
    }

    /// <summary>A window as ordinary memory.</summary>
    public Memory<byte> Window(long offset, int length)
    {
        ReadOnlyLongSpan.CheckWindow(offset, length, Length);
        return _native is null ? _memory.Slice((int)offset, length) : _native.AsMemory(_offset + offset, length);
    }

    /// <summary>The bytes as a value to store: in one segment where they are short enough, otherwise in several.</summary>
    public ReadOnlySequence<byte> ToSequence()
    {
        if (Length <= ReadOnlyLongSpan.DefaultWindow)
        {
            return new ReadOnlySequence<byte>(Window(0, (int)Length));
        }

        Segment first = new(Window(0, ReadOnlyLongSpan.DefaultWindow), 0);
        Segment last = first;
        for (long offset = first.Memory.Length; offset < Length; offset += last.Memory.Length)
        {
            last = last.Append(Window(offset, (int)Math.Min(ReadOnlyLongSpan.DefaultWindow, Length - offset)), offset);
        }

        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory, long offset)
        {
            Memory = memory;
            RunningIndex = offset;
        }

        public Segment Append(ReadOnlyMemory<byte> memory, long offset)
        {
            Segment next = new(memory, offset);
            Next = next;
            return next;
        }
    }
}

using OcdbtSharp.KvStore.Buffers;

namespace OcdbtSharp.KvStore.Tests.Buffers;

public sealed class LongMemoryTests
{
    [Test]
    public void NativeBuffersAreAlignedAndHoldWhatIsWritten()
    {
        using NativeBuffer buffer = new(100_000);
        Span<int> numbers = buffer.AsSpan<int>(4000, 100);
        numbers.Fill(7);
        unsafe
        {
            Assert.That((long)buffer.Pointer % 4096, Is.Zero);
        }

        Assert.That(buffer.AsMemory(4000, 400).Span[4], Is.EqualTo(7));
        Assert.That(buffer.Length, Is.EqualTo(100_000));
    }

    [TestCase(-1, 1)]
    [TestCase(0, 101)]
    [TestCase(100, 1)]
    [TestCase(101, 0)]
    [TestCase(long.MaxValue, 1)]
    public void WindowsStayWithin(long offset, int length)
    {
        using NativeBuffer buffer = new(100);
        LongMemory memory = buffer;
        LongMemory ordinary = new byte[100];
        Assert.That(() => buffer.AsMemory(offset, length), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => buffer.AsSpan<byte>(offset, length).Length, Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => buffer.Span.Window(offset, length).Length, Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => memory.Slice(offset, length), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => ordinary.Window(offset, length), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void ADisposedBufferIsNotTouched()
    {
        NativeBuffer buffer = new(10);
        Memory<byte> window = buffer.AsMemory(0, 10);
        buffer.Dispose();
        buffer.Dispose();
        Assert.That(() => buffer.Span.Length, Throws.InstanceOf<ObjectDisposedException>());
        Assert.That(() => window.Span.Length, Throws.InstanceOf<ObjectDisposedException>());
    }

    [Test]
    public void SpansSliceCopyAndClear()
    {
        byte[] source = [.. Enumerable.Range(0, 100).Select(i => (byte)i)];
        byte[] target = new byte[50];
        ReadOnlyLongSpan from = new LongSpan(source);
        from.Slice(10, 20).CopyTo(new LongSpan(target).Slice(5));
        Assert.That(target.AsSpan(5, 20).SequenceEqual(source.AsSpan(10, 20)));
        Assert.That(from.Slice(90).TryGetSpan(out ReadOnlySpan<byte> rest) && rest.SequenceEqual(source.AsSpan(90)));
        new LongSpan(target).Clear();
        Assert.That(target, Is.All.Zero);
        Assert.That(() => new LongSpan(source).Slice(0, 100).Length, Is.EqualTo(100));
    }

    [Test]
    public void SlicesOfBothKindsOfMemorySeeTheSameBytes()
    {
        using NativeBuffer buffer = new(100);
        foreach (LongMemory memory in (LongMemory[])[buffer, new byte[100]])
        {
            memory.Slice(10, 50).Slice(5, 5).Span.First = 42;
            Assert.That(memory.Window(15, 1).Span[0], Is.EqualTo(42));
            Assert.That(memory.Slice(10, 50).Window(5, 1).Span[0], Is.EqualTo(42));
        }
    }

    [Test]
    public void PooledBuffersHaveExactlyTheAskedLength()
    {
        PooledBuffer buffer = new(1000);
        Assert.That((buffer.Length, buffer.Span.Length, buffer.Memory.Length), Is.EqualTo((1000, 1000, 1000)));
        buffer.Dispose();
        buffer.Dispose();
        Assert.That(() => buffer.Span.Length, Throws.InstanceOf<ObjectDisposedException>());
    }
}

using System.Buffers;

namespace OcdbtSharp.KvStore.Buffers;

/// <summary>A rented array of exactly the asked length, returned once. What it holds at first is undefined.</summary>
internal sealed class PooledBuffer(int length) : IDisposable
{
    private byte[]? _array = ArrayPool<byte>.Shared.Rent(length);

    public int Length { get; } = length;

    public Span<byte> Span => Array.AsSpan(0, Length);

    public Memory<byte> Memory => Array.AsMemory(0, Length);

    private byte[] Array => _array ?? throw new ObjectDisposedException(nameof(PooledBuffer));

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _array, null) is { } array)
        {
            ArrayPool<byte>.Shared.Return(array);
        }
    }
}

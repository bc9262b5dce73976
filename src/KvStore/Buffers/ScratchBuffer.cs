using System.Buffers;
using System.Collections.Concurrent;
using System.Numerics;

namespace OcdbtSharp.KvStore.Buffers;

/// <summary>
/// Memory for the time of one operation, returned to be used again: touching fresh pages costs more than decoding into warm ones.
/// Small buffers come from the array pool, large ones from a bounded pool of native memory. What it holds at first is undefined.
/// </summary>
internal sealed class ScratchBuffer : IDisposable
{
    private const int ArrayLimit = 64 << 10;
    private const long MostPooledBytes = 512L << 20;

    private static readonly ConcurrentBag<NativeBuffer>[] Pool = [.. Enumerable.Range(0, 64).Select(_ => new ConcurrentBag<NativeBuffer>())];
    private static long s_pooledBytes;
    private static long s_pooledBytesLimit = MostPooledBytes;

    private byte[]? _array;
    private NativeBuffer? _native;

    private ScratchBuffer(long length) => Length = length;

    /// <summary>The asked length in bytes.</summary>
    public long Length { get; }

    public LongMemory Memory => _native is { } native
        ? new LongMemory(native).Slice(0, Length)
        : (_array ?? throw new ObjectDisposedException(nameof(ScratchBuffer))).AsMemory(0, (int)Length);

    public LongSpan Span => Memory.Span;

    /// <summary>Bounds the memory that is kept to be used again, for all that comes; what is beyond it is freed.</summary>
    public static void LimitPool(long bytes)
    {
        Volatile.Write(ref s_pooledBytesLimit, Math.Min(MostPooledBytes, bytes));
        for (int sizeClass = Pool.Length - 1; sizeClass >= 0; sizeClass--)
        {
            while (Interlocked.Read(ref s_pooledBytes) > bytes && Pool[sizeClass].TryTake(out NativeBuffer? pooled))
            {
                Interlocked.Add(ref s_pooledBytes, -pooled.Length);
                pooled.Dispose();
            }
        }
    }

    public static ScratchBuffer Rent(long length)
    {
        ScratchBuffer buffer = new(length);
        if (length <= ArrayLimit)
        {
            buffer._array = ArrayPool<byte>.Shared.Rent((int)length);
            return buffer;
        }

        int sizeClass = BitOperations.Log2((ulong)(length - 1)) + 1;
        if (Pool[sizeClass].TryTake(out NativeBuffer? pooled))
        {
            Interlocked.Add(ref s_pooledBytes, -pooled.Length);
            buffer._native = pooled;
        }
        else
        {
            // Beyond the pool's bound a power of two would only waste memory.
            buffer._native = new NativeBuffer(length <= MostPooledBytes / 4 ? 1L << sizeClass : length);
        }

        return buffer;
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _array, null) is { } array)
        {
            ArrayPool<byte>.Shared.Return(array);
        }

        if (Interlocked.Exchange(ref _native, null) is { } native)
        {
            if (BitOperations.IsPow2(native.Length) && Interlocked.Add(ref s_pooledBytes, native.Length) <= Volatile.Read(ref s_pooledBytesLimit))
            {
                Pool[BitOperations.Log2((ulong)native.Length)].Add(native);
            }
            else
            {
                if (BitOperations.IsPow2(native.Length))
                {
                    Interlocked.Add(ref s_pooledBytes, -native.Length);
                }

                native.Dispose();
            }
        }
    }
}

using System.Runtime.InteropServices;
using OcdbtSharp.KvStore;
using OcdbtSharp.KvStore.Buffers;

namespace OcdbtSharp.Zarr3.Writing;

/// <summary>All stored bytes of a chunk and the generation that they belong to.</summary>
internal sealed class StoredChunk : IDisposable
{
    // A value up to this size is read in one go, without asking for its length first.
    private const long SmallChunk = 64 << 10;

    // Most bytes of one read: what the kernel moves at once, and a span can hold.
    private const int Window = 1 << 30;

    private readonly ScratchBuffer? _buffer;
    private readonly ReadOnlyMemory<byte> _small;

    private StoredChunk(ReadResult result)
    {
        _small = result.Value;
        Exists = result.HasValue;
        Generation = result.Generation;
    }

    private StoredChunk(ScratchBuffer buffer, StorageGeneration generation)
    {
        _buffer = buffer;
        Exists = true;
        Generation = generation;
    }

    /// <summary>Whether the chunk is stored.</summary>
    public bool Exists { get; }

    /// <summary>The generation, for a conditional write; also where the chunk is missing.</summary>
    public StorageGeneration Generation { get; }

    /// <summary>The bytes, which are only to be read; null where the chunk is missing.</summary>
    public LongMemory? Bytes => !Exists ? default(LongMemory?) : _buffer is null ? MemoryMarshal.AsMemory(_small) : _buffer.Memory;

    /// <summary>Reads a chunk of which about so many bytes are expected.</summary>
    public static async ValueTask<StoredChunk> ReadAsync(IKvStore store, Key key, long expectedLength, CancellationToken cancellationToken)
    {
        if (expectedLength <= SmallChunk)
        {
            return new StoredChunk(await store.ReadAsync(key, default, cancellationToken).ConfigureAwait(false));
        }

        while (true)
        {
            ReadResult found = await store.StatAsync(key, cancellationToken).ConfigureAwait(false);
            if (!found.HasValue)
            {
                return new StoredChunk(ReadResult.Missing);
            }

            ScratchBuffer? buffer = ScratchBuffer.Rent(found.TotalLength);
            try
            {
                if (await TryReadAsync(store, key, found.Generation, buffer.Memory, cancellationToken).ConfigureAwait(false))
                {
                    StoredChunk chunk = new(buffer, found.Generation);
                    buffer = null;
                    return chunk;
                }
            }
            finally
            {
                buffer?.Dispose();
            }
        }
    }

    public void Dispose() => _buffer?.Dispose();

    /// <summary>Reads the value of one generation; false where it has been replaced or deleted meanwhile.</summary>
    private static async ValueTask<bool> TryReadAsync(
        IKvStore store, Key key, StorageGeneration generation, LongMemory destination, CancellationToken cancellationToken)
    {
        for (long done = 0; done < destination.Length;)
        {
            Memory<byte> window = destination.Window(done, (int)Math.Min(Window, destination.Length - done));
            ReadResult result;
            try
            {
                ReadOptions options = new() { Range = ByteRange.FromOffset(done, window.Length), Destination = window };
                result = await store.ReadAsync(key, options, cancellationToken).ConfigureAwait(false);
            }
            catch (ArgumentOutOfRangeException)
            {
                return false;
            }

            if (!result.HasValue || result.Generation != generation)
            {
                return false;
            }

            done += window.Length;
        }

        return true;
    }
}

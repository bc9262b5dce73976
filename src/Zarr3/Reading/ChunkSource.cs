using OcdbtSharp.KvStore;
using OcdbtSharp.KvStore.Buffers;

namespace OcdbtSharp.Zarr3.Reading;

/// <summary>Bytes of a store: a whole value, or the part of one that an inner chunk takes.</summary>
/// <param name="Store">The store.</param>
/// <param name="Key">The key of the chunk.</param>
/// <param name="Offset">First byte.</param>
/// <param name="Length">Number of bytes; null for the whole value, whose length is not known yet.</param>
internal readonly record struct ChunkSource(IKvStore Store, Key Key, long Offset, long? Length)
{
    /// <summary>Bytes between two parts that are read together at most: the gap costs less than another read.</summary>
    public const long MaxGap = 4 << 10;

    /// <summary>Bytes of parts that are read together at most, unless one alone is larger: memory beside the destination.</summary>
    public const long MaxTogether = 4 << 20;

    /// <summary>Most bytes of one read: what the kernel moves at once, and a span can hold.</summary>
    private const int Window = 1 << 30;

    // Bytes that one of several threads reads at a time: most of them find pages of memory that nobody has touched.
    private const long SharedPart = 8 << 20;

    public string Location => Store.Describe(Key);

    /// <summary>The error where the chunk was there and is no more.</summary>
    public StorageException Deleted() => new("the chunk was deleted while it was read", Location);

    /// <summary>A part of these bytes.</summary>
    public ChunkSource Slice(long offset, long length) => this with { Offset = Offset + offset, Length = length };

    /// <summary>The length; null where there is no such key.</summary>
    public async ValueTask<long?> GetLengthAsync(CancellationToken cancellationToken)
    {
        if (Length is { } known)
        {
            return known;
        }

        ReadResult found = await Store.StatAsync(Key, cancellationToken).ConfigureAwait(false);
        return found.HasValue ? found.TotalLength : null;
    }

    /// <summary>Reads all bytes, where there may be many, into memory that is given back.</summary>
    /// <returns>Null where there is no such key.</returns>
    public async ValueTask<ScratchBuffer?> ReadAllAsync(CancellationToken cancellationToken)
    {
        long? length = await GetLengthAsync(cancellationToken).ConfigureAwait(false);
        if (length is null)
        {
            return null;
        }

        ScratchBuffer buffer = ScratchBuffer.Rent(length.Value);
        try
        {
            if (await ReadAsync(0, buffer.Memory, cancellationToken).ConfigureAwait(false))
            {
                ScratchBuffer result = buffer;
                buffer = ScratchBuffer.Rent(0);
                return result;
            }

            return null;
        }
        finally
        {
            buffer.Dispose();
        }
    }

    /// <summary>Reads a part into memory of its length, a large one by several threads.</summary>
    /// <param name="offset">First byte.</param>
    /// <param name="destination">Where the bytes go.</param>
    /// <param name="degreeOfParallelism">Most reads at the same time.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <inheritdoc cref="ReadAsync"/>
    public async ValueTask<bool> ReadSharedAsync(long offset, LongMemory destination, int degreeOfParallelism, CancellationToken cancellationToken)
    {
        if (degreeOfParallelism <= 1 || destination.Length < 2 * SharedPart)
        {
            return await ReadAsync(offset, destination, cancellationToken).ConfigureAwait(false);
        }

        ChunkSource source = this;
        int missing = 0;
        int parts = (int)((destination.Length + SharedPart - 1) / SharedPart);
        ParallelOptions parallel = new() { MaxDegreeOfParallelism = degreeOfParallelism, CancellationToken = cancellationToken };
        await Parallel.ForAsync(0, parts, parallel, async (part, token) =>
        {
            long first = part * SharedPart;
            LongMemory memory = destination.Slice(first, Math.Min(SharedPart, destination.Length - first));
            if (!await source.ReadAsync(offset + first, memory, token).ConfigureAwait(false))
            {
                Interlocked.Increment(ref missing);
            }
        }).ConfigureAwait(false);
        return missing == 0 ? true : missing == parts ? false : throw Deleted();
    }

    /// <summary>Reads a part into memory of its length.</summary>
    /// <returns>False where there is no such key.</returns>
    /// <exception cref="StorageException">The value changed while it was read.</exception>
    public async ValueTask<bool> ReadAsync(long offset, LongMemory destination, CancellationToken cancellationToken)
    {
        for (long done = 0; done < destination.Length;)
        {
            Memory<byte> window = destination.Window(done, (int)Math.Min(Window, destination.Length - done));
            ReadOptions options = new() { Range = ByteRange.FromOffset(Offset + offset + done, window.Length), Destination = window };
            ReadResult result;
            try
            {
                result = await Store.ReadAsync(Key, options, cancellationToken).ConfigureAwait(false);
            }
            catch (ArgumentOutOfRangeException)
            {
                throw new CorruptDataException($"the value ends before byte {Offset + offset + done + window.Length}", Location);
            }

            if (!result.HasValue)
            {
                return false;
            }

            done += window.Length;
        }

        return true;
    }
}

using OcdbtSharp.KvStore;
using OcdbtSharp.KvStore.Buffers;
using OcdbtSharp.KvStore.Zstandard;
using OcdbtSharp.Zarr3.Codecs;

namespace OcdbtSharp.Zarr3.Reading;

/// <summary>
/// Reads a chunk that nothing but Zstandard changed piece by piece, each decoded to its place while it is still in the processor's cache. So the stored
/// bytes of a chunk take no memory of their own. Several threads share a large chunk whose blocks can be told apart.
/// </summary>
internal static class ChunkStream
{
    /// <summary>Bytes of a piece: small enough for the cache of a core beside what is decoded, large enough to be worth a read.</summary>
    public const int PieceLength = 512 << 10;

    // A chunk of fewer stored bytes is read by one thread.
    private const long MinShared = 8 << 20;

    // Bytes of elements that one thread decodes at least.
    private const long PartLength = 4 << 20;

    /// <summary>Reads and decodes a whole chunk.</summary>
    /// <param name="codecs">Codecs of which <see cref="CodecPipeline.Stream"/> is one.</param>
    /// <param name="source">The stored bytes.</param>
    /// <param name="destination">Room for exactly the elements.</param>
    /// <param name="degreeOfParallelism">Most parts of the chunk that are decoded at the same time.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>False where the chunk is missing.</returns>
    /// <exception cref="CorruptDataException">The bytes are damaged or stand for more or fewer elements.</exception>
    public static async ValueTask<bool> ReadAsync(
        CodecPipeline codecs, ChunkSource source, LongMemory destination, int degreeOfParallelism, CancellationToken cancellationToken)
    {
        if (await source.GetLengthAsync(cancellationToken).ConfigureAwait(false) is not { } length)
        {
            return false;
        }

        if (degreeOfParallelism > 1 && length >= MinShared
            && await PartitionAsync(source, length, destination.Length, cancellationToken).ConfigureAwait(false) is { Count: > 1 } parts)
        {
            ParallelOptions parallel = new() { MaxDegreeOfParallelism = degreeOfParallelism, CancellationToken = cancellationToken };
            await Parallel.ForEachAsync(parts, parallel, async (part, token) =>
            {
                using ZstdDecoder decoder = ZstdDecoder.RentForPart();
                LongMemory elements = destination.Slice(part.ContentStart, part.ContentLength);
                if (!await ReadAsync(codecs, source.Slice(part.Start, part.Length), part.Length, decoder, elements, token).ConfigureAwait(false))
                {
                    throw source.Deleted();
                }
            }).ConfigureAwait(false);
            return true;
        }

        using ZstdDecoder whole = ZstdDecoder.Rent();
        return await ReadAsync(codecs, source, length, whole, destination, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Cuts a chunk into parts that can be decoded each on its own, where reads of a few bytes cost next to nothing.</summary>
    /// <returns>Null where it cannot be cut.</returns>
    private static async ValueTask<IReadOnlyList<ZstdPart>?> PartitionAsync(
        ChunkSource source, long length, long decodedLength, CancellationToken cancellationToken)
    {
        ZstdPartition partition = new(length, decodedLength, PartLength);
        using ScratchBuffer buffer = ScratchBuffer.Rent(ZstdPartition.WindowLength);
        while (!partition.IsComplete)
        {
            LongMemory window = buffer.Memory.Slice(0, Math.Min(ZstdPartition.WindowLength, length - partition.Position));
            ValueTask<bool> read = source.ReadAsync(partition.Position, window, cancellationToken);
            bool isNear = read.IsCompleted;
            if (!await read.ConfigureAwait(false) || !isNear || !partition.TryAdd(window.Span.Window(0, (int)window.Length)))
            {
                return null;
            }
        }

        return partition.Parts;
    }

    private static async ValueTask<bool> ReadAsync(
        CodecPipeline codecs, ChunkSource source, long length, ZstdDecoder decoder, LongMemory destination, CancellationToken cancellationToken)
    {
        ScratchBuffer piece = ScratchBuffer.Rent(Math.Min(length, PieceLength));
        try
        {
            int kept = 0;
            long position = 0;
            do
            {
                cancellationToken.ThrowIfCancellationRequested();
                int more = (int)Math.Min(piece.Length - kept, length - position);
                ValueTask<bool> read = source.ReadAsync(position, piece.Memory.Slice(kept, more), cancellationToken);
                bool isNear = read.IsCompleted;
                if (!await read.ConfigureAwait(false))
                {
                    return position == 0 ? false : throw source.Deleted();
                }

                position += more;
                kept = Decode(codecs, source, decoder, piece.Span.Slice(0, kept + more), destination.Span, isEnd: position == length);

                // Where a read takes its time, one for all the rest takes the least.
                if (!isNear && position < length)
                {
                    ScratchBuffer rest = ScratchBuffer.Rent(kept + length - position);
                    ReadOnlyLongSpan begin = piece.Span.Slice(0, kept);
                    begin.CopyTo(rest.Span);
                    piece.Dispose();
                    piece = rest;
                }
            }
            while (position < length);

            return true;
        }
        finally
        {
            piece.Dispose();
        }
    }

    /// <summary>Decodes what is whole in a piece, and moves what is left to its begin.</summary>
    /// <returns>Bytes that are left.</returns>
    private static int Decode(CodecPipeline codecs, ChunkSource source, ZstdDecoder decoder, LongSpan piece, LongSpan destination, bool isEnd)
    {
        try
        {
            long used = codecs.Stream!.Decode(decoder, piece, destination, isEnd);
            ReadOnlyLongSpan rest = piece.Slice(used);
            rest.CopyTo(piece);
            return (int)rest.Length;
        }
        catch (OcdbtSharpException exception) when (exception.Location is null)
        {
            throw exception.At(source.Location);
        }
    }
}

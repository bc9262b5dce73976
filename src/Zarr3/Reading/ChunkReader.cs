using OcdbtSharp.KvStore;
using OcdbtSharp.KvStore.Buffers;
using OcdbtSharp.Zarr3.Codecs;

namespace OcdbtSharp.Zarr3.Reading;

/// <summary>
/// Reads a box of one chunk, in the cheapest way that its codecs allow:
/// 1. elements that are stored as memory holds them are read straight to where they belong;
/// 2. of a shard only the index and the inner chunks of the box are read, and each is read in the same way;
/// 3. what can be decoded piece by piece is, up to the last element of the box;
/// 4. otherwise all stored bytes are read and decoded.
/// </summary>
internal static class ChunkReader
{
    // A stored value up to this size is read in one go, without asking for its length first.
    public const long SmallChunk = 64 << 10;

    // A chunk up to this size is decoded as a whole where its codecs are not Zstandard alone.
    private const long WholeChunk = 1 << 20;

    // A read of raw elements that would need more pieces than this reads what lies between them, too.
    private const int MinRun = 4 << 10;

    /// <summary>Reads a box of a chunk.</summary>
    /// <param name="codecs">The codecs of the chunk.</param>
    /// <param name="source">Its stored bytes.</param>
    /// <param name="origin">First index of the box.</param>
    /// <param name="destination">Where the elements go.</param>
    /// <param name="degreeOfParallelism">Most parts of a large chunk that are read at the same time.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>False where the chunk is missing; then the destination is as it was.</returns>
    public static ValueTask<bool> ReadAsync(
        CodecPipeline codecs, ChunkSource source, long[] origin, ArrayView destination, int degreeOfParallelism, CancellationToken cancellationToken)
    {
        if (codecs.Spec.ByteCount <= SmallChunk)
        {
            return ReadSmallAsync(codecs, source, origin, destination, cancellationToken);
        }

        if (codecs.IsRaw)
        {
            return ReadRawAsync(codecs, source, origin, destination, degreeOfParallelism, cancellationToken);
        }

        if (codecs.Stream is not null && codecs.TryGetContiguous(destination, out LongMemory elements))
        {
            return ChunkStream.ReadAsync(codecs, source, elements, degreeOfParallelism, cancellationToken);
        }

        if (codecs.IsStreaming && codecs.Spec.ByteCount > WholeChunk)
        {
            return ReadStreamAsync(codecs, source, origin, destination, cancellationToken);
        }

        return codecs.IsPartial
            ? ShardReader.ReadAsync(codecs, source, ChunkSelection.Box(origin, destination.Shape), destination, cancellationToken)
            : ReadWholeAsync(codecs, source, origin, destination, cancellationToken);
    }

    /// <summary>Bytes of memory that reading a box takes at most beside its destination.</summary>
    /// <param name="codecs">The codecs of the chunk.</param>
    /// <param name="destination">Where the elements go.</param>
    /// <param name="degreeOfParallelism">Most parts of the chunk that are read at the same time.</param>
    public static long MemoryBytes(CodecPipeline codecs, ArrayView destination, int degreeOfParallelism) =>
        codecs.IsRaw && destination.IsContiguous ? 0
        : codecs.Stream is not null && codecs.TryGetContiguous(destination, out _) ? Math.Min((long)ChunkStream.PieceLength * degreeOfParallelism, codecs.MaxEncodedLength)
        : MemoryBytes(codecs);

    /// <summary>Bytes of memory that reading any box takes at most beside its destination.</summary>
    public static long MemoryBytes(CodecPipeline codecs) =>
        codecs.IsRaw ? Math.Min(RawBox.MaxPiece, codecs.Spec.ByteCount)
        : codecs.IsPartial ? Math.Min(ChunkSource.MaxTogether, codecs.Spec.ByteCount) + MemoryBytes(codecs.Sharding!.Inner)
        : codecs.IsStreaming ? codecs.StreamBytes
        : codecs.Spec.ByteCount + Math.Min(codecs.MaxEncodedLength, 2 * codecs.Spec.ByteCount);

    private static async ValueTask<bool> ReadStreamAsync(
        CodecPipeline codecs, ChunkSource source, long[] origin, ArrayView destination, CancellationToken cancellationToken)
    {
        using ElementStream? stream = await ElementStream.OpenAsync(codecs, source, cancellationToken).ConfigureAwait(false);
        if (stream is null)
        {
            return false;
        }

        await stream.ReadAsync(origin, destination, cancellationToken).ConfigureAwait(false);
        if (destination.Shape.AsSpan().SequenceEqual(codecs.Spec.Shape))
        {
            await stream.FinishAsync(cancellationToken).ConfigureAwait(false);
        }

        return true;
    }

    private static async ValueTask<bool> ReadSmallAsync(
        CodecPipeline codecs, ChunkSource source, long[] origin, ArrayView destination, CancellationToken cancellationToken)
    {
        ReadOptions options = new() { Range = source.Length is { } length ? ByteRange.FromOffset(source.Offset, length) : ByteRange.All };
        ReadResult result = await source.Store.ReadAsync(source.Key, options, cancellationToken).ConfigureAwait(false);
        if (!result.HasValue)
        {
            return false;
        }

        Decode(codecs, source, result.Value.Span, origin, destination);
        return true;
    }

    private static async ValueTask<bool> ReadWholeAsync(
        CodecPipeline codecs, ChunkSource source, long[] origin, ArrayView destination, CancellationToken cancellationToken)
    {
        using ScratchBuffer? bytes = await source.ReadAllAsync(cancellationToken).ConfigureAwait(false);
        if (bytes is null)
        {
            return false;
        }

        Decode(codecs, source, bytes.Span, origin, destination);
        return true;
    }

    /// <summary>Reads elements that nothing has changed: one range that holds the whole box, or a range for each run of it.</summary>
    private static async ValueTask<bool> ReadRawAsync(
        CodecPipeline codecs, ChunkSource source, long[] origin, ArrayView destination, int degreeOfParallelism, CancellationToken cancellationToken)
    {
        if (await source.GetLengthAsync(cancellationToken).ConfigureAwait(false) is not { } length)
        {
            return false;
        }

        if (length != codecs.EncodedLength)
        {
            throw new CorruptDataException($"the chunk has {length} bytes instead of {codecs.EncodedLength}", source.Location);
        }

        RawBox box = new(codecs, origin, destination);
        if (box.Length == 0)
        {
            return true;
        }

        if (box.IsOneRun && box.View.IsContiguous)
        {
            return await source.ReadSharedAsync(box.First, box.View.Contiguous, degreeOfParallelism, cancellationToken).ConfigureAwait(false);
        }

        foreach ((long first, long count, ArrayView part) in box.Pieces(MinRun))
        {
            using ScratchBuffer scratch = ScratchBuffer.Rent(count);
            if (!await source.ReadAsync(first, scratch.Memory, cancellationToken).ConfigureAwait(false))
            {
                return false;
            }

            StridedCopy.Copy(scratch.Span, 0, box.StoredStrides, part);
        }

        return true;
    }

    /// <summary>Decodes a box of a chunk whose stored bytes are in memory.</summary>
    public static void Decode(CodecPipeline codecs, ChunkSource source, ReadOnlyLongSpan encoded, long[] origin, ArrayView destination)
    {
        try
        {
            codecs.Decode(encoded, origin, destination);
        }
        catch (OcdbtSharpException exception) when (exception.Location is null)
        {
            throw exception.At(source.Location);
        }
    }
}

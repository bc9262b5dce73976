using OcdbtSharp.KvStore;
using OcdbtSharp.KvStore.Buffers;
using OcdbtSharp.Zarr3.Codecs;

namespace OcdbtSharp.Zarr3.Reading;

/// <summary>
/// Reads a box of one chunk, in the cheapest way that its codecs allow:
/// 1. elements that are stored as memory holds them are read straight to where they belong;
/// 2. of a shard only the index and the inner chunks of the box are read, and each is read in the same way;
/// 3. elements that nothing but Zstandard changed are decoded piece by piece to where they belong;
/// 4. otherwise all stored bytes are read and decoded.
/// </summary>
internal static class ChunkReader
{
    // A stored value up to this size is read in one go, without asking for its length first.
    private const long SmallChunk = 64 << 10;

    // Inner chunks that lie this close are read together: the gap costs less than another read.
    private const long MaxGap = 4 << 10;

    // Bytes of inner chunks that are read together, unless one alone is larger.
    private const long MaxGroup = 4 << 20;

    // A read of raw elements that would need more pieces than this reads what lies between them, too.
    private const int MinRun = 4 << 10;

    /// <summary>Reads a box of a chunk.</summary>
    /// <param name="codecs">The codecs of the chunk.</param>
    /// <param name="source">Its stored bytes.</param>
    /// <param name="origin">First index of the box.</param>
    /// <param name="destination">Where the elements go.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>False where the chunk is missing; then the destination is as it was.</returns>
    public static ValueTask<bool> ReadAsync(
        CodecPipeline codecs, ChunkSource source, long[] origin, ArrayView destination, CancellationToken cancellationToken)
    {
        if (codecs.Spec.ByteCount <= SmallChunk)
        {
            return ReadSmallAsync(codecs, source, origin, destination, cancellationToken);
        }

        if (codecs.IsRaw)
        {
            return ReadRawAsync(codecs, source, origin, destination, cancellationToken);
        }

        if (codecs.Stream is not null && codecs.TryGetContiguous(destination, out LongMemory elements))
        {
            return ChunkStream.ReadAsync(codecs, source, elements, cancellationToken);
        }

        return codecs.IsPartial
            ? ReadShardAsync(codecs, source, origin, destination, cancellationToken)
            : ReadWholeAsync(codecs, source, origin, destination, cancellationToken);
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
        CodecPipeline codecs, ChunkSource source, long[] origin, ArrayView destination, CancellationToken cancellationToken)
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
            return await source.ReadAsync(box.First, box.View.Contiguous, cancellationToken).ConfigureAwait(false);
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

    private static async ValueTask<bool> ReadShardAsync(
        CodecPipeline codecs, ChunkSource source, long[] origin, ArrayView destination, CancellationToken cancellationToken)
    {
        ShardingIndexedCodec sharding = codecs.Sharding!;
        if (await source.GetLengthAsync(cancellationToken).ConfigureAwait(false) is not { } shardLength)
        {
            return false;
        }

        ShardIndex index;
        using (ScratchBuffer bytes = ScratchBuffer.Rent(sharding.IndexLength))
        {
            try
            {
                sharding.CheckLength(shardLength);
                long indexOffset = sharding.IndexAtStart ? 0 : shardLength - sharding.IndexLength;
                if (!await source.ReadAsync(indexOffset, bytes.Memory, cancellationToken).ConfigureAwait(false))
                {
                    return false;
                }

                index = sharding.DecodeIndex(bytes.Span.Window(0, sharding.IndexLength), shardLength);
            }
            catch (OcdbtSharpException exception) when (exception.Location is null)
            {
                throw exception.At(source.Location);
            }
        }

        ArrayView view = codecs.StoredOrder(destination);
        List<InnerChunk> wanted = [];
        foreach (ChunkPart part in sharding.Grid.Parts(codecs.StoredOrder(origin).ToArray(), view.Shape))
        {
            ArrayView target = view.Slice(part.Position, part.Shape);
            if (index.TryGet(part.LinearIndex, out long offset, out long length))
            {
                wanted.Add(new InnerChunk(offset, length, part.Origin, target));
            }
            else
            {
                target.Fill(codecs.Spec.FillValue);
            }
        }

        wanted.Sort(static (left, right) => left.Offset.CompareTo(right.Offset));
        for (int first = 0; first < wanted.Count;)
        {
            int next = Group(wanted, first, out long end);
            await ReadGroupAsync(sharding.Inner, source, wanted, first, next, end, cancellationToken).ConfigureAwait(false);
            first = next;
        }

        return true;
    }

    /// <summary>Finds the inner chunks that are read together.</summary>
    /// <returns>The first that is not one of them.</returns>
    private static int Group(List<InnerChunk> wanted, int first, out long end)
    {
        long start = wanted[first].Offset;
        end = start + wanted[first].Length;
        int next = first + 1;
        for (; next < wanted.Count; next++)
        {
            InnerChunk chunk = wanted[next];
            if (chunk.Offset - end > MaxGap || chunk.Offset + chunk.Length - start > MaxGroup)
            {
                break;
            }

            end = Math.Max(end, chunk.Offset + chunk.Length);
        }

        return next;
    }

    private static async ValueTask ReadGroupAsync(
        CodecPipeline codecs, ChunkSource source, List<InnerChunk> wanted, int first, int next, long end, CancellationToken cancellationToken)
    {
        // One inner chunk is read like a chunk: straight to its place, or in parts where it is a shard itself.
        if (next == first + 1)
        {
            InnerChunk chunk = wanted[first];
            if (!await ReadAsync(codecs, source.Slice(chunk.Offset, chunk.Length), chunk.Origin, chunk.Destination, cancellationToken).ConfigureAwait(false))
            {
                throw new StorageException("the chunk was deleted while it was read", source.Location);
            }

            return;
        }

        long start = wanted[first].Offset;
        using ScratchBuffer bytes = ScratchBuffer.Rent(end - start);
        if (!await source.ReadAsync(start, bytes.Memory, cancellationToken).ConfigureAwait(false))
        {
            throw new StorageException("the chunk was deleted while it was read", source.Location);
        }

        for (int i = first; i < next; i++)
        {
            InnerChunk chunk = wanted[i];
            Decode(codecs, source, bytes.Span.Slice(chunk.Offset - start, chunk.Length), chunk.Origin, chunk.Destination);
        }
    }

    private static void Decode(CodecPipeline codecs, ChunkSource source, ReadOnlyLongSpan encoded, long[] origin, ArrayView destination)
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

    private readonly record struct InnerChunk(long Offset, long Length, long[] Origin, ArrayView Destination);
}

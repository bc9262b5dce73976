using System.Runtime.ExceptionServices;
using OcdbtSharp.KvStore.Buffers;
using OcdbtSharp.Zarr3.Codecs;

namespace OcdbtSharp.Zarr3.Writing;

/// <summary>
/// Makes the stored bytes of a chunk from those that it had and a box of new elements:
/// 1. a box that is all of the chunk is encoded as it is, without a look at the old bytes;
/// 2. in a shard each inner chunk is updated in this same way, and those outside the box are taken over undecoded;
/// 3. otherwise the old elements are decoded, the new ones put over them, and all are encoded.
/// What an edge chunk holds beyond the array is the fill value where the chunk is new, else what it was.
/// </summary>
/// <param name="storeFillValue">Whether chunks and inner chunks of nothing but the fill value are stored.</param>
/// <param name="degreeOfParallelism">Most inner chunks of one shard that are updated at the same time, or parts of one large chunk that are encoded.</param>
internal sealed class ChunkUpdate(bool storeFillValue, int degreeOfParallelism = 1)
{
    // Inner chunks of fewer bytes are not worth another thread.
    private const long MinParallelBytes = 32 << 10;

    // Encoded inner chunks that wait for their turn, for each thread.
    private const int Ahead = 4;

    /// <summary>Whether a box is all of a chunk that lies within the array.</summary>
    public static bool Covers(ReadOnlySpan<long> bounds, ReadOnlySpan<long> origin, ReadOnlySpan<long> shape) =>
        shape.SequenceEqual(bounds) && !origin.ContainsAnyExcept(0);

    /// <summary>The extents of a chunk that lie within bounds.</summary>
    /// <param name="bounds">Extents of the whole.</param>
    /// <param name="chunkShape">Extents of a chunk.</param>
    /// <param name="index">Position of the chunk in the grid.</param>
    public static long[] Bounds(ReadOnlySpan<long> bounds, ReadOnlySpan<long> chunkShape, ReadOnlySpan<long> index)
    {
        long[] clipped = new long[index.Length];
        for (int axis = 0; axis < clipped.Length; axis++)
        {
            clipped[axis] = Math.Min(chunkShape[axis], bounds[axis] - index[axis] * chunkShape[axis]);
        }

        return clipped;
    }

    /// <summary>Makes the new stored bytes.</summary>
    /// <param name="codecs">The codecs of the chunk.</param>
    /// <param name="stored">The old stored bytes; null where there are none.</param>
    /// <param name="bounds">The extents of the chunk that lie within the array.</param>
    /// <param name="origin">First index of the box.</param>
    /// <param name="box">The new elements.</param>
    /// <returns>Null where nothing is to be stored. The bytes may be those of <paramref name="box"/>.</returns>
    public EncodedChunk? Apply(
        CodecPipeline codecs, LongMemory? stored, ReadOnlySpan<long> bounds, ReadOnlySpan<long> origin, in ArrayView box)
    {
        bool covers = Covers(bounds, origin, box.Shape);
        LongMemory? old = covers ? null : stored;
        if (codecs.IsPartial)
        {
            return ApplyToShard(codecs, old, bounds, origin, box);
        }

        if (covers && bounds.SequenceEqual(codecs.Spec.Shape))
        {
            return Encode(codecs, box);
        }

        ScratchBuffer? scratch = ScratchBuffer.Rent(codecs.Spec.ByteCount);
        try
        {
            ArrayView chunk = ArrayView.RowMajor(scratch.Memory, codecs.Spec.Shape, codecs.Spec.DataType.Size);
            if (old is { } bytes)
            {
                codecs.Decode(bytes.Span, chunk);
            }
            else
            {
                chunk.Fill(codecs.Spec.FillValue);
            }

            StridedCopy.Copy(box.Memory.Span, box.Offset, box.Strides, chunk.Slice(origin, box.Shape));
            EncodedChunk? encoded = Encode(codecs, chunk);
            if (encoded is not { IsBorrowed: true })
            {
                return encoded;
            }

            EncodedChunk owned = new(scratch, encoded.Length);
            scratch = null;
            return owned;
        }
        finally
        {
            scratch?.Dispose();
        }
    }

    private EncodedChunk? Encode(CodecPipeline codecs, in ArrayView chunk) =>
        !storeFillValue && chunk.IsFilledWith(codecs.Spec.FillValue) ? null : codecs.Encode(chunk, storeFillValue, degreeOfParallelism);

    private EncodedChunk? ApplyToShard(
        CodecPipeline codecs, LongMemory? stored, ReadOnlySpan<long> bounds, ReadOnlySpan<long> origin, in ArrayView box)
    {
        ShardingIndexedCodec sharding = codecs.Sharding!;
        ArrayView view = codecs.StoredOrder(box);
        long[] storedBounds = codecs.StoredOrder(bounds).ToArray();
        ShardIndex? index = stored is { } shard ? sharding.DecodeIndex(shard.Span) : null;
        using ShardWriter writer = new(sharding, Extents.Product(storedBounds) * codecs.Spec.DataType.Size);
        long next = 0;
        bool parallel = degreeOfParallelism > 1 && sharding.Inner.Spec.ByteCount >= MinParallelBytes;
        foreach (ChunkPart[] parts in sharding.Grid.Parts(codecs.StoredOrder(origin).ToArray(), view.Shape).Chunk(parallel ? Ahead * degreeOfParallelism : 1))
        {
            EncodedChunk?[] encoded = new EncodedChunk?[parts.Length];
            try
            {
                Apply(sharding.Inner, stored, index, storedBounds, view, parts, encoded);
                for (int i = 0; i < parts.Length; i++)
                {
                    CopyInnerChunks(stored, index, next, parts[i].LinearIndex, writer);
                    next = parts[i].LinearIndex + 1;
                    if (encoded[i] is { } chunk)
                    {
                        writer.Add(parts[i].LinearIndex, chunk.Span);
                    }
                }
            }
            finally
            {
                foreach (EncodedChunk? chunk in encoded)
                {
                    chunk?.Dispose();
                }
            }
        }

        CopyInnerChunks(stored, index, next, index?.Count ?? 0, writer);
        return writer.IsEmpty ? null : writer.Finish();
    }

    private void Apply(
        CodecPipeline inner, LongMemory? stored, ShardIndex? index, long[] bounds, ArrayView view, ChunkPart[] parts, EncodedChunk?[] encoded)
    {
        void Update(int i)
        {
            ChunkPart part = parts[i];
            long[] innerBounds = Bounds(bounds, inner.Spec.Shape, part.Index);
            encoded[i] = Apply(inner, TryGet(stored, index, part.LinearIndex), innerBounds, part.Origin, view.Slice(part.Position, part.Shape));
        }

        if (parts.Length == 1)
        {
            Update(0);
            return;
        }

        try
        {
            Parallel.For(0, parts.Length, new ParallelOptions { MaxDegreeOfParallelism = degreeOfParallelism }, Update);
        }
        catch (AggregateException exception)
        {
            ExceptionDispatchInfo.Throw(exception.InnerExceptions[0]);
        }
    }

    private static void CopyInnerChunks(LongMemory? stored, ShardIndex? index, long first, long end, ShardWriter writer)
    {
        for (long chunk = first; index is not null && chunk < end; chunk++)
        {
            if (TryGet(stored, index, chunk) is { } bytes)
            {
                writer.Add(chunk, bytes.Span);
            }
        }
    }

    /// <summary>The stored bytes of an inner chunk; null where it is not stored.</summary>
    private static LongMemory? TryGet(LongMemory? stored, ShardIndex? index, long chunk) =>
        stored is { } shard && index is not null && index.TryGet(chunk, out long offset, out long length)
            ? shard.Slice(offset, length)
            : default(LongMemory?);
}

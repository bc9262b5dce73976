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
internal sealed class ChunkUpdate(bool storeFillValue)
{
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
    /// <param name="stored">The old stored bytes.</param>
    /// <param name="exists">Whether there are any.</param>
    /// <param name="bounds">The extents of the chunk that lie within the array.</param>
    /// <param name="origin">First index of the box.</param>
    /// <param name="box">The new elements.</param>
    /// <returns>Null where nothing is to be stored. The bytes may be those of <paramref name="box"/>.</returns>
    public EncodedChunk? Apply(
        CodecPipeline codecs, ReadOnlyLongSpan stored, bool exists, ReadOnlySpan<long> bounds, ReadOnlySpan<long> origin, in ArrayView box)
    {
        bool covers = Covers(bounds, origin, box.Shape);
        exists &= !covers;
        if (codecs.IsPartial)
        {
            return ApplyToShard(codecs, stored, exists, bounds, origin, box);
        }

        if (covers && bounds.SequenceEqual(codecs.Spec.Shape))
        {
            return Encode(codecs, box);
        }

        ScratchBuffer? scratch = ScratchBuffer.Rent(codecs.Spec.ByteCount);
        try
        {
            ArrayView chunk = ArrayView.RowMajor(scratch.Memory, codecs.Spec.Shape, codecs.Spec.DataType.Size);
            if (exists)
            {
                codecs.Decode(stored, chunk);
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
        !storeFillValue && chunk.IsFilledWith(codecs.Spec.FillValue) ? null : codecs.Encode(chunk, storeFillValue);

    private EncodedChunk? ApplyToShard(
        CodecPipeline codecs, ReadOnlyLongSpan stored, bool exists, ReadOnlySpan<long> bounds, ReadOnlySpan<long> origin, in ArrayView box)
    {
        ShardingIndexedCodec sharding = codecs.Sharding!;
        CodecPipeline inner = sharding.Inner;
        ArrayView view = codecs.StoredOrder(box);
        ReadOnlySpan<long> storedBounds = codecs.StoredOrder(bounds);
        ShardIndex? index = exists ? sharding.DecodeIndex(stored) : null;
        using ShardWriter writer = new(sharding);
        long next = 0;
        foreach (ChunkPart part in sharding.Grid.Parts(codecs.StoredOrder(origin).ToArray(), view.Shape))
        {
            CopyInnerChunks(stored, index, next, part.LinearIndex, writer);
            next = part.LinearIndex + 1;
            bool innerExists = TryGet(stored, index, part.LinearIndex, out ReadOnlyLongSpan innerStored);
            long[] innerBounds = Bounds(storedBounds, inner.Spec.Shape, part.Index);
            using EncodedChunk? encoded = Apply(inner, innerStored, innerExists, innerBounds, part.Origin, view.Slice(part.Position, part.Shape));
            if (encoded is not null)
            {
                writer.Add(part.LinearIndex, encoded.Span);
            }
        }

        CopyInnerChunks(stored, index, next, index?.Count ?? 0, writer);
        return writer.IsEmpty ? null : writer.Finish();
    }

    private static void CopyInnerChunks(ReadOnlyLongSpan stored, ShardIndex? index, long first, long end, ShardWriter writer)
    {
        for (long chunk = first; index is not null && chunk < end; chunk++)
        {
            if (TryGet(stored, index, chunk, out ReadOnlyLongSpan bytes))
            {
                writer.Add(chunk, bytes);
            }
        }
    }

    private static bool TryGet(ReadOnlyLongSpan stored, ShardIndex? index, long chunk, out ReadOnlyLongSpan bytes)
    {
        if (index is not null && index.TryGet(chunk, out long offset, out long length))
        {
            bytes = stored.Slice(offset, length);
            return true;
        }

        bytes = default;
        return false;
    }
}

using OcdbtSharp.KvStore.Buffers;
using OcdbtSharp.Zarr3.Codecs;
using OcdbtSharp.Zarr3.Transfer;

namespace OcdbtSharp.Zarr3.Reading;

/// <summary>
/// A chunk that is read box by box, each behind the one before it in C order, and decoded once nevertheless:
/// 1. elements that are stored as memory holds them are read where they lie;
/// 2. of a shard the index is read once, and each inner chunk is a chunk again;
/// 3. what can be decoded piece by piece is, up to the last box;
/// 4. anything else is decoded whole, and held until the cursor is disposed: in memory, or in a file where it is too large for that.
/// </summary>
/// <param name="codecs">The codecs of the chunk.</param>
/// <param name="source">Its stored bytes.</param>
/// <param name="first">The first index of what is read of it.</param>
/// <param name="end">Behind the last index along each axis.</param>
/// <param name="spill">What is held in memory, and where the rest goes.</param>
internal sealed class ChunkCursor(CodecPipeline codecs, ChunkSource source, long[] first, long[] end, Spill spill) : IDisposable
{
    private readonly Dictionary<long, ChunkCursor> _inner = [];
    private bool _isOpen;
    private bool _isMissing;
    private ShardIndex? _index;
    private ElementStream? _stream;
    private ScratchBuffer? _elements;
    private SpilledChunk? _spilled;

    /// <summary>Bytes of memory that a cursor holds at most.</summary>
    /// <param name="codecs">The codecs of the chunk.</param>
    /// <param name="spill">What is held in memory.</param>
    public static long Bytes(CodecPipeline codecs, Spill spill)
    {
        if (codecs.IsRaw)
        {
            return 0;
        }

        if (codecs.IsPartial)
        {
            // A box behind another begins in the same row of inner chunks at the earliest.
            ChunkGrid grid = codecs.Sharding!.Grid;
            long row = Extents.Product(grid.GridShape[Math.Min(1, grid.GridShape.Length)..]);
            return row * Bytes(codecs.Sharding.Inner, spill);
        }

        return codecs.IsStreaming && (codecs.IsInOrder || IsSpilled(codecs, spill))
            ? Math.Min(codecs.StreamBytes, codecs.Spec.ByteCount)
            : codecs.Spec.ByteCount + Math.Min(codecs.MaxEncodedLength, 2 * codecs.Spec.ByteCount);
    }

    /// <summary>Reads a box.</summary>
    /// <param name="origin">First index of the box in the chunk.</param>
    /// <param name="destination">Where the elements go.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>False where the chunk is missing; then the destination is as it was.</returns>
    public async ValueTask<bool> ReadAsync(long[] origin, ArrayView destination, CancellationToken cancellationToken)
    {
        if (codecs.IsRaw)
        {
            return await ChunkReader.ReadAsync(codecs, source, origin, destination, degreeOfParallelism: 1, cancellationToken).ConfigureAwait(false);
        }

        if (!_isOpen)
        {
            _isMissing = !await OpenAsync(cancellationToken).ConfigureAwait(false);
            _isOpen = true;
        }

        if (_isMissing)
        {
            return false;
        }

        if (_index is not null)
        {
            await ReadShardAsync(_index, origin, destination, cancellationToken).ConfigureAwait(false);
        }
        else if (_stream is not null)
        {
            await _stream.ReadAsync(origin, destination, cancellationToken).ConfigureAwait(false);
            bool isEnd = end.AsSpan().SequenceEqual(codecs.Spec.Shape) && origin.Zip(destination.Shape, end).All(static axis => axis.First + axis.Second == axis.Third);
            if (isEnd)
            {
                await _stream.FinishAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        else if (_spilled is not null)
        {
            _spilled.Read(origin, destination);
        }
        else
        {
            ArrayView chunk = ArrayView.RowMajor(_elements!.Memory, codecs.Spec.Shape, codecs.Spec.DataType.Size);
            StridedCopy.Copy(chunk.Memory.Span, chunk.Slice(origin, destination.Shape).Offset, chunk.Strides, destination);
        }

        return true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stream?.Dispose();
        _elements?.Dispose();
        _spilled?.Dispose();
        foreach (ChunkCursor cursor in _inner.Values)
        {
            cursor.Dispose();
        }

        _inner.Clear();
    }

    /// <summary>Whether a chunk goes to a file where it is read box by box.</summary>
    public static bool IsSpilled(CodecPipeline codecs, Spill spill) =>
        codecs.IsStreaming && !codecs.IsInOrder && spill.Folder is not null && codecs.Spec.ByteCount > spill.MaxHeld;

    private async ValueTask<bool> OpenAsync(CancellationToken cancellationToken)
    {
        if (codecs.IsPartial)
        {
            _index = await ShardReader.ReadIndexAsync(codecs.Sharding!, source, cancellationToken).ConfigureAwait(false);
            return _index is not null;
        }

        if (codecs.IsStreaming && codecs.IsInOrder)
        {
            _stream = await ElementStream.OpenAsync(codecs, source, cancellationToken).ConfigureAwait(false);
            return _stream is not null;
        }

        if (IsSpilled(codecs, spill))
        {
            _spilled = await SpilledChunk.CreateAsync(codecs, source, spill.Folder!, cancellationToken).ConfigureAwait(false);
            return _spilled is not null;
        }

        _elements = ScratchBuffer.Rent(codecs.Spec.ByteCount);
        ArrayView chunk = ArrayView.RowMajor(_elements.Memory, codecs.Spec.Shape, codecs.Spec.DataType.Size);
        return await ChunkReader.ReadAsync(codecs, source, new long[chunk.Shape.Length], chunk, degreeOfParallelism: 1, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask ReadShardAsync(ShardIndex index, long[] origin, ArrayView destination, CancellationToken cancellationToken)
    {
        ShardingIndexedCodec sharding = codecs.Sharding!;
        ArrayView view = codecs.StoredOrder(destination);
        foreach (ChunkPart part in sharding.Grid.Parts(codecs.StoredOrder(origin).ToArray(), view.Shape))
        {
            ArrayView target = view.Slice(part.Position, part.Shape);
            if (!index.TryGet(part.LinearIndex, out long offset, out long length))
            {
                target.Fill(codecs.Spec.FillValue);
                continue;
            }

            ChunkSource bytes = source.Slice(offset, length);
            (long[] from, long[] to) = Clip(part.Index, sharding.Grid.ChunkShape);
            if (!_inner.TryGetValue(part.LinearIndex, out ChunkCursor? cursor))
            {
                if (part.Origin.AsSpan().SequenceEqual(from) && EndsAt(part, to))
                {
                    if (!await ChunkReader.ReadAsync(sharding.Inner, bytes, part.Origin, target, degreeOfParallelism: 1, cancellationToken).ConfigureAwait(false))
                    {
                        throw source.Deleted();
                    }

                    continue;
                }

                _inner.Add(part.LinearIndex, cursor = new ChunkCursor(sharding.Inner, bytes, from, to, spill));
            }

            if (!await cursor.ReadAsync(part.Origin, target, cancellationToken).ConfigureAwait(false))
            {
                throw source.Deleted();
            }

            if (EndsAt(part, to))
            {
                cursor.Dispose();
                _inner.Remove(part.LinearIndex);
            }
        }
    }

    /// <summary>What is read of an inner chunk, with the axes as they are stored.</summary>
    private (long[] First, long[] End) Clip(long[] index, long[] shape)
    {
        long[] from = codecs.StoredOrder(first).ToArray();
        long[] to = codecs.StoredOrder(end).ToArray();
        for (int axis = 0; axis < shape.Length; axis++)
        {
            long start = index[axis] * shape[axis];
            (from[axis], to[axis]) = (Math.Max(0, from[axis] - start), Math.Min(shape[axis], to[axis] - start));
        }

        return (from, to);
    }

    /// <summary>Whether the last element of a part is the last that is read of its chunk.</summary>
    private static bool EndsAt(in ChunkPart part, long[] limit)
    {
        for (int axis = 0; axis < limit.Length; axis++)
        {
            if (part.Origin[axis] + part.Shape[axis] != limit[axis])
            {
                return false;
            }
        }

        return true;
    }
}

using OcdbtSharp.KvStore.Buffers;
using OcdbtSharp.Zarr3.Codecs;

namespace OcdbtSharp.Zarr3.Reading;

/// <summary>
/// Reads what is selected of one chunk. A single box is read by <see cref="ChunkReader"/>; of more, what can be read in parts is, and a chunk that only
/// decodes as a whole is read and decoded once.
/// </summary>
internal static class SelectionReader
{
    /// <summary>Reads what is selected of a chunk.</summary>
    /// <param name="codecs">The codecs of the chunk.</param>
    /// <param name="source">Its stored bytes.</param>
    /// <param name="selection">What is read.</param>
    /// <param name="destination">Where the elements go, those of other chunks included.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>False where the chunk is missing; then the destination is as it was.</returns>
    public static ValueTask<bool> ReadAsync(
        CodecPipeline codecs, ChunkSource source, ChunkSelection selection, ArrayView destination, CancellationToken cancellationToken)
    {
        if (selection.IsBox)
        {
            (long[] origin, ArrayView view) = selection.Boxes(destination).First();
            return ChunkReader.ReadAsync(codecs, source, origin, view, degreeOfParallelism: 1, cancellationToken);
        }

        bool isSmall = codecs.Spec.ByteCount <= ChunkReader.SmallChunk;
        return codecs.IsRaw && !isSmall ? ReadRawAsync(codecs, source, selection, destination, cancellationToken)
            : codecs.IsPartial && !isSmall ? ShardReader.ReadAsync(codecs, source, selection, destination, cancellationToken)
            : ReadWholeAsync(codecs, source, selection, destination, cancellationToken);
    }

    /// <summary>Decodes what is selected of a chunk whose stored bytes are in memory.</summary>
    public static void Decode(CodecPipeline codecs, ChunkSource source, ReadOnlyLongSpan encoded, ChunkSelection selection, ArrayView destination)
    {
        if (codecs.IsRaw || selection.IsBox)
        {
            foreach ((long[] origin, ArrayView view) in selection.Boxes(destination))
            {
                ChunkReader.Decode(codecs, source, encoded, origin, view);
            }

            return;
        }

        using ScratchBuffer scratch = ScratchBuffer.Rent(codecs.Spec.ByteCount);
        ArrayView chunk = WholeChunk(codecs, scratch);
        ChunkReader.Decode(codecs, source, encoded, new long[chunk.Shape.Length], chunk);
        Copy(chunk, selection, destination);
    }

    /// <summary>Sets what is selected to a fill value.</summary>
    public static void Fill(ChunkSelection selection, ArrayView destination, byte[]? value)
    {
        foreach ((_, ArrayView view) in selection.Boxes(destination))
        {
            view.Fill(value);
        }
    }

    /// <summary>Reads elements that are stored as memory holds them, those that lie close to each other at once.</summary>
    private static async ValueTask<bool> ReadRawAsync(
        CodecPipeline codecs, ChunkSource source, ChunkSelection selection, ArrayView destination, CancellationToken cancellationToken)
    {
        long[] stored = codecs.StoredOrder(codecs.Spec.Shape).ToArray();
        long[] strides = codecs.ArrayOrder(Extents.RowMajorStrides(stored, codecs.Spec.DataType.Size));
        foreach ((long[] origin, long[] shape, ChunkSelection within) in selection.Clusters(strides, ChunkSource.MaxGap, ChunkSource.MaxTogether))
        {
            if (within.IsBox)
            {
                if (!await ChunkReader.ReadAsync(codecs, source, origin, within.Boxes(destination).First().Destination, degreeOfParallelism: 1, cancellationToken).ConfigureAwait(false))
                {
                    return false;
                }

                continue;
            }

            long bytes = Extents.Product(shape) * codecs.Spec.DataType.Size;
            using ScratchBuffer scratch = ScratchBuffer.Rent(bytes);
            ArrayView box = ArrayView.RowMajor(scratch.Memory, shape, codecs.Spec.DataType.Size);
            if (!await ChunkReader.ReadAsync(codecs, source, origin, box, degreeOfParallelism: 1, cancellationToken).ConfigureAwait(false))
            {
                return false;
            }

            Copy(box, within, destination);
        }

        return true;
    }

    private static async ValueTask<bool> ReadWholeAsync(
        CodecPipeline codecs, ChunkSource source, ChunkSelection selection, ArrayView destination, CancellationToken cancellationToken)
    {
        using ScratchBuffer scratch = ScratchBuffer.Rent(codecs.Spec.ByteCount);
        ArrayView chunk = WholeChunk(codecs, scratch);
        if (!await ChunkReader.ReadAsync(codecs, source, new long[chunk.Shape.Length], chunk, degreeOfParallelism: 1, cancellationToken).ConfigureAwait(false))
        {
            return false;
        }

        Copy(chunk, selection, destination);
        return true;
    }

    private static ArrayView WholeChunk(CodecPipeline codecs, ScratchBuffer scratch) =>
        ArrayView.RowMajor(scratch.Memory, codecs.Spec.Shape, codecs.Spec.DataType.Size);

    private static void Copy(ArrayView source, ChunkSelection selection, ArrayView destination)
    {
        foreach ((long[] origin, ArrayView view) in selection.Boxes(destination))
        {
            StridedCopy.Copy(source.Memory.Span, source.Slice(origin, view.Shape).Offset, source.Strides, view);
        }
    }
}

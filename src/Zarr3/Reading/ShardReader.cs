using OcdbtSharp.KvStore;
using OcdbtSharp.KvStore.Buffers;
using OcdbtSharp.Zarr3.Codecs;

namespace OcdbtSharp.Zarr3.Reading;

/// <summary>
/// Reads a part of a shard: its index, once, and each inner chunk that is touched, once. Inner chunks that lie close to each other are read together.
/// </summary>
internal static class ShardReader
{
    /// <summary>Reads what is selected of a shard.</summary>
    /// <param name="codecs">The codecs of the shard, of which parts can be read.</param>
    /// <param name="source">Its stored bytes.</param>
    /// <param name="selection">What is read.</param>
    /// <param name="destination">Where the elements go, those of other chunks included.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>False where the shard is missing; then the destination is as it was.</returns>
    public static async ValueTask<bool> ReadAsync(
        CodecPipeline codecs, ChunkSource source, ChunkSelection selection, ArrayView destination, CancellationToken cancellationToken)
    {
        ShardingIndexedCodec sharding = codecs.Sharding!;
        if (await ReadIndexAsync(sharding, source, cancellationToken).ConfigureAwait(false) is not { } index)
        {
            return false;
        }

        ArrayView view = codecs.StoredOrder(destination);
        List<InnerChunk> wanted = [];
        foreach (SelectedChunk part in codecs.StoredOrder(selection).Split(sharding.Grid))
        {
            if (index.TryGet(part.LinearIndex, out long offset, out long length))
            {
                wanted.Add(new InnerChunk(offset, length, part.Selection));
            }
            else
            {
                SelectionReader.Fill(part.Selection, view, codecs.Spec.FillValue);
            }
        }

        wanted.Sort(static (left, right) => left.Offset.CompareTo(right.Offset));
        for (int first = 0; first < wanted.Count;)
        {
            int next = Group(wanted, first, out long end);
            await ReadGroupAsync(sharding.Inner, source, wanted[first..next], end, view, cancellationToken).ConfigureAwait(false);
            first = next;
        }

        return true;
    }

    /// <summary>Reads the index of a shard; null where the shard is missing.</summary>
    /// <exception cref="CorruptDataException">The index is damaged.</exception>
    public static async ValueTask<ShardIndex?> ReadIndexAsync(ShardingIndexedCodec sharding, ChunkSource source, CancellationToken cancellationToken)
    {
        if (await source.GetLengthAsync(cancellationToken).ConfigureAwait(false) is not { } shardLength)
        {
            return null;
        }

        using ScratchBuffer bytes = ScratchBuffer.Rent(sharding.IndexLength);
        try
        {
            sharding.CheckLength(shardLength);
            long indexOffset = sharding.IndexAtStart ? 0 : shardLength - sharding.IndexLength;
            return await source.ReadAsync(indexOffset, bytes.Memory, cancellationToken).ConfigureAwait(false)
                ? sharding.DecodeIndex(bytes.Span.Window(0, sharding.IndexLength), shardLength)
                : null;
        }
        catch (OcdbtSharpException exception) when (exception.Location is null)
        {
            throw exception.At(source.Location);
        }
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
            if (chunk.Offset - end > ChunkSource.MaxGap || chunk.Offset + chunk.Length - start > ChunkSource.MaxTogether)
            {
                break;
            }

            end = Math.Max(end, chunk.Offset + chunk.Length);
        }

        return next;
    }

    private static async ValueTask ReadGroupAsync(
        CodecPipeline codecs, ChunkSource source, List<InnerChunk> group, long end, ArrayView destination, CancellationToken cancellationToken)
    {
        // One inner chunk is read like a chunk: straight to its place, or in parts where it is a shard itself.
        if (group is [InnerChunk only])
        {
            ChunkSource bytesOfOne = source.Slice(only.Offset, only.Length);
            if (!await SelectionReader.ReadAsync(codecs, bytesOfOne, only.Selection, destination, cancellationToken).ConfigureAwait(false))
            {
                throw source.Deleted();
            }

            return;
        }

        long start = group[0].Offset;
        using ScratchBuffer bytes = ScratchBuffer.Rent(end - start);
        if (!await source.ReadAsync(start, bytes.Memory, cancellationToken).ConfigureAwait(false))
        {
            throw source.Deleted();
        }

        foreach (InnerChunk chunk in group)
        {
            SelectionReader.Decode(codecs, source, bytes.Span.Slice(chunk.Offset - start, chunk.Length), chunk.Selection, destination);
        }
    }

    private readonly record struct InnerChunk(long Offset, long Length, ChunkSelection Selection);
}

using OcdbtSharp.KvStore;
using OcdbtSharp.KvStore.Files;
using OcdbtSharp.Zarr3.Codecs;

namespace OcdbtSharp.Zarr3.Reading;

/// <summary>
/// Finds where the elements of a region lie in a file, one behind the other and as memory holds them:
/// 1. the region lies in one chunk, and where that is a shard, in one inner chunk of it;
/// 2. no codec changed them, and their order is that of the region;
/// 3. the store has the chunk as a part of a file.
/// </summary>
internal static class MapOperation
{
    /// <summary>Maps a region.</summary>
    /// <returns>The mapping, or why there can be none.</returns>
    /// <exception cref="CorruptDataException">The chunk or the index of its shard is damaged, or a file is shorter than it should be.</exception>
    public static async ValueTask<(MappedExtent? Mapped, string? Refusal)> RunAsync(
        ZarrArray array, long[] origin, long[] shape, CancellationToken cancellationToken)
    {
        if (Extents.Product(shape) == 0)
        {
            return (MappedExtent.Empty, null);
        }

        if (array.Store is not IFileBackedKvStore files)
        {
            return NotInFile();
        }

        if (Only(array.Metadata.Grid, origin, shape) is not { } part)
        {
            return Apart(array.Metadata.Grid);
        }

        ChunkSource source = new(array.Store, array.Metadata.KeyEncoding.Encode(part.Index), 0, null);
        CodecPipeline codecs = array.Metadata.Codecs;

        // Bytes between neighbours in what is asked for. Axes are put in the order of what is looked into.
        long[] strides = Extents.RowMajorStrides(shape, array.DataType.Size);
        while (true)
        {
            origin = codecs.StoredOrder(part.Origin).ToArray();
            shape = codecs.StoredOrder(shape).ToArray();
            strides = codecs.StoredOrder(strides).ToArray();
            if (codecs.IsRaw)
            {
                return await MapAsync(files, source, codecs, origin, shape, strides, cancellationToken).ConfigureAwait(false);
            }

            if (codecs is not { IsPartial: true, Sharding: { } sharding })
            {
                return Refuse($"the codecs [{string.Join(", ", codecs.Codecs.Select(codec => codec.Name))}] store other bytes than those of the elements");
            }

            if (Only(sharding.Grid, origin, shape) is not { } inner)
            {
                return Apart(sharding.Grid);
            }

            if (await ShardReader.ReadIndexAsync(sharding, source, cancellationToken).ConfigureAwait(false) is not { } index
                || !index.TryGet(inner.LinearIndex, out long offset, out long length))
            {
                return Missing();
            }

            (part, source, codecs) = (inner, source.Slice(offset, length), sharding.Inner);
        }
    }

    /// <summary>Maps a box of a chunk that nothing but the order of its axes has changed.</summary>
    private static async ValueTask<(MappedExtent? Mapped, string? Refusal)> MapAsync(
        IFileBackedKvStore files, ChunkSource source, CodecPipeline codecs, long[] origin, long[] shape, long[] strides, CancellationToken cancellationToken)
    {
        int size = codecs.Spec.DataType.Size;
        long[] stored = Extents.RowMajorStrides(codecs.StoredOrder(codecs.Spec.Shape), size);
        long first = 0;
        for (int axis = 0; axis < shape.Length; axis++)
        {
            first += origin[axis] * stored[axis];
            if (shape[axis] != 1 && stored[axis] != strides[axis])
            {
                return Refuse("its elements are stored with gaps between them, or with the axes in another order");
            }
        }

        if (await files.FindInFileAsync(source.Key, cancellationToken).ConfigureAwait(false) is not { } value)
        {
            ReadResult found = await source.Store.StatAsync(source.Key, cancellationToken).ConfigureAwait(false);
            return found.HasValue ? NotInFile() : Missing();
        }

        FileExtent chunk = value.Slice(source.Offset, source.Length ?? value.Length);
        return chunk.Length == codecs.EncodedLength
            ? (MappedExtent.Open(chunk.Slice(first, Extents.Product(shape) * size)), null)
            : throw new CorruptDataException($"the chunk has {chunk.Length} bytes instead of {codecs.EncodedLength}", source.Location);
    }

    /// <summary>The one chunk that a region lies in; null where there are more.</summary>
    private static ChunkPart? Only(ChunkGrid grid, long[] origin, long[] shape) =>
        grid.Parts(origin, shape).Take(2).ToArray() is [ChunkPart only] ? only : null;

    private static (MappedExtent? Mapped, string? Refusal) Apart(ChunkGrid grid) =>
        Refuse($"the region does not lie in one chunk of shape {Extents.Format(grid.ChunkShape)}");

    private static (MappedExtent? Mapped, string? Refusal) NotInFile() =>
        Refuse("its chunk does not lie in a file: either the store has none, or it is a database, which keeps small values within its nodes");

    private static (MappedExtent? Mapped, string? Refusal) Missing() => Refuse("its chunk is not stored: the elements are the fill value");

    private static (MappedExtent? Mapped, string? Refusal) Refuse(string reason) => (null, reason);
}

using OcdbtSharp.KvStore;
using OcdbtSharp.KvStore.Files;
using OcdbtSharp.Zarr3.Reading;

namespace OcdbtSharp.Zarr3;

/// <content>Elements as they lie in a file.</content>
public sealed partial class ZarrArray
{
    /// <summary>
    /// Maps the elements of a region into memory as they lie in their file, without reading or copying them. That can be where they are stored as memory
    /// holds them (uncompressed and little-endian), in C order, within one chunk or one inner chunk of a shard, in a folder or in a database of a folder.
    /// </summary>
    /// <param name="region">The region; the whole array where not said otherwise.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The elements; dispose them when no span of them is used any more. See <see cref="MappedArray"/> for what is to be minded meanwhile.</returns>
    /// <exception cref="ArgumentException">The region is not within the array.</exception>
    /// <exception cref="NotSupportedException">The elements are not stored in such a way; the message says how they are.</exception>
    /// <exception cref="CorruptDataException">The chunk is damaged.</exception>
    /// <exception cref="StorageException">The storage failed, or the file cannot be mapped.</exception>
    public async ValueTask<MappedArray> MapAsync(ArrayRegion region = default, CancellationToken cancellationToken = default)
    {
        (long[] origin, long[] shape) = region.Resolve(Metadata.Shape);
        (MappedExtent? mapped, string? refusal) = await MapOperation.RunAsync(this, origin, shape, cancellationToken).ConfigureAwait(false);
        return mapped is not null
            ? new MappedArray(mapped, DataType, shape)
            : throw new NotSupportedException($"{Store.Describe(Key.Empty)}: this array cannot be mapped: {refusal}.");
    }

    /// <summary>Maps the elements of a region where that can be, and reads them into memory where not.</summary>
    /// <param name="region">The region; the whole array where not said otherwise.</param>
    /// <param name="options">Cost and checks of a read.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The elements, and in <see cref="MappedArray.IsMapped"/> which of the two came of it.</returns>
    /// <inheritdoc cref="ReadAsync(Memory{byte}, ArrayRegion, ArrayReadOptions?, CancellationToken)" path="/exception[not(contains(@cref, 'Argument'))]"/>
    /// <exception cref="ArgumentException">The region is not within the array.</exception>
    public async ValueTask<MappedArray> MapOrReadAsync(
        ArrayRegion region = default, ArrayReadOptions? options = null, CancellationToken cancellationToken = default)
    {
        (long[] origin, long[] shape) = region.Resolve(Metadata.Shape);
        (MappedExtent? mapped, _) = await MapOperation.RunAsync(this, origin, shape, cancellationToken).ConfigureAwait(false);
        if (mapped is not null)
        {
            return new MappedArray(mapped, DataType, shape);
        }

        NativeBuffer buffer = new(checked(Extents.Product(shape) * DataType.Size));
        try
        {
            await ReadAsync(buffer, region, options, cancellationToken).ConfigureAwait(false);
            return new MappedArray(buffer, DataType, shape);
        }
        catch
        {
            buffer.Dispose();
            throw;
        }
    }
}

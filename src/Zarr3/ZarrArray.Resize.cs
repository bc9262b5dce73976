using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using OcdbtSharp.KvStore;

namespace OcdbtSharp.Zarr3;

/// <content>Changes of the metadata of an array that exists.</content>
public sealed partial class ZarrArray
{
    /// <summary>
    /// Changes the extents. The metadata is replaced first, then the chunks outside of the new shape are deleted. A chunk of which a part stays is left as
    /// it is, as in TensorStore: where the array grows again, what it held beyond the edge comes back.
    /// </summary>
    /// <param name="shape">The new extent along each axis.</param>
    /// <param name="options">How many chunks are deleted at the same time.</param>
    /// <param name="cancellationToken">Gives up; the array may have the new shape, and chunks outside of it.</param>
    /// <returns>The array in its new shape. This instance keeps the old one, and is not to be used any more.</returns>
    /// <exception cref="ArgumentException">The shape has another rank, or a negative extent.</exception>
    /// <exception cref="StorageException">The array has been deleted, or the storage failed.</exception>
    public async ValueTask<ZarrArray> ResizeAsync(IReadOnlyList<long> shape, ArrayWriteOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(shape);
        if (shape.Count != Shape.Count || shape.Any(extent => extent < 0))
        {
            throw new ArgumentException($"An array of rank {Shape.Count} cannot have the shape {Extents.Format([.. shape])}.", nameof(shape));
        }

        ZarrArray resized = await UpdateMetadataAsync("shape", Zarr3.MetadataJson.Write([.. shape]), cancellationToken).ConfigureAwait(false);
        ParallelOptions parallel = new()
        {
            MaxDegreeOfParallelism = (options ?? new ArrayWriteOptions()).DegreeOfParallelism,
            CancellationToken = cancellationToken,
        };
        await Parallel.ForEachAsync(ChunksOutsideAsync(resized.Metadata.Grid, cancellationToken), parallel, async (key, token) =>
            await Store.DeleteAsync(key, default, token).ConfigureAwait(false)).ConfigureAwait(false);
        return resized;
    }

    /// <summary>Replaces the user's attributes.</summary>
    /// <param name="attributes">A JSON object.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The array with its new attributes; in version 3 this instance keeps the old ones.</returns>
    /// <exception cref="ArgumentException">They are not a JSON object.</exception>
    /// <exception cref="StorageException">The array has been deleted, or the storage failed.</exception>
    public async ValueTask<ZarrArray> WriteAttributesAsync(JsonElement attributes, CancellationToken cancellationToken = default)
    {
        JsonObject json = JsonObject.Create(attributes) ?? throw new ArgumentException("The attributes are not a JSON object.", nameof(attributes));
        if (Format == ZarrFormat.V3)
        {
            return await UpdateMetadataAsync("attributes", json, cancellationToken).ConfigureAwait(false);
        }

        await Store.WriteAsync(V2.V2Metadata.AttributesFileName, JsonSpelling.Write(attributes), default, cancellationToken).ConfigureAwait(false);
        return this;
    }

    /// <summary>Counts what is stored of the array. The store is listed, so it must be able to.</summary>
    /// <exception cref="NotSupportedException">The store cannot list.</exception>
    /// <exception cref="StorageException">The storage failed.</exception>
    public async ValueTask<ArrayStorage> GetStorageAsync(CancellationToken cancellationToken = default)
    {
        long chunks = Extents.TryByteCount(Metadata.Grid.GridShape, 1) ?? long.MaxValue;
        long stored = 0;
        long bytes = 0;
        long[] index = new long[Shape.Count];
        await foreach (ListEntry entry in Store.ListAsync(KeyRange.All, cancellationToken).ConfigureAwait(false))
        {
            if (Metadata.KeyEncoding.TryDecode(entry.Key, index) && !IsOutside(Metadata.Grid, index))
            {
                stored++;
                bytes += entry.Length >= 0 ? entry.Length : (await Store.StatAsync(entry.Key, cancellationToken).ConfigureAwait(false)).TotalLength;
            }
        }

        return new ArrayStorage(chunks, stored, bytes);
    }

    /// <summary>Replaces one member of the metadata file as it is stored now, and leaves the others in their order and spelling.</summary>
    private async ValueTask<ZarrArray> UpdateMetadataAsync(string name, JsonNode value, CancellationToken cancellationToken)
    {
        Key key = Format == ZarrFormat.V2 ? V2.V2Metadata.FileName : V3.V3Metadata.FileName;
        ZarrArray? changed = null;
        await ConditionalUpdate.RunAsync(
            async token =>
            {
                ReadResult stored = await Store.ReadAsync(key, default, token).ConfigureAwait(false);
                if (!stored.HasValue)
                {
                    throw new StorageException("The array has been deleted.", Store.Describe(key));
                }

                JsonObject json = JsonObject.Create(Zarr3.MetadataJson.Parse(stored.Value))!;
                json[name] = value.DeepClone();
                byte[] file = JsonSpelling.WriteUnsorted(JsonSpelling.ToElement(json));
                changed = new ZarrArray(Store, ArrayMetadata.Parse(file, Format, Store.Describe(key)));
                return await Store.ReplaceAsync(key, new ReadOnlySequence<byte>(file), stored.Generation, token).ConfigureAwait(false);
            },
            () => Store.Describe(key),
            cancellationToken).ConfigureAwait(false);
        return changed!;
    }

    /// <summary>The keys of chunks of this array that another grid does not have.</summary>
    private async IAsyncEnumerable<Key> ChunksOutsideAsync(
        ChunkGrid kept, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        long[] old = Metadata.Grid.GridShape.ToArray();
        if (!Enumerable.Range(0, old.Length).Any(axis => old[axis] > kept.GridShape[axis]))
        {
            yield break;
        }

        long[] index = new long[old.Length];
        if (Store.Capabilities.HasFlag(KvStoreCapabilities.List))
        {
            await foreach (ListEntry entry in Store.ListAsync(KeyRange.All, cancellationToken).ConfigureAwait(false))
            {
                if (Metadata.KeyEncoding.TryDecode(entry.Key, index) && IsOutside(kept, index))
                {
                    yield return entry.Key;
                }
            }
        }
        else if (!old.Contains(0))
        {
            long[] first = new long[old.Length];
            do
            {
                if (IsOutside(kept, index))
                {
                    yield return Metadata.KeyEncoding.Encode(index);
                }
            }
            while (Extents.Next(index, first, old));
        }
    }

    private static bool IsOutside(ChunkGrid grid, ReadOnlySpan<long> index)
    {
        for (int axis = 0; axis < index.Length; axis++)
        {
            if (index[axis] >= grid.GridShape[axis])
            {
                return true;
            }
        }

        return false;
    }
}

using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Json;
using OcdbtSharp.KvStore;
using OcdbtSharp.KvStore.Buffers;
using OcdbtSharp.Zarr3.Transfer;
using OcdbtSharp.Zarr3.V2;
using OcdbtSharp.Zarr3.V3;
using OcdbtSharp.Zarr3.Writing;

namespace OcdbtSharp.Zarr3;

/// <content>Creation and writing.</content>
public sealed partial class ZarrArray
{
    /// <summary>Creates an array. Its metadata is stored, and no chunk: every element is the fill value.</summary>
    /// <param name="store">A store whose root is the array.</param>
    /// <param name="options">What it is to be.</param>
    /// <param name="cancellationToken">Gives up; the array may exist nonetheless.</param>
    /// <exception cref="ArgumentException">The options do not make an array, or not the one that there is; the message names the member.</exception>
    /// <exception cref="UnsupportedFormatException">The options ask for something that is not known.</exception>
    /// <exception cref="StorageException">There is an array already, where that is an error, or the storage failed.</exception>
    public static async ValueTask<ZarrArray> CreateAsync(IKvStore store, ArrayCreateOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(options);
        NewMetadata created = NewMetadata.Of(options);
        ArrayMetadata metadata = created.Metadata;
        Key key = metadata.Format == ZarrFormat.V2 ? V2Metadata.FileName : V3Metadata.FileName;
        if (options.Mode == ZarrCreateMode.DeleteExisting)
        {
            await store.DeleteRangeAsync(KeyRange.All, cancellationToken).ConfigureAwait(false);
        }
        else if (options.Mode == ZarrCreateMode.OpenIfPresent || !store.Capabilities.HasFlag(KvStoreCapabilities.ConditionalWrite))
        {
            ReadResult existing = await store.ReadAsync(key, default, cancellationToken).ConfigureAwait(false);
            if (existing.HasValue)
            {
                return OpenExisting(store, key, existing, created, options.Mode);
            }
        }

        if (metadata.Format == ZarrFormat.V2 && options.Attributes is { ValueKind: JsonValueKind.Object } attributes)
        {
            await store.WriteAsync(V2Metadata.AttributesFileName, JsonSpelling.Write(attributes), default, cancellationToken).ConfigureAwait(false);
        }

        ReadOnlySequence<byte> file = new(JsonSpelling.Write(metadata.Json));
        if (await store.ReplaceAsync(key, file, StorageGeneration.NoValue, cancellationToken).ConfigureAwait(false))
        {
            return new ZarrArray(store, metadata);
        }

        // Somebody else was faster.
        return OpenExisting(store, key, await store.ReadAsync(key, default, cancellationToken).ConfigureAwait(false), created, options.Mode);
    }

    /// <summary>
    /// Writes a region. A chunk that the region covers is replaced; where it covers a part, the chunk is read, changed and written on the condition that it
    /// is still the same, and again where it is not.
    /// </summary>
    /// <param name="source">Exactly the region's elements, little-endian and in C order; not to be changed until the task ends.</param>
    /// <param name="region">The region; the whole array where not said otherwise.</param>
    /// <param name="options">Cost, and what to do with chunks of nothing but the fill value.</param>
    /// <param name="cancellationToken">Gives up; some chunks may have been written.</param>
    /// <exception cref="ArgumentException">The region is not within the array, or the source has another length.</exception>
    /// <exception cref="CorruptDataException">A chunk of which a part is to be written is damaged.</exception>
    /// <exception cref="StorageException">The storage failed.</exception>
    public ValueTask WriteAsync(
        ReadOnlyMemory<byte> source, ArrayRegion region = default, ArrayWriteOptions? options = null, CancellationToken cancellationToken = default) =>
        WriteAsync((LongMemory)MemoryMarshal.AsMemory(source), region, options, cancellationToken);

    /// <inheritdoc cref="WriteAsync(ReadOnlyMemory{byte}, ArrayRegion, ArrayWriteOptions?, CancellationToken)"/>
    public ValueTask WriteAsync(
        NativeBuffer source, ArrayRegion region = default, ArrayWriteOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        return WriteAsync((LongMemory)source, region, options, cancellationToken);
    }

    internal async ValueTask WriteAsync(LongMemory source, ArrayRegion region, ArrayWriteOptions? options, CancellationToken cancellationToken)
    {
        options ??= new ArrayWriteOptions();
        IEnumerable<ChunkWriteTask> tasks = PlanWrite(source, region, options.StoreFillValue, options.DegreeOfParallelism);
        TransferRunner runner = new(options.MaxMemory, options.DegreeOfParallelism) { Moved = options.Progress is { } progress ? progress.Report : null };
        await runner.RunAsync(tasks, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Cuts a write into the shares of the chunks, for a caller that schedules the writes of several arrays together.</summary>
    /// <param name="source">The region's elements.</param>
    /// <param name="region">The region.</param>
    /// <param name="storeFillValue">Whether chunks of nothing but the fill value are stored.</param>
    /// <param name="degreeOfParallelism">Most inner chunks of one shard, or parts of one large chunk, that are encoded at the same time.</param>
    internal IEnumerable<ChunkWriteTask> PlanWrite(LongMemory source, ArrayRegion region, bool storeFillValue, int degreeOfParallelism = 1)
    {
        (long[] origin, long[] shape) = region.Resolve(Metadata.Shape);
        ArrayView view = ArrayView.RowMajor(source, shape, DataType.Size);
        ChunkUpdate update = new(storeFillValue, degreeOfParallelism);
        return Metadata.Grid.Parts(origin, shape).Select(part => new ChunkWriteTask(this, part, view.Slice(part.Position, part.Shape), update));
    }

    private static ZarrArray OpenExisting(IKvStore store, Key key, ReadResult existing, NewMetadata asked, ZarrCreateMode mode)
    {
        string location = store.Describe(key);
        if (mode != ZarrCreateMode.OpenIfPresent || !existing.HasValue)
        {
            throw new StorageException("There is an array already.", location);
        }

        ArrayMetadata metadata = ArrayMetadata.Parse(existing.Value, asked.Metadata.Format, location);
        asked.CheckAgainst(metadata, location);
        return new ZarrArray(store, metadata);
    }
}

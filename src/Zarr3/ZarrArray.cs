using System.Text.Json;
using OcdbtSharp.KvStore;
using OcdbtSharp.KvStore.Buffers;
using OcdbtSharp.Zarr3.Reading;
using OcdbtSharp.Zarr3.Transfer;
using OcdbtSharp.Zarr3.V2;
using OcdbtSharp.Zarr3.V3;

namespace OcdbtSharp.Zarr3;

/// <summary>An array of zarr version 2 or 3 in any store. Safe to use from many threads at once.</summary>
public sealed partial class ZarrArray
{
    internal ZarrArray(IKvStore store, ArrayMetadata metadata)
    {
        Store = store;
        Metadata = metadata;
    }

    /// <summary>The version of the format.</summary>
    public ZarrFormat Format => Metadata.Format;

    /// <summary>Extent along each axis.</summary>
    public IReadOnlyList<long> Shape => Metadata.Shape;

    /// <summary>Extent of a stored chunk along each axis.</summary>
    public IReadOnlyList<long> ChunkShape => Metadata.ChunkShape;

    /// <summary>Extent of the smallest part that can be read on its own: of an inner chunk where chunks are shards, otherwise of a chunk.</summary>
    public IReadOnlyList<long> ReadChunkShape => Metadata.InnerChunkShape ?? Metadata.ChunkShape;

    /// <summary>The type of the elements.</summary>
    public DataType DataType => Metadata.DataType;

    /// <summary>Names of the axes, each of which may be null; null where none are given.</summary>
    public IReadOnlyList<string?>? DimensionNames => Metadata.DimensionNames;

    /// <summary>Bytes of all elements in memory.</summary>
    /// <exception cref="CorruptDataException">They are beyond 2^63-1.</exception>
    public long ByteCount => Metadata.ByteCount;

    /// <summary>The metadata file as it is stored.</summary>
    public JsonElement MetadataJson => Metadata.Json;

    internal IKvStore Store { get; }

    internal ArrayMetadata Metadata { get; }

    /// <summary>Opens an array.</summary>
    /// <param name="store">A store whose root is the array: it holds <c>zarr.json</c> or <c>.zarray</c>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="StorageException">There is no array, or the storage failed.</exception>
    /// <exception cref="CorruptDataException">The metadata breaks the format.</exception>
    /// <exception cref="UnsupportedFormatException">The metadata asks for something that is not known.</exception>
    public static async ValueTask<ZarrArray> OpenAsync(IKvStore store, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(store);
        foreach ((Key key, ZarrFormat format) in new (Key, ZarrFormat)[] { (V3Metadata.FileName, ZarrFormat.V3), (V2Metadata.FileName, ZarrFormat.V2) })
        {
            ReadResult file = await store.ReadAsync(key, default, cancellationToken).ConfigureAwait(false);
            if (file.HasValue)
            {
                return new ZarrArray(store, ArrayMetadata.Parse(file.Value, format, store.Describe(key)));
            }
        }

        throw new StorageException($"There is no zarr array: neither {V3Metadata.FileName} nor {V2Metadata.FileName} was found.", store.Describe(Key.Empty));
    }

    /// <summary>The user's attributes: an object, empty where there are none.</summary>
    /// <exception cref="CorruptDataException">They are not a JSON object.</exception>
    /// <exception cref="StorageException">The storage failed.</exception>
    public async ValueTask<JsonElement> ReadAttributesAsync(CancellationToken cancellationToken = default)
    {
        if (Metadata.Attributes.ValueKind == JsonValueKind.Object)
        {
            return Metadata.Attributes;
        }

        ReadResult file = Format == ZarrFormat.V2
            ? await Store.ReadAsync(V2Metadata.AttributesFileName, default, cancellationToken).ConfigureAwait(false)
            : ReadResult.Missing;
        try
        {
            return Zarr3.MetadataJson.Parse(file.HasValue ? file.Value : "{}"u8.ToArray());
        }
        catch (OcdbtSharpException exception)
        {
            throw exception.At(Store.Describe(V2Metadata.AttributesFileName));
        }
    }

    /// <summary>Reads a region. Only the chunks that it touches are read, and of shards only the inner chunks that it touches.</summary>
    /// <param name="destination">Memory for exactly the region's elements, little-endian and in C order.</param>
    /// <param name="region">The region; the whole array where not said otherwise.</param>
    /// <param name="options">Cost and checks.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ArgumentException">The region is not within the array, or the destination has another length.</exception>
    /// <exception cref="CorruptDataException">A chunk is damaged.</exception>
    /// <exception cref="UnsupportedFormatException">A chunk needs something that is not known.</exception>
    /// <exception cref="StorageException">The storage failed, or a chunk is missing where that is an error.</exception>
    public ValueTask ReadAsync(
        Memory<byte> destination, ArrayRegion region = default, ArrayReadOptions? options = null, CancellationToken cancellationToken = default) =>
        ReadAsync((LongMemory)destination, region, options, cancellationToken);

    /// <inheritdoc cref="ReadAsync(Memory{byte}, ArrayRegion, ArrayReadOptions?, CancellationToken)"/>
    public ValueTask ReadAsync(
        NativeBuffer destination, ArrayRegion region = default, ArrayReadOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(destination);
        return ReadAsync((LongMemory)destination, region, options, cancellationToken);
    }

    internal async ValueTask ReadAsync(LongMemory destination, ArrayRegion region, ArrayReadOptions? options, CancellationToken cancellationToken)
    {
        options ??= new ArrayReadOptions();
        IEnumerable<ChunkTask> tasks = PlanRead(destination, region, options.MissingChunkIsError, options.DegreeOfParallelism);
        TransferRunner runner = new(options.MaxMemory, options.DegreeOfParallelism) { Moved = options.Progress is { } progress ? progress.Report : null };
        await runner.RunAsync(tasks, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Cuts a read into the shares of the chunks, for a caller that schedules the reads of several arrays together.</summary>
    internal IEnumerable<ChunkTask> PlanRead(LongMemory destination, ArrayRegion region, bool missingChunkIsError, int degreeOfParallelism = 1)
    {
        (long[] origin, long[] shape) = region.Resolve(Metadata.Shape);
        return PlanRead(ArrayView.RowMajor(destination, shape, DataType.Size), origin, missingChunkIsError, degreeOfParallelism);
    }

    /// <summary>Cuts a read of a region of the array into the shares of the chunks.</summary>
    internal IEnumerable<ChunkTask> PlanRead(ArrayView destination, long[] origin, bool missingChunkIsError, int degreeOfParallelism) =>
        Metadata.Grid.Parts(origin, destination.Shape).Select(part =>
            new ChunkTask(this, part, destination.Slice(part.Position, part.Shape), missingChunkIsError) { DegreeOfParallelism = degreeOfParallelism });
}

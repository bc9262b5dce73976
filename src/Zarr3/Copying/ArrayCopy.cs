using OcdbtSharp.KvStore;
using OcdbtSharp.KvStore.Buffers;
using OcdbtSharp.Zarr3.Types;

namespace OcdbtSharp.Zarr3.Copying;

/// <summary>
/// Copies an array in parts, each of whole chunks of the copy and, where it fits the memory, of whole chunks of the source, so that hardly any chunk
/// is read twice and none is written twice.
/// </summary>
internal static class ArrayCopy
{
    /// <summary>Copies an array.</summary>
    /// <param name="source">The array.</param>
    /// <param name="destination">A store whose root becomes the copy.</param>
    /// <param name="options">What the copy is to be like.</param>
    /// <param name="isMember">Whether it is one of several arrays: then shapes of another rank are for others.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async ValueTask RunAsync(
        ZarrArray source, IKvStore destination, ZarrCopyOptions options, bool isMember, CancellationToken cancellationToken)
    {
        ArrayCreateOptions created = await DescribeAsync(source, options, isMember, cancellationToken).ConfigureAwait(false);
        ZarrArray copy = await ZarrArray.CreateAsync(destination, created, cancellationToken).ConfigureAwait(false);
        long[] part = PartShape(source, copy, options);
        ChunkGrid parts = new(source.Metadata.Shape, part);
        ByteBudget budget = new(options.BytesInFlight);
        ParallelOptions parallel = new() { MaxDegreeOfParallelism = options.DegreeOfParallelism, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(parts.Parts(new long[part.Length], source.Metadata.Shape), parallel, async (box, token) =>
        {
            long[] origin = [.. box.Index.Zip(part, (index, extent) => index * extent)];
            using ByteBudget.Lease lease = await budget.AcquireAsync(MemoryBytes(box.Shape, source, copy), token).ConfigureAwait(false);
            await CopyAsync(source, copy, new ArrayRegion(origin, box.Shape), token).ConfigureAwait(false);
            options.Progress?.Report(Extents.Product(box.Shape) * source.DataType.Size);
        }).ConfigureAwait(false);
    }

    private static async ValueTask<ArrayCreateOptions> DescribeAsync(
        ZarrArray source, ZarrCopyOptions options, bool isMember, CancellationToken cancellationToken)
    {
        ArrayMetadata metadata = source.Metadata;
        ZarrFormat format = options.Format ?? source.Format;
        DataType type = options.DataType ?? source.DataType;
        if (!ElementConversion.Exists(source.DataType, type))
        {
            throw new ArgumentException($"{source.DataType} cannot be converted to {type}.", nameof(options));
        }

        IReadOnlyList<long>? chunkShape = OfRank(options.ChunkShape);
        IReadOnlyList<long>? shardShape = options.ShardShape is { Count: 0 } none ? none : OfRank(options.ShardShape);
        bool keepsShards = shardShape is null && chunkShape is null && metadata.Codecs.Sharding is not null && format == ZarrFormat.V3;
        ArrayCreateOptions created = new()
        {
            Format = format,
            Shape = source.Shape,
            DataType = type,
            FillValue = metadata.HasFillValue ? ConvertFill(metadata, type) : null,
            ChunkShape = chunkShape ?? source.ReadChunkShape,
            ShardShape = keepsShards ? source.ChunkShape : shardShape is { Count: 0 } ? null : shardShape,
            Codecs = options.Codecs ?? CodecTranslation.Translate(metadata, format),
            DimensionSeparator = options.DimensionSeparator ?? (format == source.Format ? metadata.KeyEncoding.Separator : null),
            DimensionNames = format == ZarrFormat.V3 ? source.DimensionNames : null,
            Attributes = await source.ReadAttributesAsync(cancellationToken).ConfigureAwait(false),
            Mode = options.Mode,
        };
        bool keepsCodecs = options.Codecs is null && chunkShape is null && shardShape is null && format == source.Format && type.Equals(source.DataType);
        return keepsCodecs ? created with { Codecs = [], ShardShape = null, Metadata = JsonSpelling.ToElement(Kept(metadata, options)) } : created;

        IReadOnlyList<long>? OfRank(IReadOnlyList<long>? shape) => shape?.Count == source.Shape.Count || !isMember ? shape : null;
    }

    /// <summary>The metadata of a copy that is stored in the same way.</summary>
    private static System.Text.Json.Nodes.JsonObject Kept(ArrayMetadata metadata, ZarrCopyOptions options)
    {
        System.Text.Json.Nodes.JsonObject json = metadata.ToJson();
        if (options.DimensionSeparator is not null)
        {
            json.Remove("dimension_separator");
            json.Remove("chunk_key_encoding");
        }

        return json;
    }

    private static byte[] ConvertFill(ArrayMetadata metadata, DataType type)
    {
        byte[] fill = metadata.FillValue ?? new byte[metadata.DataType.Size];
        byte[] converted = new byte[type.Size];
        ElementConversion.Convert(metadata.DataType, fill, type, converted);
        return converted;
    }

    private static long[] PartShape(ZarrArray source, ZarrArray copy, ZarrCopyOptions options)
    {
        long[] chunk = [.. copy.ChunkShape];
        long[] both = [.. chunk.Zip(source.ReadChunkShape, (own, other) => own >= other ? own : checked(((other - 1) / own + 1) * own))];
        long[] clipped = [.. both.Zip(source.Shape, Math.Min)];
        return MemoryBytes(clipped, source, copy) <= options.BytesInFlight / Math.Max(1, options.DegreeOfParallelism) ? both : chunk;
    }

    private static long MemoryBytes(long[] shape, ZarrArray source, ZarrArray copy) =>
        Extents.TryByteCount(shape, 2 * (source.DataType.Size + copy.DataType.Size)) ?? long.MaxValue;

    private static async ValueTask CopyAsync(ZarrArray source, ZarrArray copy, ArrayRegion region, CancellationToken cancellationToken)
    {
        long count = Extents.Product(region.Shape);
        using ScratchBuffer elements = ScratchBuffer.Rent(count * source.DataType.Size);
        foreach (IChunkTask task in source.PlanRead(elements.Memory, region, missingChunkIsError: false))
        {
            await task.RunAsync(cancellationToken).ConfigureAwait(false);
        }

        using ScratchBuffer? converted = copy.DataType.Equals(source.DataType) ? null : ScratchBuffer.Rent(count * copy.DataType.Size);
        if (converted is not null)
        {
            Convert(source.DataType, elements.Span, copy.DataType, converted.Span);
        }

        foreach (IChunkTask task in copy.PlanWrite((converted ?? elements).Memory, region, storeFillValue: false))
        {
            await task.RunAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private static void Convert(DataType from, ReadOnlyLongSpan source, DataType to, LongSpan destination)
    {
        const int Window = 1 << 20;
        for (long done = 0; done * from.Size < source.Length; done += Window)
        {
            int count = (int)Math.Min(Window, source.Length / from.Size - done);
            ElementConversion.Convert(
                from, source.Window(done * from.Size, count * from.Size), to, destination.Window(done * to.Size, count * to.Size));
        }
    }
}

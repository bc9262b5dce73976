using OcdbtSharp.KvStore;
using OcdbtSharp.Zarr3.Transfer;
using OcdbtSharp.Zarr3.Types;

namespace OcdbtSharp.Zarr3.Copying;

/// <summary>
/// Copies an array: every chunk of the source is decoded once, every chunk of the copy is written once.
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
        ElementSource elements = new ArraySource(source, missingIsError: false);
        if (!copy.DataType.Equals(source.DataType))
        {
            elements = new ConvertedSource(elements, source.DataType, copy.DataType);
        }

        TransferPlan plan = new(elements, new ArraySink(copy, storeFillValue: false), source.Shape, copy.DataType.Size)
        {
            MaxMemory = options.MaxMemory,
            DegreeOfParallelism = options.DegreeOfParallelism,
        };
        TransferRunner runner = new(options.MaxMemory, options.DegreeOfParallelism)
        {
            Moved = options.Progress is { } progress ? bytes => progress.Report(bytes / copy.DataType.Size * source.DataType.Size) : null,
        };
        await runner.RunAsync(plan.Tasks(new long[source.Shape.Count], source.Metadata.Shape), cancellationToken).ConfigureAwait(false);
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
}

using System.Text.Json;
using System.Text.Json.Nodes;
using OcdbtSharp.KvStore;
using OcdbtSharp.Zarr3.Codecs;
using OcdbtSharp.Zarr3.Reading;

namespace OcdbtSharp.Zarr3;

/// <summary>What the metadata of an array says, whichever version it is of.</summary>
internal sealed class ArrayMetadata
{
    private ChunkGrid? _grid;
    private OnlyChunk? _onlyChunk;

    /// <summary>The version.</summary>
    public required ZarrFormat Format { get; init; }

    /// <summary>Extent along each axis.</summary>
    public required long[] Shape { get; init; }

    /// <summary>The codecs, and with them shape and element type of a chunk and the fill value.</summary>
    public required CodecPipeline Codecs { get; init; }

    public required ChunkKeyEncoding KeyEncoding { get; init; }

    /// <summary>Whether a fill value is given. Where not, missing elements read as zeros.</summary>
    public bool HasFillValue { get; init; } = true;

    /// <summary>Names of the axes, each of which may be null; null where none are given.</summary>
    public IReadOnlyList<string?>? DimensionNames { get; init; }

    /// <summary>The user's attributes, an object; undefined where there are none, or where they lie in a file of their own (version 2).</summary>
    public JsonElement Attributes { get; init; }

    /// <summary>Whether the last of the codecs from bytes to bytes is the compressor of version 2; otherwise all are filters.</summary>
    public bool HasCompressor { get; init; }

    /// <summary>The metadata as it is stored.</summary>
    public JsonElement Json { get; init; }

    /// <summary>The type of the elements.</summary>
    public DataType DataType => Codecs.Spec.DataType;

    /// <summary>Extent of a chunk along each axis.</summary>
    public long[] ChunkShape => Codecs.Spec.Shape;

    /// <summary>Bytes of the fill value; null where all are zero.</summary>
    public byte[]? FillValue => Codecs.Spec.FillValue;

    /// <summary>How the array is cut into chunks.</summary>
    public ChunkGrid Grid => _grid ??= new ChunkGrid(Shape, ChunkShape);

    /// <summary>The chunk, where the array has just one of its own shape; otherwise null.</summary>
    public OnlyChunk? OnlyChunk => _onlyChunk ??= OnlyChunk.Of(this);

    /// <summary>Bytes of all elements together.</summary>
    /// <exception cref="CorruptDataException">They are beyond 2^63-1.</exception>
    public long ByteCount => Extents.TryByteCount(Shape, DataType.Size)
        ?? throw new CorruptDataException($"an array of shape {Extents.Format(Shape)} is larger than 2^63 bytes");

    /// <summary>The shape of the inner chunks of the innermost shards; null where there are no shards.</summary>
    public long[]? InnerChunkShape => InnerShapeOf(Codecs);

    /// <summary>The file <c>.zarray</c> or <c>zarr.json</c>, in the spelling of TensorStore.</summary>
    public JsonObject ToJson() => Format == ZarrFormat.V2 ? V2.V2Metadata.Encode(this) : V3.V3Metadata.Encode(this);

    /// <summary>Reads the metadata of an array.</summary>
    /// <param name="json">The file <c>.zarray</c> or <c>zarr.json</c>.</param>
    /// <param name="format">Which of the two it is.</param>
    /// <param name="location">Where it lies, for messages.</param>
    /// <exception cref="CorruptDataException">It breaks the format.</exception>
    /// <exception cref="UnsupportedFormatException">It asks for a data type, a codec or an extension that is not known.</exception>
    public static ArrayMetadata Parse(ReadOnlyMemory<byte> json, ZarrFormat format, string location) =>
        At(location, () => Parse(MetadataJson.Parse(json), format));

    /// <inheritdoc cref="Parse(ReadOnlyMemory{byte}, ZarrFormat, string)"/>
    public static ArrayMetadata Parse(JsonElement json, ZarrFormat format, string location) => At(location, () => Parse(json, format));

    /// <summary>Reads the metadata of an array that is stored nowhere yet.</summary>
    public static ArrayMetadata Parse(JsonElement json, ZarrFormat format) =>
        format == ZarrFormat.V2 ? V2.V2Metadata.Parse(json) : V3.V3Metadata.Parse(json);

    private static ArrayMetadata At(string location, Func<ArrayMetadata> parse)
    {
        try
        {
            return parse();
        }
        catch (OcdbtSharpException exception)
        {
            throw exception.At(location);
        }
    }

    private static long[]? InnerShapeOf(CodecPipeline codecs) =>
        codecs.Sharding is { Inner: { } inner } ? codecs.ArrayOrder(InnerShapeOf(inner) ?? inner.Spec.Shape) : null;
}

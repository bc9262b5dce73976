using System.Text.Json;

namespace OcdbtSharp.Zarr3;

/// <summary>What an array is created as. Shape and data type must be given; the rest has defaults.</summary>
public sealed record ArrayCreateOptions
{
    /// <summary>The version of the format.</summary>
    public ZarrFormat Format { get; init; } = ZarrFormat.V3;

    /// <summary>Extent along each axis.</summary>
    public IReadOnlyList<long>? Shape { get; init; }

    /// <summary>The type of the elements.</summary>
    public DataType? DataType { get; init; }

    /// <summary>Extent of a chunk along each axis; one chunk for the whole array where not given.</summary>
    public IReadOnlyList<long>? ChunkShape { get; init; }

    /// <summary>
    /// Extent of a shard along each axis, each a multiple of the chunk's; then a shard is what is stored under a key, and a chunk a part of it that can be
    /// read on its own. Version 3 only. Null for no shards.
    /// </summary>
    public IReadOnlyList<long>? ShardShape { get; init; }

    /// <summary>The element that stands for all that is not stored, as its bytes in memory. Empty: zero, and in version 2 none is named.</summary>
    public ReadOnlyMemory<byte> FillValue { get; init; }

    /// <summary>
    /// The codecs of a chunk in the order of encoding; none where not given. In version 2 the last is the compressor, those before it are filters, a
    /// <c>transpose</c> that reverses all axes is order F, and <c>bytes</c> says the byte order of the data type.
    /// </summary>
    public IReadOnlyList<ZarrCodec> Codecs { get; init; } = [];

    /// <summary>What stands between the numbers in the key of a chunk: <c>/</c> or <c>.</c>. Null: <c>/</c> in version 3, <c>.</c> in version 2.</summary>
    public char? DimensionSeparator { get; init; }

    /// <summary>Names of the axes, each of which may be null. Version 3 only.</summary>
    public IReadOnlyList<string?>? DimensionNames { get; init; }

    /// <summary>The user's attributes, an object. Version 2 has a file of its own for them.</summary>
    public JsonElement? Attributes { get; init; }

    /// <summary>
    /// Members of <c>.zarray</c> or <c>zarr.json</c> as they are to be, an object such as TensorStore takes as <c>metadata</c>. They come before the other
    /// options, and can say what those cannot, such as the fields of a structure.
    /// </summary>
    public JsonElement? Metadata { get; init; }

    /// <summary>What happens where there is an array already.</summary>
    public ZarrCreateMode Mode { get; init; }
}

namespace OcdbtSharp.Zarr3;

/// <summary>What a copy is to be like. What is not said stays as in the source.</summary>
public sealed record ZarrCopyOptions
{
    /// <summary>The version of the format.</summary>
    public ZarrFormat? Format { get; init; }

    /// <summary>
    /// Extent of a chunk along each axis. In the copy of a group it is for the arrays of its rank. Where it is given and <see cref="ShardShape"/> is not,
    /// there are no shards.
    /// </summary>
    public IReadOnlyList<long>? ChunkShape { get; init; }

    /// <summary>Extent of a shard along each axis, each a multiple of the chunk's; an empty list for no shards. Version 3 only.</summary>
    public IReadOnlyList<long>? ShardShape { get; init; }

    /// <summary>The codecs of a chunk; an empty list for none.</summary>
    public IReadOnlyList<ZarrCodec>? Codecs { get; init; }

    /// <summary>The type of the elements, which are converted: to the nearest, ties to even; from fractions to integers towards zero.</summary>
    public DataType? DataType { get; init; }

    /// <summary>What stands between the numbers in the key of a chunk: <c>/</c> or <c>.</c>.</summary>
    public char? DimensionSeparator { get; init; }

    /// <summary>What happens where there is something at the destination already.</summary>
    public ZarrCreateMode Mode { get; init; }

    /// <summary>Whether the copy of a group gets consolidated metadata; as in the source where not said.</summary>
    public bool? Consolidate { get; init; }

    /// <summary>Most parts that are copied at the same time; the number of processors where not said otherwise.</summary>
    public int DegreeOfParallelism { get; init; } = Environment.ProcessorCount;

    /// <summary>Most bytes of memory for what is copied. A chunk that is larger is copied alone.</summary>
    public long MaxMemory { get; init; } = 1L << 30;

    /// <summary>Told the number of bytes of elements, as the source has them, each time a part has been copied.</summary>
    public IProgress<long>? Progress { get; init; }
}

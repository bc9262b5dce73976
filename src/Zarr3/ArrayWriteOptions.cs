namespace OcdbtSharp.Zarr3;

/// <summary>How an array is written.</summary>
public sealed record ArrayWriteOptions
{
    /// <summary>Most chunks that are encoded and written at the same time; the number of processors where not said otherwise.</summary>
    public int DegreeOfParallelism { get; init; } = Environment.ProcessorCount;

    /// <summary>Most bytes of chunks in flight. A larger chunk is written alone.</summary>
    public long MaxMemory { get; init; } = 1L << 30;

    /// <summary>Told the number of bytes of elements each time a chunk has been written.</summary>
    public IProgress<long>? Progress { get; init; }

    /// <summary>
    /// Whether chunks (of shards: inner chunks) that hold nothing but the fill value, bit for bit, are stored; otherwise they are deleted, and read as the
    /// fill value for not being there. TensorStore calls it <c>store_data_equal_to_fill_value</c>.
    /// </summary>
    public bool StoreFillValue { get; init; }
}

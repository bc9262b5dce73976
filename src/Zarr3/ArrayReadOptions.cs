namespace OcdbtSharp.Zarr3;

/// <summary>How an array is read.</summary>
public sealed record ArrayReadOptions
{
    /// <summary>Most chunks that are read and decoded at the same time; the number of processors where not said otherwise.</summary>
    public int DegreeOfParallelism { get; init; } = Environment.ProcessorCount;

    /// <summary>Most bytes of chunks in flight. A larger chunk is read alone.</summary>
    public long MaxMemory { get; init; } = 1L << 30;

    /// <summary>Told the number of bytes of elements each time a chunk has been read.</summary>
    public IProgress<long>? Progress { get; init; }

    /// <summary>Whether a chunk that is not stored is an error; otherwise its elements are the fill value.</summary>
    public bool MissingChunkIsError { get; init; }
}

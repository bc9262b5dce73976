using System.Text.Json;
using OcdbtSharp.Zarr3.Transfer;

namespace OcdbtSharp.Checkpoint;

/// <summary>How a tree is stored, and at what cost. The defaults are those of Orbax.</summary>
public sealed record SaveOptions
{
    /// <summary>Whether the arrays go into an OCDBT database; otherwise each gets a folder of its own.</summary>
    public bool UseOcdbt { get; init; } = true;

    /// <summary>Whether the arrays are zarr v3; otherwise v2.</summary>
    public bool UseZarr3 { get; init; }

    /// <summary>Whether chunks are compressed with Zstandard.</summary>
    public bool UseCompression { get; init; } = true;

    /// <summary>Bytes of a data file of the database, about, and most bytes of a chunk in it; 0 for no limit. Default: 2 GiB.</summary>
    public long TargetDataFileSize { get; init; } = 1L << 31;

    /// <summary>Most bytes of a chunk, for arrays that do not say it themselves; null for none.</summary>
    public long? ChunkByteSize { get; init; }

    /// <summary>Whether devices that hold the same shard each write a part of it; otherwise one of them writes it whole.</summary>
    public bool UseReplicaParallel { get; init; } = true;

    /// <summary>Whether tuples and named tuples are recorded as what they are.</summary>
    public bool SupportRichTypes { get; init; }

    /// <summary>What is recorded for the tree, a JSON object; null for nothing.</summary>
    public JsonElement? CustomMetadata { get; init; }

    /// <summary>
    /// Most bytes of memory that the operation takes beside the arrays of the caller, as far as the formats let it. Default: 1 GiB, or half of what the
    /// control group of the process may use where that is less.
    /// </summary>
    public long MaxMemory { get; init; } = MemoryLimit.Default;

    /// <summary>How many chunks are written at the same time. Default: twice the number of processors.</summary>
    public int MaxParallelism { get; init; } = 2 * Environment.ProcessorCount;

    /// <summary>Told of what has been written so far, from any thread.</summary>
    public IProgress<SaveProgress>? Progress { get; init; }

    /// <summary>Whether all processes have the whole arrays and share out their chunks, however the arrays lay over devices.</summary>
    internal bool ShareChunks { get; init; }

    /// <summary>Where elements go that have to be held and are too many for the memory.</summary>
    internal string SpillFolder { get; init; } = Path.GetTempPath();
}

using OcdbtSharp.Zarr3.Transfer;

namespace OcdbtSharp.Checkpoint;

/// <summary>Which leaves are exported, and how.</summary>
public sealed class ExportOptions
{
    /// <summary>Which leaves: those that these options would restore. Null: all.</summary>
    public RestoreOptions? Selection { get; init; }

    /// <summary>
    /// Whether types that the format does not have are converted to one that holds all their values: <c>bfloat16</c> and the floats of a byte or less
    /// to <c>float32</c>, integers of less than a byte to those of a byte. Otherwise they are an error.
    /// </summary>
    public bool Convert { get; init; }

    /// <summary>
    /// Whether what is there under the name of the output is replaced: a file, or a folder with nothing but <c>.npy</c> files in it. Otherwise it is an
    /// error. An empty folder counts as nothing.
    /// </summary>
    public bool Overwrite { get; init; }

    /// <summary>
    /// Most bytes of memory that the operation takes, as far as the formats let it. Default: 1 GiB, or half of what the control group of the process may use
    /// where that is less.
    /// </summary>
    public long MaxMemory { get; init; } = MemoryLimit.Default;

    /// <summary>How many parts of arrays are written at the same time. Default: the number of processors.</summary>
    public int MaxParallelism { get; init; } = Environment.ProcessorCount;

    /// <summary>Told of what has been written so far.</summary>
    public IProgress<RestoreProgress>? Progress { get; init; }

    /// <summary>Where elements go that have to be held and are too many for the memory.</summary>
    internal string SpillFolder { get; init; } = Path.GetTempPath();
}

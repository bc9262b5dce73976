using OcdbtSharp.Zarr3;

namespace OcdbtSharp.Checkpoint;

/// <summary>What a conversion takes, and what it makes of it.</summary>
public sealed class ConversionOptions
{
    /// <summary>What is written; null: by the ending of the destination (<c>.safetensors</c>, <c>.npz</c>, <c>.npy</c>, <c>.zarr</c>), else a checkpoint of Orbax.</summary>
    public ConversionFormat? Format { get; init; }

    /// <summary>The step of a root; null: the latest.</summary>
    public long? Step { get; init; }

    /// <summary>The item of a step; null: all of them for Orbax, for other formats the only one.</summary>
    public string? Item { get; init; }

    /// <summary>Patterns for the names of leaves, of which one must fit; null: every leaf.</summary>
    public IReadOnlyList<string>? Include { get; init; }

    /// <summary>Patterns for the names of leaves that are left out.</summary>
    public IReadOnlyList<string>? Exclude { get; init; }

    /// <summary>
    /// Rules that give leaves other names, of which the first that fits a name is applied: what is to fit, with at most one <c>*</c>, which stands for any
    /// characters, and what it becomes, in which <c>*</c> stands for the same ones.
    /// </summary>
    public IReadOnlyList<KeyValuePair<string, string>> Renames { get; init; } = [];

    /// <summary>The type that arrays of floating-point numbers are converted to; null: none.</summary>
    public DataType? DataType { get; init; }

    /// <summary>How arrays are stored in a checkpoint of Orbax or a zarr group.</summary>
    public SaveOptions Save { get; init; } = new();

    /// <summary>Whether a checkpoint of Orbax is laid out as by its v1 API.</summary>
    public bool UseV1 { get; init; }

    /// <summary>The processes that convert together; they share out the chunks. For Orbax alone.</summary>
    public ProcessGroup Processes { get; init; } = ProcessGroup.Single;

    /// <summary>Most bytes of a safetensors file; where it is not enough for all arrays, several files and an index are written. Null: one file.</summary>
    public long? MaxFileBytes { get; init; }

    /// <summary>Whether types that the format does not have are converted to one that holds all their values; otherwise they are an error.</summary>
    public bool ConvertTypes { get; init; }

    /// <summary>Whether what is there already is replaced; otherwise it is an error.</summary>
    public bool Overwrite { get; init; }

    /// <summary>Told of what has been written so far.</summary>
    public IProgress<SaveProgress>? Progress { get; init; }
}

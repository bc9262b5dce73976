using System.CommandLine;
using System.Globalization;
using OcdbtSharp.Checkpoint;
using OcdbtSharp.Zarr3;

namespace OcdbtSharp.Cli.Commands;

/// <summary>The arguments of <c>ocdbt convert</c>.</summary>
internal sealed class ConvertArguments
{
    public Argument<string> Source { get; } = new("SRC")
    {
        Description = "A checkpoint: Orbax's, an OCDBT or zarr folder, a msgpack file, a safetensors file, the index of several or their folder, .npz or .npy.",
    };

    public Argument<string> Destination { get; } = new("DST")
    {
        Description = "What to write, by its ending: .safetensors, .npz, .npy (a folder), .zarr (a group), or else a checkpoint of Orbax.",
    };

    public Option<int> Processes { get; } = new("--processes") { Description = "Write a checkpoint of Orbax by so many processes at once, or by fewer where it is not large enough for all.", DefaultValueFactory = _ => 1 };

    /// <summary>Which of how many processes this is, as <c>2/5</c>; given by the first one to those that it starts.</summary>
    public Option<string?> Process { get; } = new("--process") { Hidden = true };

    /// <summary>Bytes from which on a part is worth a process of its own.</summary>
    public Option<long> ProcessBytes { get; } = new("--process-bytes") { Hidden = true, DefaultValueFactory = _ => 128 << 20 };

    public Option<bool> DryRun { get; } = new("--dry-run") { Description = "Print what would be done, with the passes, the bytes in temporary files and the peak of the memory; write nothing." };

    private readonly Option<string?> _to = new("--to") { Description = "orbax, safetensors, npz, npy or zarr, whatever the ending." };
    private readonly Option<string[]> _include = Arguments.Include();
    private readonly Option<string[]> _exclude = Arguments.Exclude();
    private readonly Option<string[]> _rename = new("--rename")
    {
        Description = "Give leaves other names: OLD=NEW, where one * in OLD stands for any characters and * in NEW for the same ones; may be given several times.",
    };

    private readonly Option<string?> _dtype = new("--dtype") { Description = "Convert the arrays of floating-point numbers to this type, such as bfloat16." };
    private readonly Option<bool> _v1 = new("--v1") { Description = "Lay out the checkpoint as by Orbax's v1 API, with zarr v3." };
    private readonly Option<bool> _zarr3 = new("--zarr3") { Description = "Write zarr v3 in place of v2." };
    private readonly Option<bool> _noOcdbt = new("--no-ocdbt") { Description = "Give each array a folder in place of an OCDBT database." };
    private readonly Option<bool> _noCompression = new("--no-compression") { Description = "Do not compress the chunks." };
    private readonly Option<long?> _chunkBytes = Arguments.Size("--chunk-bytes", "The most bytes of a chunk.");
    private readonly Option<long?> _dataFileBytes = Arguments.Size("--data-file-bytes", "About how many bytes a data file of the database has; 0 for no limit.");
    private readonly Option<long?> _fileBytes = Arguments.Size("--file-bytes", "The most bytes of a safetensors file: several and an index are written where one is not enough.");
    private readonly Option<long?> _memory = Arguments.Memory();
    private readonly Option<bool> _convert = new("--convert") { Description = "Convert types that the format lacks to one that holds all their values." };
    private readonly Option<bool> _force = new("--force") { Description = "Replace a destination that exists." };
    private readonly Option<long?> _step = Arguments.Step();
    private readonly Option<string?> _item = Arguments.Item();

    public void AddTo(Command command)
    {
        command.Add(Source);
        command.Add(Destination);
        foreach (Option option in new Option[]
        {
            _to, _include, _exclude, _rename, _dtype, Processes, Process, ProcessBytes, _v1, _zarr3, _noOcdbt, _noCompression, _chunkBytes, _dataFileBytes, _fileBytes, _memory, _convert, _force, DryRun, _step, _item,
        })
        {
            command.Add(option);
        }
    }

    /// <summary>What they come to.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="progress">Told of what has been written.</param>
    /// <param name="count">How many processes there are; null for as many as were asked for.</param>
    /// <exception cref="UsageException">One of them makes no sense.</exception>
    public ConversionOptions Read(ParseResult parsed, IProgress<SaveProgress> progress, int? count = null)
    {
        bool isV1 = parsed.GetValue(_v1);
        ProcessGroup processes = Group(parsed, count);
        return new ConversionOptions
        {
            Format = Format(parsed.GetValue(_to)),
            Step = parsed.GetValue(_step),
            Item = parsed.GetValue(_item),
            Include = parsed.GetValue(_include) is { Length: > 0 } include ? include : null,
            Exclude = parsed.GetValue(_exclude) is { Length: > 0 } exclude ? exclude : null,
            Renames = [.. (parsed.GetValue(_rename) ?? []).Select(Rename)],
            DataType = parsed.GetValue(_dtype) is { } name ? DataType.Parse(name) : null,
            UseV1 = isV1,
            Processes = processes,
            MaxFileBytes = parsed.GetValue(_fileBytes),
            ConvertTypes = parsed.GetValue(_convert),
            Overwrite = parsed.GetValue(_force),
            Progress = progress,
            Save = new SaveOptions
            {
                UseOcdbt = !parsed.GetValue(_noOcdbt),
                UseZarr3 = parsed.GetValue(_zarr3) || isV1,
                UseCompression = !parsed.GetValue(_noCompression),
                ChunkByteSize = parsed.GetValue(_chunkBytes),
                MaxParallelism = Math.Max(1, Environment.ProcessorCount / processes.Count),
                MaxMemory = Arguments.MaxMemory(parsed.GetValue(_memory)),
                TargetDataFileSize = parsed.GetValue(_dataFileBytes) ?? new SaveOptions().TargetDataFileSize,
            },
        };
    }

    private ProcessGroup Group(ParseResult parsed, int? count)
    {
        int processes = parsed.GetValue(Processes);
        if (processes < 1)
        {
            throw new UsageException("--processes is at least 1.");
        }

        if (parsed.GetValue(Process) is not { } process)
        {
            return new ProcessGroup(0, count ?? processes);
        }

        string[] parts = process.Split('/');
        return new ProcessGroup(int.Parse(parts[0], CultureInfo.InvariantCulture), int.Parse(parts[1], CultureInfo.InvariantCulture));
    }

    private static ConversionFormat? Format(string? name) => name switch
    {
        null => null,
        "orbax" => ConversionFormat.Orbax,
        "safetensors" => ConversionFormat.Safetensors,
        "npz" => ConversionFormat.Npz,
        "npy" => ConversionFormat.NpyFolder,
        "zarr" => ConversionFormat.ZarrGroup,
        _ => throw new UsageException($"--to is orbax, safetensors, npz, npy or zarr, not '{name}'."),
    };

    private static KeyValuePair<string, string> Rename(string rule)
    {
        int equals = rule.IndexOf('=', StringComparison.Ordinal);
        string from = equals < 0 ? "" : rule[..equals];
        return from.Length > 0 && from.Count(c => c == '*') <= 1
            ? KeyValuePair.Create(from, rule[(equals + 1)..])
            : throw new UsageException($"--rename takes OLD=NEW with at most one * in OLD, not '{rule}'.");
    }
}

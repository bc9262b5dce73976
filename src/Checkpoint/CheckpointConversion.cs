using OcdbtSharp.Checkpoint.Conversion;
using OcdbtSharp.Checkpoint.Formats;
using OcdbtSharp.KvStore;

namespace OcdbtSharp.Checkpoint;

/// <summary>
/// Converts between checkpoints of Orbax in any layout, safetensors, NumPy's files and zarr groups. Arrays are read chunk by chunk while they are written, so
/// that any size fits into memory; the result appears under its name when it is complete.
/// </summary>
public static class CheckpointConversion
{
    // Chunks of which processes take parts: so small that the parts are nearly equal, but no smaller than is read and written at a good rate.
    private const int ChunksPerProcess = 4;
    private const long MinSharedChunkBytes = 16 << 20;

    /// <summary>Converts a checkpoint, or a file.</summary>
    /// <param name="source">A path of Orbax, OCDBT, zarr or Flax; a safetensors file, the index of several, or a folder of them; <c>.npz</c>, <c>.npy</c>.</param>
    /// <param name="destination">What is written.</param>
    /// <param name="options">What is taken, and what is made of it; null for everything as it is.</param>
    /// <param name="cancellationToken">Gives up; nothing is visible then.</param>
    /// <exception cref="ArgumentException">The options fit neither source nor destination.</exception>
    /// <exception cref="CorruptDataException">The source is damaged.</exception>
    /// <exception cref="UnsupportedFormatException">The destination's format has no place for something, or the source is of no known format.</exception>
    /// <exception cref="StorageException">There is something at the destination already, or the storage failed.</exception>
    public static async Task<ConversionResult> RunAsync(
        string source, string destination, ConversionOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(source);
        ArgumentException.ThrowIfNullOrEmpty(destination);
        options ??= new ConversionOptions();
        ConversionFormat format = Format(destination, options);
        List<Converted> items = await ReadAsync(source, options, format == ConversionFormat.Orbax, cancellationToken).ConfigureAwait(false);
        if (format == ConversionFormat.Orbax)
        {
            return await ToOrbaxAsync(items, destination, options, cancellationToken).ConfigureAwait(false);
        }

        CheckpointItem item = items[0].Item;
        return format == ConversionFormat.ZarrGroup
            ? await ZarrGroupWriter.RunAsync(item, destination, options, cancellationToken).ConfigureAwait(false)
            : await ToFilesAsync(item, destination, format, options, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Tells by how many processes a conversion is worth being done.</summary>
    /// <inheritdoc cref="RunAsync"/>
    /// <param name="source">What is converted.</param>
    /// <param name="destination">What is written.</param>
    /// <param name="options">What is taken, and the most processes.</param>
    /// <param name="processBytes">Bytes of elements from which on a part is worth a process of its own.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>At least 1 and at most the count in the options; each of so many has something to do.</returns>
    public static async Task<int> CountProcessesAsync(
        string source, string destination, ConversionOptions options, long processBytes = 128 << 20, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(source);
        ArgumentException.ThrowIfNullOrEmpty(destination);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(processBytes, 1);
        if (Format(destination, options) != ConversionFormat.Orbax || options.Processes.Count == 1)
        {
            return 1;
        }

        List<Converted> items = await ReadAsync(source, options, true, cancellationToken).ConfigureAwait(false);
        return (int)Math.Clamp(Bytes(items) / Math.Max(processBytes, options.Save.ChunkByteSize ?? 0), 1, options.Processes.Count);
    }

    /// <summary>Says what a conversion would do, and at what cost of memory and temporary files; nothing is written.</summary>
    /// <inheritdoc cref="RunAsync"/>
    public static async Task<ConversionPlan> PlanAsync(
        string source, string destination, ConversionOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(source);
        ArgumentException.ThrowIfNullOrEmpty(destination);
        options ??= new ConversionOptions();
        ConversionFormat format = options.Format ?? FormatOf(destination);
        ConversionPlanning planning = new(options);
        foreach (Converted converted in await ReadAsync(source, options, format == ConversionFormat.Orbax, cancellationToken).ConfigureAwait(false))
        {
            planning.Add(converted.Item, destination, format);
        }

        return planning.Finish();
    }

    /// <summary>Opens a file of another format as an item: safetensors, the index of several, or their folder; <c>.npz</c>, <c>.npy</c>.</summary>
    /// <returns>The item; null where the path is of none of these formats.</returns>
    /// <exception cref="CorruptDataException">It breaks the rules of its format.</exception>
    /// <exception cref="UnsupportedFormatException">An array has a type that is not supported.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static CheckpointItem? TryOpenFile(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return ForeignFiles.TryOpen(path);
    }

    private static ConversionFormat Format(string destination, ConversionOptions options)
    {
        ConversionFormat format = options.Format ?? FormatOf(destination);
        return format == ConversionFormat.Orbax || options.Processes.Count == 1
            ? format
            : throw new ArgumentException("Only checkpoints of Orbax are written by several processes.", nameof(options));
    }

    private static IEnumerable<CheckpointLeaf> Arrays(List<Converted> items) => items.SelectMany(item => item.Item.Leaves).Where(leaf => leaf.DataType is not null);

    private static long Bytes(List<Converted> items) => Arrays(items).Sum(leaf => leaf.LogicalBytes);

    /// <summary>How arrays are stored: several processes share them along the borders of chunks, which are made small enough for that.</summary>
    private static SaveOptions SaveOptionsOf(ConversionOptions options, List<Converted> items)
    {
        SaveOptions save = options.Save with { Progress = options.Progress };
        return options.Processes.Count == 1 ? save : save with
        {
            ShareChunks = true,
            ChunkByteSize = save.ChunkByteSize ?? Math.Max(MinSharedChunkBytes, Bytes(items) / options.Processes.Count / ChunksPerProcess),
        };
    }

    private static ConversionFormat FormatOf(string destination) => Path.GetExtension(Path.TrimEndingDirectorySeparator(destination)).ToUpperInvariant() switch
    {
        ".SAFETENSORS" => ConversionFormat.Safetensors,
        ".NPZ" => ConversionFormat.Npz,
        ".NPY" => ConversionFormat.NpyFolder,
        ".ZARR" => ConversionFormat.ZarrGroup,
        _ => ConversionFormat.Orbax,
    };

    // Temporary files lie beside the destination, where there is room for it.
    private static string FolderOf(string destination) =>
        Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(destination))) ?? Path.GetTempPath();

    private static async Task<List<Converted>> ReadAsync(string source, ConversionOptions options, bool all, CancellationToken cancellationToken)
    {
        LeafMapping mapping = new(options);
        if (ForeignFiles.TryOpen(source) is { } foreign)
        {
            return [new Converted(null, mapping.Apply(foreign), null, null)];
        }

        OrbaxCheckpoint checkpoint = await OrbaxCheckpoint.OpenAsync(source, null, cancellationToken).ConfigureAwait(false);
        if (checkpoint.Kind == CheckpointKind.Root)
        {
            checkpoint = await checkpoint.OpenStepAsync(options.Step, cancellationToken).ConfigureAwait(false);
        }

        if (checkpoint.Kind != CheckpointKind.Step || options.Item is not null || !all)
        {
            CheckpointItem only = await checkpoint.OpenItemAsync(options.Item, cancellationToken).ConfigureAwait(false);
            string? handler = checkpoint.Metadata?.ItemHandler ?? (only.Name is null ? null : checkpoint.Metadata?.ItemHandlers.GetValueOrDefault(only.Name));
            return [new Converted(null, mapping.Apply(only), handler, checkpoint.Metadata)];
        }

        List<Converted> items = [];
        foreach (string name in checkpoint.ItemNames)
        {
            CheckpointItem item = await checkpoint.OpenItemAsync(name, cancellationToken).ConfigureAwait(false);
            CheckpointItem mapped = item.Kind == ItemKind.PyTree ? mapping.Apply(item) : item;
            items.Add(new Converted(name, mapped, checkpoint.Metadata?.ItemHandlers.GetValueOrDefault(name), checkpoint.Metadata));
        }

        return items;
    }

    private static async Task<ConversionResult> ToOrbaxAsync(
        List<Converted> items, string destination, ConversionOptions options, CancellationToken cancellationToken)
    {
        SaveOptions save = SaveOptionsOf(options, items) with { SpillFolder = FolderOf(destination) };
        CheckpointWriterOptions writer = new()
        {
            UseV1 = options.UseV1,
            Processes = options.Processes,
            Overwrite = options.Overwrite,
            CustomMetadata = items[0].Metadata?.CustomMetadata,
        };
        List<KeyValuePair<string, ItemToSave>> named = [];
        foreach (Converted converted in items)
        {
            ItemToSave item = await ItemConversion.CreateAsync(converted.Item, converted.Handler, save, cancellationToken).ConfigureAwait(false);
            if (converted.Name is null)
            {
                await CheckpointWriter.SaveItemAsync(destination, item, writer, cancellationToken).ConfigureAwait(false);
            }
            else
            {
                named.Add(KeyValuePair.Create(converted.Name, item));
            }
        }

        if (named.Count > 0)
        {
            await CheckpointWriter.SaveStepAsync(destination, named, writer, cancellationToken).ConfigureAwait(false);
        }

        return new ConversionResult(ConversionFormat.Orbax, Arrays(items).Count(), Bytes(items), []);
    }

    private static async Task<ConversionResult> ToFilesAsync(
        CheckpointItem item, string destination, ConversionFormat format, ConversionOptions options, CancellationToken cancellationToken)
    {
        ExportOptions export = new()
        {
            Convert = options.ConvertTypes,
            Overwrite = options.Overwrite,
            MaxMemory = options.Save.MaxMemory,
            SpillFolder = FolderOf(destination),
            Progress = options.Progress is null ? null : new ExportProgress(options.Progress),
        };
        ExportResult result = format switch
        {
            ConversionFormat.Safetensors when options.MaxFileBytes is { } bytes => await SafetensorsShards.WriteAsync(item, destination, bytes, export, cancellationToken).ConfigureAwait(false),
            ConversionFormat.Safetensors => await CheckpointExport.ToSafetensorsAsync(item, destination, export, cancellationToken).ConfigureAwait(false),
            ConversionFormat.Npz => await CheckpointExport.ToNpzAsync(item, destination, export, cancellationToken).ConfigureAwait(false),
            _ => await CheckpointExport.ToNpyFolderAsync(item, destination, export, cancellationToken).ConfigureAwait(false),
        };
        return new ConversionResult(format, result.Arrays, result.Bytes, result.LeftOut);
    }

    private sealed record Converted(string? Name, CheckpointItem Item, string? Handler, StepMetadata? Metadata);

    private sealed class ExportProgress(IProgress<SaveProgress> target) : IProgress<RestoreProgress>
    {
        public void Report(RestoreProgress value) => target.Report(new SaveProgress(value.Bytes, value.TotalBytes));
    }
}

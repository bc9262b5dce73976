using System.Text.Json;
using OcdbtSharp.Checkpoint.Format;
using OcdbtSharp.Checkpoint.Reading;
using OcdbtSharp.KvStore;

namespace OcdbtSharp.Checkpoint;

/// <summary>
/// A checkpoint, whatever its path holds: the root of a manager with its steps, a step with its items, an item, an OCDBT database, a zarr array or group,
/// or a MessagePack file of Flax. What it is is found out from its files.
/// </summary>
public sealed class OrbaxCheckpoint
{
    private readonly IKvStore _store;
    private readonly FolderListing _listing;
    private readonly OpenOptions _options;
    private readonly string? _msgpackFile;
    private readonly Lazy<HashSet<StepInfo>> _steps;

    private OrbaxCheckpoint(IKvStore store, FolderListing listing, OpenOptions options, CheckpointKind kind, string? msgpackFile = null)
    {
        _store = store;
        _listing = listing;
        _options = options;
        _msgpackFile = msgpackFile;
        _steps = new Lazy<HashSet<StepInfo>>(() => [.. Steps]);
        Kind = kind;
    }

    /// <summary>What the path holds.</summary>
    public CheckpointKind Kind { get; }

    /// <summary>Whether the v1 API saved it.</summary>
    internal bool IsV1 => _listing.Has(CheckpointLayout.V1MarkerFile);

    /// <summary>Where it lies: a path or URL.</summary>
    public string Location => _store.Describe(_msgpackFile ?? Key.Empty);

    /// <summary>The finished steps of a root by their numbers; none for everything else.</summary>
    public IReadOnlyList<StepInfo> Steps { get; private init; } = [];

    /// <summary>The folders of a root, or of a step, that were not written to the end.</summary>
    public IReadOnlyList<string> Unfinished { get; private init; } = [];

    /// <summary>The names of the items of a step in their order; none for everything else.</summary>
    public IReadOnlyList<string> ItemNames { get; private init; } = [];

    /// <summary>The step with the greatest number; null where there is none.</summary>
    public StepInfo? LatestStep => Steps.Count == 0 ? null : Steps[^1];

    /// <summary>What the user gave for a root when it was made, a JSON object; null where nothing.</summary>
    public JsonElement? RootMetadata { get; private init; }

    /// <summary>The metadata of a step, or of an item that was saved on its own; null in releases before 0.5 and for everything else.</summary>
    public StepMetadata? Metadata { get; private init; }

    /// <summary>Why the metadata of a root or a step could not be read, though they are there; as in Orbax, everything else can be.</summary>
    internal CorruptDataException? MetadataFault { get; private init; }

    /// <summary>Opens a folder, or a MessagePack file.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="options">How it is looked at; null for the defaults.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="StorageException">There is nothing, or it cannot be read.</exception>
    /// <exception cref="UnsupportedFormatException">It is no checkpoint.</exception>
    /// <exception cref="CorruptDataException">One of the files that tell what it is is damaged.</exception>
    public static async Task<OrbaxCheckpoint> OpenAsync(string path, OpenOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        string full = Path.GetFullPath(path);
        if (!File.Exists(full))
        {
            return Directory.Exists(full)
                ? await OpenAsync(new FileKvStore(full), options, cancellationToken).ConfigureAwait(false)
                : throw new StorageException("There is no such file or folder.", full);
        }

        FileKvStore folder = new(Path.GetDirectoryName(full)!);
        string file = Path.GetFileName(full);
        return file is CheckpointLayout.OcdbtManifestFile or CheckpointLayout.TreeMetadataFile or CheckpointLayout.StepMetadataFile
            ? await OpenAsync(folder, options, cancellationToken).ConfigureAwait(false)
            : await OpenMsgpackAsync(folder, file, options ?? new OpenOptions(), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Opens a store whose root is the checkpoint.</summary>
    /// <inheritdoc cref="OpenAsync(string, OpenOptions?, CancellationToken)"/>
    /// <param name="store">The store.</param>
    /// <param name="options">How it is looked at; null for the defaults.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<OrbaxCheckpoint> OpenAsync(IKvStore store, OpenOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(store);
        options ??= new OpenOptions();
        FolderListing listing = await FolderListing.ReadAsync(store, cancellationToken).ConfigureAwait(false);
        (StepMetadata? metadata, CorruptDataException? fault) = await ReadMetadataAsync(store, listing, cancellationToken).ConfigureAwait(false);
        CheckpointKind kind = await CheckpointProbe.DetectAsync(store, listing, metadata, options.StepNameFormat, cancellationToken).ConfigureAwait(false);
        switch (kind)
        {
            case CheckpointKind.Root:
                return await OpenRootAsync(store, listing, options, cancellationToken).ConfigureAwait(false);
            case CheckpointKind.Step:
                string[] folders = listing.Folders.Count > 0 ? [.. listing.Folders] : [.. metadata?.ItemHandlers.Keys ?? []];
                return new OrbaxCheckpoint(store, listing, options, kind)
                {
                    Metadata = metadata,
                    MetadataFault = fault,
                    ItemNames = [.. folders.Where(folder => !StepDirectory.IsTemporary(folder)).Order(StringComparer.Ordinal)],
                    Unfinished = [.. folders.Where(StepDirectory.IsTemporary)],
                };
            case CheckpointKind.Msgpack:
                return await OpenMsgpackAsync(store, CheckpointProbe.MsgpackFile(listing)!, options, cancellationToken).ConfigureAwait(false);
            default:
                return new OrbaxCheckpoint(store, listing, options, kind) { Metadata = metadata, MetadataFault = fault };
        }
    }

    /// <summary>Opens a step of a root.</summary>
    /// <param name="step">Its number; null for the latest.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The step; an item, where the folder of the step is one.</returns>
    /// <exception cref="ArgumentException">There is no such step, or this is no root.</exception>
    public Task<OrbaxCheckpoint> OpenStepAsync(long? step = null, CancellationToken cancellationToken = default) =>
        OpenStepAsync(
            (step is null ? LatestStep : Steps.LastOrDefault(candidate => candidate.Step == step))
                ?? throw new ArgumentException($"There is no {(step is null ? "finished step" : $"step {step}")} in {Location}.", nameof(step)),
            cancellationToken);

    /// <summary>Opens a step of a root: one of <see cref="Steps"/>, of which several may have the same number.</summary>
    /// <inheritdoc cref="OpenStepAsync(long?, CancellationToken)"/>
    /// <param name="step">The step.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<OrbaxCheckpoint> OpenStepAsync(StepInfo step, CancellationToken cancellationToken = default)
    {
        CheckStep(step);
        return _listing.Has(step.Name)
            ? await OpenMsgpackAsync(_store, step.Name, _options, cancellationToken).ConfigureAwait(false)
            : await OpenAsync(_store.Folder(step.Name), _options, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Reads what is recorded of a step of a root: one small file, and one more for metrics that are an item.</summary>
    /// <param name="step">One of <see cref="Steps"/>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ArgumentException">There is no such step.</exception>
    /// <exception cref="CorruptDataException">One of the files is damaged.</exception>
    public async Task<StepSummary> ReadStepSummaryAsync(StepInfo step, CancellationToken cancellationToken = default)
    {
        CheckStep(step);
        IKvStore folder = _store.Folder(step.Name);
        (StepMetadata? metadata, _) = _listing.Has(step.Name) ? (null, null) : await StepMetadata.ReadAsync(folder, cancellationToken).ConfigureAwait(false);
        if (metadata is null or { ItemHandlers.Count: 0 })
        {
            // Older releases do not name the items: the folders do.
            OrbaxCheckpoint opened = await OpenStepAsync(step, cancellationToken).ConfigureAwait(false);
            JsonElement? metrics = await opened.ReadMetricsAsync(cancellationToken).ConfigureAwait(false);
            return new StepSummary(step, opened.Metadata?.CommitTimestamp, opened.ItemNames, metrics);
        }

        string[] names = [.. metadata.ItemHandlers.Keys.Order(StringComparer.Ordinal)];
        return new StepSummary(step, metadata.CommitTimestamp, names, await ReadMetricsAsync(folder, names, metadata, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Opens an item: of a root's latest step, of a step, or the only one that this is.</summary>
    /// <param name="name">
    /// The name of the item. Null: the only item, not counting metrics; else the one that Orbax names so unless told otherwise (<c>default</c>, <c>state</c>, <c>pytree</c>).
    /// </param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ArgumentException">There is no such item, or it is not clear which is meant.</exception>
    /// <exception cref="CorruptDataException">What describes the item is damaged.</exception>
    /// <exception cref="UnsupportedFormatException">The item is stored in a way that is not supported.</exception>
    /// <exception cref="StorageException">The storage failed, or a file that the item needs is missing.</exception>
    public async Task<CheckpointItem> OpenItemAsync(string? name = null, CancellationToken cancellationToken = default)
    {
        switch (Kind)
        {
            case CheckpointKind.Root:
                OrbaxCheckpoint step = await OpenStepAsync(default(long?), cancellationToken).ConfigureAwait(false);
                return await step.OpenItemAsync(name, cancellationToken).ConfigureAwait(false);
            case CheckpointKind.Step:
                return await ReadItemAsync(_store, ChooseItem(name), Metadata, cancellationToken).ConfigureAwait(false);
            case var _ when name is not null:
                throw new ArgumentException($"{Location} is a single item: it has no item '{name}'.", nameof(name));
            case CheckpointKind.Item:
                return await ItemReader.ReadAsync(_store, _listing, null, Metadata?.ItemHandler, cancellationToken).ConfigureAwait(false);
            case CheckpointKind.Msgpack:
                return await ItemReader.ReadMsgpackAsync(_store, _msgpackFile!, cancellationToken).ConfigureAwait(false);
            case CheckpointKind.Ocdbt:
                return await PyTreeItemReader.ReadAsync(_store, _listing, ItemKind.PyTree, null, cancellationToken).ConfigureAwait(false);
            default:
                return await ItemReader.ReadZarrAsync(_store, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The metrics of a step: those of its item <c>metrics</c>, or those in its metadata; null where there are none.</summary>
    /// <exception cref="CorruptDataException">The file is damaged.</exception>
    public async Task<JsonElement?> ReadMetricsAsync(CancellationToken cancellationToken = default) =>
        await ReadMetricsAsync(_store, Kind == CheckpointKind.Step ? ItemNames : [], Metadata, cancellationToken).ConfigureAwait(false);

    private static async ValueTask<JsonElement?> ReadMetricsAsync(
        IKvStore step, IReadOnlyList<string> items, StepMetadata? metadata, CancellationToken cancellationToken)
    {
        const string Name = CheckpointLayout.MetricsName;
        if (items.Contains(Name))
        {
            JsonElement json = await step.ReadFileAsync(Name + "/" + Name, cancellationToken).ConfigureAwait(false) is { } utf8
                ? PythonJson.Parse(utf8, step.Describe(Name + "/" + Name))
                : (await ReadItemAsync(step, Name, metadata, cancellationToken).ConfigureAwait(false)).Json;
            if (json.ValueKind is not (JsonValueKind.Null or JsonValueKind.Undefined))
            {
                return json;
            }
        }

        return metadata is { Metrics: var metrics } && metrics.EnumerateObject().Any() ? metrics : null;
    }

    private static async ValueTask<CheckpointItem> ReadItemAsync(IKvStore step, string name, StepMetadata? metadata, CancellationToken cancellationToken)
    {
        IKvStore folder = step.Folder(name);
        FolderListing listing = await FolderListing.ReadAsync(folder, cancellationToken).ConfigureAwait(false);
        return await ItemReader.ReadAsync(folder, listing, name, metadata?.ItemHandlers.GetValueOrDefault(name), cancellationToken).ConfigureAwait(false);
    }

    private static async ValueTask<(StepMetadata? Metadata, CorruptDataException? Fault)> ReadMetadataAsync(
        IKvStore store, FolderListing listing, CancellationToken cancellationToken) =>
        listing.Has(CheckpointLayout.StepMetadataFile) ? await StepMetadata.ReadAsync(store, cancellationToken).ConfigureAwait(false) : (null, null);

    private static async Task<OrbaxCheckpoint> OpenRootAsync(IKvStore store, FolderListing listing, OpenOptions options, CancellationToken cancellationToken)
    {
        bool needsCommitFile = options.RequireCommitFile ?? !store.Capabilities.HasFlag(KvStoreCapabilities.RenamePrefix);
        (List<StepInfo> steps, List<string> unfinished) =
            await StepDirectory.FindAsync(store, listing.Folders, options.StepNameFormat, needsCommitFile, cancellationToken).ConfigureAwait(false);
        if (steps.Count == 0 && unfinished.Count == 0)
        {
            steps = CheckpointProbe.FlaxSteps(listing);
        }

        (JsonElement? metadata, CorruptDataException? fault) = await ReadRootMetadataAsync(store, cancellationToken).ConfigureAwait(false);
        return new OrbaxCheckpoint(store, listing, options, CheckpointKind.Root)
        {
            Steps = steps,
            Unfinished = unfinished,
            RootMetadata = metadata,
            MetadataFault = fault,
        };
    }

    /// <summary>What the user gave for a root; null where nothing, or where it is damaged: then, as in Orbax, the rest can be read.</summary>
    internal static async ValueTask<(JsonElement? Metadata, CorruptDataException? Fault)> ReadRootMetadataAsync(IKvStore store, CancellationToken cancellationToken)
    {
        Key key = CheckpointLayout.RootMetadataFolder + CheckpointLayout.RootMetadataFile;
        Key legacy = CheckpointLayout.RootMetadataFolder + CheckpointLayout.LegacyRootMetadataFile;
        try
        {
            if (await store.ReadFileAsync(key, cancellationToken).ConfigureAwait(false) is { } utf8)
            {
                return (Format.RootMetadata.Decode(utf8, store.Describe(key)), null);
            }

            return await store.ReadFileAsync(legacy, cancellationToken).ConfigureAwait(false) is { } old
                ? (Format.RootMetadata.DecodeLegacy(old, store.Describe(legacy)), null)
                : (null, null);
        }
        catch (CorruptDataException fault)
        {
            return (null, fault);
        }
    }

    private static async Task<OrbaxCheckpoint> OpenMsgpackAsync(IKvStore store, string file, OpenOptions options, CancellationToken cancellationToken)
    {
        FolderListing listing = await FolderListing.ReadAsync(store, cancellationToken).ConfigureAwait(false);
        return new OrbaxCheckpoint(store, listing, options, CheckpointKind.Msgpack, file);
    }

    private void CheckStep(StepInfo step)
    {
        ArgumentNullException.ThrowIfNull(step);
        if (!_steps.Value.Contains(step))
        {
            throw new ArgumentException($"There is no step '{step.Name}' in {Location}.", nameof(step));
        }
    }

    private string ChooseItem(string? name)
    {
        if (name is not null)
        {
            return ItemNames.Contains(name) ? name : throw new ArgumentException($"{Location} has no item '{name}', only: {string.Join(", ", ItemNames)}.", nameof(name));
        }

        string[] items = [.. ItemNames.Where(item => item != CheckpointLayout.MetricsName)];
        return items.Length == 1 ? items[0]
            : items.Contains(CheckpointLayout.DefaultItemName) ? CheckpointLayout.DefaultItemName
            : items.Contains(CheckpointLayout.V1DefaultItemName) ? CheckpointLayout.V1DefaultItemName
            : items.Contains(CheckpointLayout.EarlyV1DefaultItemName) ? CheckpointLayout.EarlyV1DefaultItemName
            : items.Length == 0 ? throw new ArgumentException($"{Location} has no items{(ItemNames.Count > 0 ? " but its metrics" : "")}.", nameof(name))
            : throw new ArgumentException($"{Location} has several items: say which of {string.Join(", ", ItemNames)}.", nameof(name));
    }
}

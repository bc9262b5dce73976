using System.Text.Json;
using OcdbtSharp.Checkpoint.Reading;
using OcdbtSharp.Checkpoint.Save;
using OcdbtSharp.KvStore;

namespace OcdbtSharp.Checkpoint;

/// <summary>
/// The steps below one root: saves them when the options say so, keeps those that the options keep, and restores them. It does what Orbax's class of the same
/// name does, on the same files. Every process of a group has one and makes the same calls. Not safe to use from many threads at once.
/// </summary>
public sealed class CheckpointManager : IAsyncDisposable
{
    private readonly IKvStore _store;
    private readonly CheckpointManagerOptions _options;
    private readonly SaveDecisionPolicy _saveDecision;
    private readonly PreservationPolicy _preservation;
    private readonly StepRoot _root;
    private List<CheckpointInfo> _checkpoints = [];
    private Task? _saving;
    private long _savingStep;
    private Task _deleting = Task.CompletedTask;

    private CheckpointManager(IKvStore store, CheckpointManagerOptions options)
    {
        _store = store;
        _options = options;
        options.Validate();
        _saveDecision = options.EffectiveSaveDecisionPolicy();
        _preservation = options.EffectivePreservationPolicy();
        _root = new StepRoot(store, options);
    }

    /// <summary>
    /// What the manager knows of its steps, the one that is being saved among them, in the order in which they were saved; with
    /// <see cref="CheckpointManagerOptions.UseV1"/> in the order of their numbers.
    /// </summary>
    public IReadOnlyList<CheckpointInfo> Checkpoints => _options.UseV1 ? [.. _checkpoints.OrderBy(checkpoint => checkpoint.Step)] : _checkpoints;

    /// <summary>The numbers of the steps.</summary>
    public IReadOnlyList<long> AllSteps => [.. Checkpoints.Select(checkpoint => checkpoint.Step)];

    /// <summary>The number of the last of <see cref="Checkpoints"/>; null where there is none.</summary>
    public long? LatestStep => Checkpoints is [.., var last] ? last.Step : null;

    /// <summary>The number of the best step by <see cref="CheckpointManagerOptions.BestFunction"/>; the latest one where there is no such function.</summary>
    public long? BestStep => _options.BestFunction is null ? LatestStep
        : PreservationPolicy.ByQuality(_checkpoints, _options.BestFunction, _options.BestMode) is [.., var best] ? best.Step : null;

    /// <summary>What is recorded for the root, a JSON object; null where nothing.</summary>
    public JsonElement? RootMetadata { get; private set; }

    /// <summary>Whether a step is being written.</summary>
    public bool IsSavingInProgress => _saving is { IsCompleted: false };

    /// <summary>Opens the root of a manager in a folder.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="options">What is saved and kept; null for the defaults.</param>
    /// <param name="metadata">What is recorded for the root, a JSON object, unless something is recorded already; null for nothing.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ArgumentException">The options contradict each other.</exception>
    /// <exception cref="StorageException">The folder cannot be made or read.</exception>
    public static Task<CheckpointManager> OpenAsync(
        string path, CheckpointManagerOptions? options = null, JsonElement? metadata = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        options ??= new CheckpointManagerOptions();
        if (options.ToDeleteFullPath is not null)
        {
            throw new ArgumentException($"{nameof(options.ToDeleteFullPath)} is for managers in a store; in a folder, {nameof(options.ToDeleteFolder)} keeps deleted steps.", nameof(options));
        }

        if (options is { Create: true, ReadOnly: false })
        {
            Directory.CreateDirectory(path);
        }

        return OpenAsync(new FileKvStore(path), options, metadata, cancellationToken);
    }

    /// <summary>Opens the root of a manager in a store.</summary>
    /// <inheritdoc cref="OpenAsync(string, CheckpointManagerOptions?, JsonElement?, CancellationToken)"/>
    /// <param name="store">A store whose root is that of the manager.</param>
    /// <param name="options">What is saved and kept; null for the defaults.</param>
    /// <param name="metadata">What is recorded for the root, a JSON object, unless something is recorded already; null for nothing.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<CheckpointManager> OpenAsync(
        IKvStore store, CheckpointManagerOptions? options = null, JsonElement? metadata = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(store);
        CheckpointManager manager = new(store, options ?? new CheckpointManagerOptions());
        if (manager._options is { CleanupTemporaryFolders: true, ReadOnly: false })
        {
            await manager.CleanupAsync(cancellationToken).ConfigureAwait(false);
        }

        manager.RootMetadata = await manager._root.ReadOrWriteMetadataAsync(metadata, cancellationToken).ConfigureAwait(false);
        await manager.ReloadAsync(cancellationToken).ConfigureAwait(false);
        return manager;
    }

    /// <summary>Whether a step would be saved.</summary>
    /// <param name="step">Its number.</param>
    public bool ShouldSave(long step)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        if (_options.ReadOnly || (_checkpoints is [.., var last] && last.Step >= step))
        {
            return false;
        }

        CheckpointInfo candidate = new(step, _options.TimeProvider.GetUtcNow());
        SaveDecisionContext context = new(IsSavingInProgress, _options.ReachedPreemption?.Invoke(step) ?? false);
        return _saveDecision.ShouldSave(candidate, _checkpoints, context);
    }

    /// <summary>Saves a step with a single item, a tree, which Orbax restores without naming it.</summary>
    /// <inheritdoc cref="SaveAsync(long, IEnumerable{KeyValuePair{string, ItemToSave}}, JsonElement?, JsonElement?, bool, CancellationToken)"/>
    /// <param name="step">The number of the step.</param>
    /// <param name="tree">The tree.</param>
    /// <param name="metrics">Its metrics, a JSON object; null for none.</param>
    /// <param name="customMetadata">What is recorded for the step, a JSON object; null for nothing.</param>
    /// <param name="force">Whether it is saved whatever the options say.</param>
    /// <param name="cancellationToken">Gives up, also after the call has returned, until the step is finished.</param>
    public Task<bool> SaveAsync(
        long step, PyTree tree, JsonElement? metrics = null, JsonElement? customMetadata = null, bool force = false, CancellationToken cancellationToken = default)
    {
        string name = _options.UseV1 ? CheckpointLayout.V1DefaultItemName : CheckpointLayout.DefaultItemName;
        return SaveAsync(step, [KeyValuePair.Create(name, ItemToSave.StandardOrTree(tree))], metrics, customMetadata, force, cancellationToken);
    }

    /// <summary>
    /// Saves a step, if the options say so. Waits for an earlier one first. With <see cref="CheckpointManagerOptions.AsyncSave"/> it returns when the values are
    /// copied: what goes wrong later is thrown by the next call, and by disposing.
    /// </summary>
    /// <param name="step">The number of the step.</param>
    /// <param name="items">The items with their names.</param>
    /// <param name="metrics">Its metrics, a JSON object; null for none.</param>
    /// <param name="customMetadata">What is recorded for the step, a JSON object; null for nothing.</param>
    /// <param name="force">Whether it is saved whatever the options say.</param>
    /// <param name="cancellationToken">Gives up, also after the call has returned, until the step is finished.</param>
    /// <returns>Whether the step is saved.</returns>
    /// <exception cref="ArgumentException">There is such a step already, or an item cannot be saved.</exception>
    /// <exception cref="StorageException">The storage failed, or another process did not finish in time.</exception>
    public async Task<bool> SaveAsync(
        long step,
        IEnumerable<KeyValuePair<string, ItemToSave>> items,
        JsonElement? metrics = null,
        JsonElement? customMetadata = null,
        bool force = false,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(items);
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        if (_options.UseV1 && !_options.ReadOnly)
        {
            ThrowIfThereIs(step);
        }

        if (_options.ReadOnly || (!force && !ShouldSave(step)))
        {
            return false;
        }

        await WaitUntilFinishedAsync().ConfigureAwait(false);
        ThrowIfThereIs(step);
        List<KeyValuePair<string, ItemToSave>> all = [.. items];
        metrics = metrics is { ValueKind: JsonValueKind.Null or JsonValueKind.Undefined } ? null : metrics;
        if (metrics is { } measured && (_options.UseV1 ? !IsEmpty(measured) : _options.BestFunction is not null))
        {
            all.Add(KeyValuePair.Create<string, ItemToSave>(CheckpointLayout.MetricsName, new JsonItem(measured, isMetrics: true)));
        }

        // What the user's functions throw is thrown before anything is changed.
        List<CheckpointInfo> checkpoints = [.. _checkpoints, new CheckpointInfo(step, _options.TimeProvider.GetUtcNow(), metrics)];
        IReadOnlyList<bool> preserved = _preservation.ShouldPreserve(checkpoints);
        long[] removed = [.. checkpoints.Where((_, index) => !preserved[index]).Select(checkpoint => checkpoint.Step)];
        List<IDisposable> owned = [];
        if (_options is { AsyncSave: true, BorrowValues: false })
        {
            all = [.. all.Select(item => KeyValuePair.Create(item.Key, item.Value.Copy(owned)))];
        }

        checkpoints.RemoveAll(checkpoint => removed.Contains(checkpoint.Step));
        _checkpoints = checkpoints;
        _savingStep = step;
        _saving = WriteAsync(step, all, owned, customMetadata, removed, cancellationToken);
        if (!_options.AsyncSave)
        {
            await WaitUntilFinishedAsync().ConfigureAwait(false);
        }

        return true;
    }

    /// <summary>Waits until the step that is being saved is finished.</summary>
    /// <exception cref="StorageException">It was not saved: the storage failed, or another process did not finish in time.</exception>
    /// <exception cref="OperationCanceledException">The save was given up.</exception>
    public async Task WaitUntilFinishedAsync()
    {
        Task? saving = _saving;
        _saving = null;
        if (saving is not null)
        {
            try
            {
                await saving.ConfigureAwait(false);
            }
            catch
            {
                _checkpoints.RemoveAll(checkpoint => checkpoint.Step == _savingStep);
                throw;
            }
        }
    }

    /// <summary>Restores an item of a step.</summary>
    /// <param name="step">The number of the step; null for the latest.</param>
    /// <param name="item">The name of the item; null for the only one, not counting metrics.</param>
    /// <param name="options">Which leaves, and at what cost; null for all.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ArgumentException">There is no such step, or no such item.</exception>
    public async Task<RestoredTree> RestoreAsync(long? step = null, string? item = null, RestoreOptions? options = null, CancellationToken cancellationToken = default)
    {
        OrbaxCheckpoint opened = await OpenStepAsync(step, cancellationToken).ConfigureAwait(false);
        CheckpointItem found = await opened.OpenItemAsync(item, cancellationToken).ConfigureAwait(false);
        return await found.RestoreAsync(options, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Opens a step, to look at its items and metadata.</summary>
    /// <param name="step">Its number; null for the latest.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ArgumentException">There is no such step.</exception>
    public async Task<OrbaxCheckpoint> OpenStepAsync(long? step = null, CancellationToken cancellationToken = default)
    {
        long number = step ?? LatestStep ?? throw new ArgumentException($"There is no step in {_store.Describe(Key.Empty)}.", nameof(step));
        StepInfo found = await _root.FindAsync(number, cancellationToken).ConfigureAwait(false)
            ?? throw new ArgumentException($"There is no finished step {number} in {_store.Describe(Key.Empty)}.", nameof(step));
        return await OrbaxCheckpoint.OpenAsync(_store.Folder(found.Name), null, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The names of the items of a step.</summary>
    /// <exception cref="ArgumentException">There is no such step.</exception>
    public async Task<IReadOnlyList<string>> ItemNamesAsync(long? step = null, CancellationToken cancellationToken = default) =>
        (await OpenStepAsync(step, cancellationToken).ConfigureAwait(false)).ItemNames;

    /// <summary>The metrics of a step; null where there are none, or where another program took the step away.</summary>
    /// <exception cref="ArgumentException">There is no such step.</exception>
    public async Task<JsonElement?> MetricsAsync(long step, CancellationToken cancellationToken = default)
    {
        bool isKnown = _checkpoints.Exists(checkpoint => checkpoint.Step == step);
        return isKnown && await _root.FindAsync(step, cancellationToken).ConfigureAwait(false) is null
            ? null
            : await (await OpenStepAsync(step, cancellationToken).ConfigureAwait(false)).ReadMetricsAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Deletes a step.</summary>
    /// <exception cref="ArgumentException">There is no such step.</exception>
    public async Task DeleteAsync(long step, CancellationToken cancellationToken = default)
    {
        if (_options.ReadOnly)
        {
            return;
        }

        if (_checkpoints.RemoveAll(checkpoint => checkpoint.Step == step) == 0)
        {
            throw new ArgumentException($"There is no step {step} to delete.", nameof(step));
        }

        await DeleteStepsAsync([step], cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Looks at the store again: other programs may have added steps or taken some away.</summary>
    public async Task ReloadAsync(CancellationToken cancellationToken = default) =>
        _checkpoints = await _root.LoadAsync(cancellationToken).ConfigureAwait(false);

    /// <summary>Removes what unfinished saves and deletions left behind. No other program may be saving into this root.</summary>
    /// <returns>The folders that were removed.</returns>
    public async Task<IReadOnlyList<string>> CleanupAsync(CancellationToken cancellationToken = default)
    {
        await WaitUntilFinishedAsync().ConfigureAwait(false);
        return _options.Processes.IsPrimary ? await _root.CleanupAsync(cancellationToken).ConfigureAwait(false) : [];
    }

    /// <summary>Waits for everything that is still under way.</summary>
    /// <exception cref="StorageException">The last step was not saved, or old ones were not deleted.</exception>
    public async ValueTask DisposeAsync()
    {
        try
        {
            await WaitUntilFinishedAsync().ConfigureAwait(false);
        }
        finally
        {
            await _deleting.ConfigureAwait(false);
        }
    }

    private static bool IsEmpty(JsonElement metrics) => metrics.ValueKind == JsonValueKind.Object && !metrics.EnumerateObject().Any();

    private void ThrowIfThereIs(long step)
    {
        if (_checkpoints.Exists(checkpoint => checkpoint.Step == step))
        {
            throw new ArgumentException($"There is a step {step} already.", nameof(step));
        }
    }

    private async Task WriteAsync(
        long step,
        List<KeyValuePair<string, ItemToSave>> items,
        List<IDisposable> owned,
        JsonElement? customMetadata,
        long[] removed,
        CancellationToken cancellationToken)
    {
        // From here on the caller goes on.
        await Task.Yield();
        try
        {
            CheckpointWriterOptions options = new()
            {
                CustomMetadata = customMetadata,
                Processes = _options.Processes,
                UseV1 = _options.UseV1,
                TimeProvider = _options.TimeProvider,
                Atomicity = _options.Atomicity,
                IsManaged = true,

                // A folder of this name that the manager does not know was not there when it last looked; Orbax replaces it.
                Overwrite = true,
            };
            string name = _options.StepNameFormat.BuildName(step);
            await CheckpointWriter.SaveStepAsync(_store, name, items, options, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            owned.ForEach(memory => memory.Dispose());
        }

        await DeleteStepsAsync(removed, cancellationToken).ConfigureAwait(false);
    }

    private async Task DeleteStepsAsync(long[] steps, CancellationToken cancellationToken)
    {
        if (!_options.Processes.IsPrimary || steps.Length == 0)
        {
            return;
        }

        if (_options.BackgroundDelete)
        {
            Task before = _deleting;
            _deleting = Task.Run(
                async () =>
                {
                    await before.ConfigureAwait(false);
                    await _root.DeleteAsync(steps, cancellationToken).ConfigureAwait(false);
                },
                cancellationToken);
            return;
        }

        await _root.DeleteAsync(steps, cancellationToken).ConfigureAwait(false);
    }
}

using OcdbtSharp.Checkpoint.Format;
using OcdbtSharp.Checkpoint.Reading;
using OcdbtSharp.KvStore;
using OcdbtSharp.Zarr3;
using OcdbtSharp.Zarr3.Transfer;

namespace OcdbtSharp.Checkpoint;

/// <summary>
/// Reads a whole checkpoint, every chunk of every array of every step, and compares what its files say with one another. What is wrong with one leaf does not
/// keep it from looking at the others.
/// </summary>
public sealed class CheckpointVerification
{
    private readonly Lock _lock = new();
    private readonly List<CheckpointFault> _faults = [];
    private readonly RestoreOptions _options;
    private int _leaves;
    private long _bytes;

    private CheckpointVerification(RestoreOptions options) => _options = options;

    /// <summary>What is wrong; nothing where the checkpoint is whole.</summary>
    public IReadOnlyList<CheckpointFault> Faults => _faults;

    /// <summary>Leaves that were read.</summary>
    public int Leaves => _leaves;

    /// <summary>Bytes of their elements.</summary>
    public long Bytes => _bytes;

    /// <summary>Verifies a checkpoint: all steps of a root, all items of a step, or an item.</summary>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="options">Which leaves, and at what cost; null for all.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="StorageException">The storage failed.</exception>
    public static async Task<CheckpointVerification> RunAsync(OrbaxCheckpoint checkpoint, RestoreOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        CheckpointVerification verification = new(options ?? new RestoreOptions());
        await verification.CheckAsync(checkpoint, cancellationToken).ConfigureAwait(false);
        return verification;
    }

    private async Task CheckAsync(OrbaxCheckpoint checkpoint, CancellationToken cancellationToken)
    {
        if (checkpoint.MetadataFault is { } fault)
        {
            Add(fault.Location ?? checkpoint.Location, fault.Problem);
        }

        switch (checkpoint.Kind)
        {
            case CheckpointKind.Root:
                foreach (StepInfo step in checkpoint.Steps)
                {
                    await TryAsync($"{checkpoint.Location}{step.Name}", async () =>
                        await CheckAsync(await checkpoint.OpenStepAsync(step.Step, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false)).ConfigureAwait(false);
                }

                break;
            case CheckpointKind.Step:
                await CheckStepAsync(checkpoint, cancellationToken).ConfigureAwait(false);
                break;
            default:
                await TryAsync(checkpoint.Location, async () =>
                    await CheckAsync(await checkpoint.OpenItemAsync(null, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false)).ConfigureAwait(false);
                break;
        }
    }

    private async Task CheckStepAsync(OrbaxCheckpoint step, CancellationToken cancellationToken)
    {
        foreach (string item in step.Metadata?.ItemHandlers.Keys.Except(step.ItemNames) ?? [])
        {
            Add(step.Location, $"the item '{item}' is recorded and is not there");
        }

        foreach (string folder in step.Unfinished)
        {
            Add(step.Location, $"the item '{folder}' was not written to its end");
        }

        foreach (string item in step.ItemNames)
        {
            await TryAsync($"{step.Location}{item}", async () =>
                await CheckAsync(await step.OpenItemAsync(item, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false)).ConfigureAwait(false);
        }
    }

    private async Task CheckAsync(CheckpointItem item, CancellationToken cancellationToken)
    {
        await TryAsync(item.Location, async () => await CheckRecordsAsync(item, cancellationToken).ConfigureAwait(false)).ConfigureAwait(false);
        TransferRunner runner = new(_options.MaxMemory, _options.MaxParallelism);
        await runner.RunAsync(item.Leaves.Where(_options.Selects).SelectMany(leaf => Tasks(item, leaf)), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>What reads a leaf. What is wrong with one part of it is told once, and keeps nobody from looking at the others.</summary>
    private IEnumerable<LeafTask> Tasks(CheckpointItem item, CheckpointLeaf leaf)
    {
        LeafState state = new();
        if (leaf.Source is { } source)
        {
            TransferPlan plan = new(source, new DiscardSink(), leaf.Shape, source.ElementSize) { MaxMemory = _options.MaxMemory };
            foreach (TransferTask task in plan.Tasks(new long[leaf.Shape.Count], [.. leaf.Shape]))
            {
                yield return new LeafTask(task, async token =>
                {
                    if (state.IsDamaged)
                    {
                        return;
                    }

                    state.IsDamaged |= !await TryAsync($"{item.Location}{leaf.Name}", () => task.RunAsync(token).AsTask()).ConfigureAwait(false);
                    Interlocked.Add(ref _bytes, state.IsDamaged ? 0 : task.Bytes);
                });
            }
        }

        _leaves++;
    }

    // What the files beside the arrays say of them.
    private async Task CheckRecordsAsync(CheckpointItem item, CancellationToken cancellationToken)
    {
        foreach ((string name, ArraySharding sharding) in await item.ReadShardingsAsync(cancellationToken).ConfigureAwait(false))
        {
            if (item.Find(name) is not { } leaf)
            {
                Add(item.Location, $"{CheckpointLayout.ShardingFile} names '{name}', which is no leaf");
            }
            else if (sharding.PartitionSpec.Count > leaf.Shape.Count)
            {
                Add(item.Location, $"'{name}' has {leaf.Shape.Count} dimensions, and {CheckpointLayout.ShardingFile} splits {sharding.PartitionSpec.Count}");
            }
        }

        if (!item.Store.Capabilities.HasFlag(KvStoreCapabilities.List))
        {
            return;
        }

        Key prefix = CheckpointLayout.ArrayMetadatasFolder + CheckpointLayout.ProcessFilePrefix;
        await foreach (ListEntry file in item.Store.ListAsync(KeyRange.Prefix(prefix), cancellationToken).ConfigureAwait(false))
        {
            Dictionary<string, ArrayMetadataEntry> arrays = new(StringComparer.Ordinal);
            ReadOnlyMemory<byte> utf8 = await item.Store.ReadRequiredAsync(file.Key, "it was listed a moment ago", cancellationToken).ConfigureAwait(false);
            ArrayMetadatas.Decode(utf8, item.Store.Describe(file.Key), arrays);
            foreach ((string name, ArrayMetadataEntry array) in arrays)
            {
                if (item.Find(name) is not { } leaf)
                {
                    Add(item.Store.Describe(file.Key), $"it names '{name}', which is no leaf");
                }
                else if (array.ChunkShape is { } chunk && leaf.ChunkShape is { } stored && !chunk.AsSpan().SequenceEqual([.. stored]))
                {
                    Add(item.Store.Describe(file.Key), $"it says that '{name}' has chunks of [{string.Join(", ", chunk)}], and it has chunks of [{string.Join(", ", stored)}]");
                }
            }
        }
    }

    private async Task<bool> TryAsync(string location, Func<Task> check)
    {
        try
        {
            await check().ConfigureAwait(false);
            return true;
        }
        catch (OcdbtSharpException error)
        {
            Add(error.Location ?? location, error.Problem);
            return false;
        }
    }

    private void Add(string location, string message)
    {
        lock (_lock)
        {
            _faults.Add(new CheckpointFault(location, message));
        }
    }

    private sealed class LeafState
    {
        public volatile bool IsDamaged;
    }

    private sealed class LeafTask(TransferTask task, Func<CancellationToken, Task> run) : IChunkTask
    {
        public long Bytes => task.Bytes;

        public long MemoryBytes => task.MemoryBytes;

        public async ValueTask RunAsync(CancellationToken cancellationToken) => await run(cancellationToken).ConfigureAwait(false);
    }
}

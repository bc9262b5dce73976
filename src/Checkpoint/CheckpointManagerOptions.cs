using System.Text.Json;

namespace OcdbtSharp.Checkpoint;

/// <summary>What a <see cref="CheckpointManager"/> saves and keeps, and how. The names and defaults are those of Orbax.</summary>
public sealed class CheckpointManagerOptions
{
    /// <summary>Saves the steps whose numbers are multiples of this; null for none of that kind. Default: 1, every step.</summary>
    public long? SaveIntervalSteps { get; init; } = 1;

    /// <summary>Steps that are saved whatever the interval.</summary>
    public IReadOnlyCollection<long> SaveOnSteps { get; init; } = [];

    /// <summary>Decides instead of the interval and the steps, from the number of the step and that of the latest one.</summary>
    public Func<long, long?, bool>? ShouldSave { get; init; }

    /// <summary>Decides alone whether a step is saved; null: the three options before.</summary>
    public SaveDecisionPolicy? SaveDecisionPolicy { get; init; }

    /// <summary>How many steps are kept, the latest or, with <see cref="BestFunction"/>, the best; null for all.</summary>
    public int? MaxToKeep { get; init; }

    /// <summary>Keeps the steps whose numbers are multiples of this, beside <see cref="MaxToKeep"/>.</summary>
    public long? KeepPeriod { get; init; }

    /// <summary>Keeps a step in each such time, beside <see cref="MaxToKeep"/>.</summary>
    public TimeSpan? KeepTimeInterval { get; init; }

    /// <summary>
    /// What ranks a step, from its metrics: <see cref="MetricValue.Named"/> for one of them. Metrics are stored only where this is given, or with <see cref="UseV1"/>.
    /// </summary>
    public Func<JsonElement, double>? BestFunction { get; init; }

    /// <summary>Which values of <see cref="BestFunction"/> are the best.</summary>
    public BestMode BestMode { get; init; }

    /// <summary>Whether steps without metrics are kept whatever the number of better ones.</summary>
    public bool KeepCheckpointsWithoutMetrics { get; init; } = true;

    /// <summary>Decides alone which steps are kept; null: the options before. Together with <see cref="MaxToKeep"/>, <see cref="KeepPeriod"/> or <see cref="KeepTimeInterval"/> it is an error.</summary>
    public PreservationPolicy? PreservationPolicy { get; init; }

    /// <summary>How the folders of steps are named.</summary>
    public StepNameFormat StepNameFormat { get; init; } = StepNameFormat.Standard();

    /// <summary>Whether the folder of the manager is made where it does not exist.</summary>
    public bool Create { get; init; } = true;

    /// <summary>Whether what unfinished saves left behind is removed when the manager is opened.</summary>
    public bool CleanupTemporaryFolders { get; init; }

    /// <summary>Whether nothing is saved or deleted: such calls do nothing.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>The folder below the root into which deleted steps are moved; null: they are deleted.</summary>
    public string? ToDeleteFolder { get; init; }

    /// <summary>
    /// Where deleted steps are moved, counted from the root of a bucket, not from that of the manager: as <c>PATH/STEP-TIME</c>. For managers in a store; null:
    /// they are deleted. The root of the bucket is that of the store of which the manager has a folder (<c>store.Folder("runs/1")</c>).
    /// </summary>
    public string? ToDeleteFullPath { get; init; }

    /// <summary>Whether steps are deleted while the program goes on.</summary>
    public bool BackgroundDelete { get; init; }

    /// <summary>Whether saving returns when the values are copied, and writes while the program goes on.</summary>
    public bool AsyncSave { get; init; } = true;

    /// <summary>Whether an asynchronous save reads the caller's memory until it has finished, in place of a copy.</summary>
    public bool BorrowValues { get; init; }

    /// <summary>Whether the metadata given for the root is stored.</summary>
    public bool SaveRootMetadata { get; init; } = true;

    /// <summary>
    /// Whether the manager is the <c>training.Checkpointer</c> of Orbax's v1 API: it lays out steps as that does, stores metrics whenever they are given,
    /// has its steps in the order of their numbers, and refuses to save a step that there is already.
    /// </summary>
    public bool UseV1 { get; init; }

    /// <summary>What makes a step appear as a whole or not at all, and tells finished steps from others.</summary>
    public AtomicityMode Atomicity { get; init; }

    /// <summary>Whether with <see cref="AtomicityMode.CommitFile"/> also folders without <c>commit_success.txt</c> are steps, as older releases wrote them.</summary>
    public bool AllowLegacyAtomicRename { get; init; }

    /// <summary>The processes that save together.</summary>
    public ProcessGroup Processes { get; init; } = ProcessGroup.Single;

    /// <summary>Tells whether the program was told that it will be stopped; null: never.</summary>
    public Func<long, bool>? ReachedPreemption { get; init; }

    /// <summary>The time. Tests set another.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Looks for options that contradict each other, policies aside.</summary>
    /// <exception cref="ArgumentException">Two options say where deleted steps go.</exception>
    internal void Validate()
    {
        if (ToDeleteFolder is not null && ToDeleteFullPath is not null)
        {
            throw new ArgumentException($"{nameof(ToDeleteFolder)} and {nameof(ToDeleteFullPath)} cannot be given together.");
        }
    }

    /// <summary>The policy that these options come to.</summary>
    internal SaveDecisionPolicy EffectiveSaveDecisionPolicy()
    {
        if (SaveDecisionPolicy is not null)
        {
            return SaveDecisionPolicy;
        }

        if (ShouldSave is not null)
        {
            return Checkpoint.SaveDecisionPolicy.AnySave(Checkpoint.SaveDecisionPolicy.FromFunction(ShouldSave), Checkpoint.SaveDecisionPolicy.PreemptionCheckpointing);
        }

        List<SaveDecisionPolicy> policies = [];
        if (SaveIntervalSteps is { } interval)
        {
            policies.Add(Checkpoint.SaveDecisionPolicy.FixedInterval(interval));
        }

        policies.Add(Checkpoint.SaveDecisionPolicy.SpecificSteps(SaveOnSteps));
        policies.Add(Checkpoint.SaveDecisionPolicy.PreemptionCheckpointing);
        policies.Add(Checkpoint.SaveDecisionPolicy.InitialSave);
        return Checkpoint.SaveDecisionPolicy.AnySave(policies);
    }

    /// <summary>The policy that these options come to.</summary>
    /// <exception cref="ArgumentException">They contradict each other.</exception>
    internal PreservationPolicy EffectivePreservationPolicy()
    {
        if (PreservationPolicy is not null)
        {
            // Orbax asks whether they are set to something, and so lets a zero pass.
            return MaxToKeep is null or 0 && KeepPeriod is null or 0 && (KeepTimeInterval ?? TimeSpan.Zero) == TimeSpan.Zero
                ? PreservationPolicy
                : throw new ArgumentException($"{nameof(PreservationPolicy)} decides alone: {nameof(MaxToKeep)}, {nameof(KeepPeriod)} and {nameof(KeepTimeInterval)} cannot be given beside it.");
        }

        List<PreservationPolicy> policies = [];
        if (KeepPeriod is { } period)
        {
            policies.Add(Checkpoint.PreservationPolicy.EveryNSteps(period));
        }

        if (KeepTimeInterval is { } interval)
        {
            policies.Add(Checkpoint.PreservationPolicy.EveryNSeconds(TimeSpan.FromSeconds(Math.Truncate(interval.TotalSeconds))));
        }

        policies.Add(BestFunction is not null
            ? Checkpoint.PreservationPolicy.BestN(BestFunction, BestMode, MaxToKeep, KeepCheckpointsWithoutMetrics)
            : Checkpoint.PreservationPolicy.LatestN(MaxToKeep));
        return Checkpoint.PreservationPolicy.Any(policies);
    }
}

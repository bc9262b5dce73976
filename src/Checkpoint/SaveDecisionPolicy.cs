namespace OcdbtSharp.Checkpoint;

/// <summary>
/// Decides whether a step is saved. The policies of Orbax, and of its v1 API, are made by the methods of this class, which have their names without
/// "Policy"; others derive from it.
/// </summary>
public abstract class SaveDecisionPolicy
{
    /// <summary>Saves when the program was told that it will be stopped.</summary>
    public static SaveDecisionPolicy PreemptionCheckpointing { get; } = new Rule((_, _, context) => context.ReachedPreemption);

    /// <summary>Saves when there is no step yet.</summary>
    public static SaveDecisionPolicy InitialSave { get; } = new Rule((_, previous, _) => previous.Count == 0);

    /// <summary>Saves the steps whose numbers are multiples of an interval.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The interval is less than 1.</exception>
    public static SaveDecisionPolicy FixedInterval(long interval)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(interval, 1);
        return new Rule((step, _, _) => step.Step % interval == 0);
    }

    /// <summary>Saves the steps with these numbers.</summary>
    public static SaveDecisionPolicy SpecificSteps(params IEnumerable<long> steps)
    {
        HashSet<long> wanted = [.. steps ?? throw new ArgumentNullException(nameof(steps))];
        return new Rule((step, _, _) => wanted.Contains(step.Step));
    }

    /// <summary>Saves as often as possible: whenever no earlier step is being written.</summary>
    /// <param name="minimumInterval">The least time between two steps; null for none.</param>
    public static SaveDecisionPolicy ContinuousCheckpointing(TimeSpan? minimumInterval = null) => new Rule((step, previous, context) =>
        !context.IsSavingInProgress
        && (previous.Count == 0 || minimumInterval is not { } interval || step.Time - previous[^1].Time >= interval));

    /// <summary>Saves what one of several policies saves.</summary>
    public static SaveDecisionPolicy AnySave(params IReadOnlyList<SaveDecisionPolicy> policies)
    {
        ArgumentNullException.ThrowIfNull(policies);
        return new Rule((step, previous, context) => policies.Any(policy => policy.ShouldSave(step, previous, context)));
    }

    /// <summary>Saves what a function says.</summary>
    /// <param name="shouldSave">Takes the number of the step, and that of the latest one or null where there is none.</param>
    public static SaveDecisionPolicy FromFunction(Func<long, long?, bool> shouldSave)
    {
        ArgumentNullException.ThrowIfNull(shouldSave);
        return new Rule((step, previous, _) => shouldSave(step.Step, previous.Count == 0 ? null : previous[^1].Step));
    }

    /// <summary>Whether a step is saved.</summary>
    /// <param name="candidate">The step, with the time now and no metrics.</param>
    /// <param name="previous">The steps that there are, in order.</param>
    /// <param name="context">The state of the manager.</param>
    public abstract bool ShouldSave(CheckpointInfo candidate, IReadOnlyList<CheckpointInfo> previous, SaveDecisionContext context);

    private sealed class Rule(Func<CheckpointInfo, IReadOnlyList<CheckpointInfo>, SaveDecisionContext, bool> shouldSave) : SaveDecisionPolicy
    {
        public override bool ShouldSave(CheckpointInfo candidate, IReadOnlyList<CheckpointInfo> previous, SaveDecisionContext context) =>
            shouldSave(candidate, previous, context);
    }
}

using System.Text.Json;
using OcdbtSharp.Checkpoint.Save;

namespace OcdbtSharp.Checkpoint;

/// <summary>
/// Decides which steps are kept. The policies of Orbax, and of its v1 API, are made by the methods of this class, which have their names without
/// "PreservationPolicy"; others derive from it.
/// </summary>
public abstract class PreservationPolicy
{
    /// <summary>Keeps every step.</summary>
    public static PreservationPolicy PreserveAll { get; } = new Rule(checkpoints => Repeat(true, checkpoints.Count));

    /// <summary>Keeps the last steps.</summary>
    /// <param name="count">How many; null for all.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="count"/> is negative.</exception>
    public static PreservationPolicy LatestN(int? count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count ?? 0, nameof(count));
        return new Rule(checkpoints => [.. Enumerable.Range(0, checkpoints.Count).Select(index => count is null || index >= checkpoints.Count - count)]);
    }

    /// <summary>Keeps the first step that is no older than a time, and all that were saved after it.</summary>
    /// <param name="duration">The greatest age.</param>
    /// <param name="timeProvider">Tells the time; null for that of the system.</param>
    public static PreservationPolicy LatestDuration(TimeSpan duration, TimeProvider? timeProvider = null)
    {
        TimeProvider clock = timeProvider ?? TimeProvider.System;
        return new Rule(checkpoints =>
        {
            DateTimeOffset now = clock.GetUtcNow();
            int old = checkpoints.TakeWhile(checkpoint => now - checkpoint.Time > duration).Count();
            return [.. checkpoints.Select((_, index) => index >= old)];
        });
    }

    /// <summary>Keeps the first step, and then each that is at least a time later than the one kept before it.</summary>
    public static PreservationPolicy EveryNSeconds(TimeSpan interval) => new Rule(checkpoints =>
        Spaced(checkpoints, (kept, next) => next.Time - kept.Time >= interval));

    /// <summary>Keeps steps at an interval.</summary>
    /// <param name="interval">The interval.</param>
    /// <param name="exact">Whether the numbers must be multiples of the interval; otherwise the first step is kept, and each that is at least so far behind the one kept before it.</param>
    /// <param name="maxToKeep">How many of these are kept, the last ones; null for all.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is less than 1.</exception>
    public static PreservationPolicy EveryNSteps(long interval, bool exact = true, int? maxToKeep = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(interval, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxToKeep ?? 1, 1, nameof(maxToKeep));
        return new Rule(checkpoints => LastTrue(
            exact ? [.. checkpoints.Select(checkpoint => checkpoint.Step % interval == 0)] : Spaced(checkpoints, (kept, next) => next.Step - kept.Step >= interval),
            maxToKeep));
    }

    /// <summary>Keeps, for each multiple of an interval, the step nearest to it (the later one of two), and the last step.</summary>
    /// <param name="interval">The interval.</param>
    /// <param name="maxToKeep">How many of these are kept, the last ones; null for all.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is less than 1.</exception>
    public static PreservationPolicy EveryNStepsClosest(long interval, int? maxToKeep = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(interval, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxToKeep ?? 1, 1, nameof(maxToKeep));
        return new Rule(checkpoints => LastTrue(Closest(checkpoints, interval), maxToKeep));
    }

    /// <summary>Keeps the steps with these numbers.</summary>
    public static PreservationPolicy CustomSteps(params IEnumerable<long> steps)
    {
        HashSet<long> wanted = [.. steps ?? throw new ArgumentNullException(nameof(steps))];
        return new Rule(checkpoints => [.. checkpoints.Select(checkpoint => wanted.Contains(checkpoint.Step))]);
    }

    /// <summary>Keeps the steps whose metrics are best.</summary>
    /// <param name="metric">What ranks a step, from its metrics.</param>
    /// <param name="mode">Which values are best.</param>
    /// <param name="count">How many are kept; null for all. While there are no more steps than that, all are kept.</param>
    /// <param name="keepWithoutMetrics">Whether steps without metrics are kept beside them.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="count"/> is negative.</exception>
    public static PreservationPolicy BestN(Func<JsonElement, double> metric, BestMode mode = BestMode.Max, int? count = null, bool keepWithoutMetrics = true)
    {
        ArgumentNullException.ThrowIfNull(metric);
        ArgumentOutOfRangeException.ThrowIfNegative(count ?? 0, nameof(count));
        return new Rule(checkpoints =>
        {
            if (count is not { } best || checkpoints.Count <= best)
            {
                return Repeat(true, checkpoints.Count);
            }

            HashSet<CheckpointInfo> kept = new(ByQuality(checkpoints, metric, mode).TakeLast(best), ReferenceEqualityComparer.Instance);
            return [.. checkpoints.Select(checkpoint => kept.Contains(checkpoint) || (best > 0 && keepWithoutMetrics && !HasMetrics(checkpoint)))];
        });
    }

    /// <summary>Keeps what one of several policies keeps.</summary>
    /// <exception cref="ArgumentException">There is no policy: nothing would be kept, and Orbax fails then.</exception>
    public static PreservationPolicy Any(params IReadOnlyList<PreservationPolicy> policies)
    {
        ArgumentNullException.ThrowIfNull(policies);
        if (policies.Count == 0)
        {
            throw new ArgumentException("At least one policy must be given.", nameof(policies));
        }

        return new Rule(checkpoints =>
        {
            IReadOnlyList<bool>[] kept = [.. policies.Select(policy => policy.ShouldPreserve(checkpoints))];
            return [.. Enumerable.Range(0, checkpoints.Count).Select(index => kept.Any(flags => flags[index]))];
        });
    }

    /// <summary>Which steps are kept.</summary>
    /// <param name="checkpoints">All steps in order, the one that is being saved among them.</param>
    /// <returns>For each step whether it is kept.</returns>
    public abstract IReadOnlyList<bool> ShouldPreserve(IReadOnlyList<CheckpointInfo> checkpoints);

    /// <summary>The steps with metrics, the best one last; of equal ones the later one, as in Orbax, ranks higher.</summary>
    internal static IReadOnlyList<CheckpointInfo> ByQuality(IEnumerable<CheckpointInfo> checkpoints, Func<JsonElement, double> metric, BestMode mode)
    {
        List<(CheckpointInfo Checkpoint, double Value)> ranked =
            [.. checkpoints.Where(HasMetrics).Select(checkpoint => (checkpoint, metric(checkpoint.Metrics!.Value)))];

        // Python sorts in reverse by reversing before and after, which keeps equal ones in order.
        if (mode == BestMode.Min)
        {
            ranked.Reverse();
        }

        PythonSort.Sort(ranked, (left, right) => left.Value < right.Value);
        if (mode == BestMode.Min)
        {
            ranked.Reverse();
        }

        return [.. ranked.Select(entry => entry.Checkpoint)];
    }

    private static bool HasMetrics(CheckpointInfo checkpoint) => checkpoint.Metrics is { ValueKind: not (JsonValueKind.Null or JsonValueKind.Undefined) };

    private static bool[] Repeat(bool value, int count) => [.. Enumerable.Repeat(value, count)];

    private static bool[] Spaced(IReadOnlyList<CheckpointInfo> checkpoints, Func<CheckpointInfo, CheckpointInfo, bool> isFarEnough)
    {
        bool[] kept = new bool[checkpoints.Count];
        int last = 0;
        for (int index = 0; index < kept.Length; index++)
        {
            if (index == 0 || isFarEnough(checkpoints[last], checkpoints[index]))
            {
                kept[index] = true;
                last = index;
            }
        }

        return kept;
    }

    private static bool[] Closest(IReadOnlyList<CheckpointInfo> checkpoints, long interval)
    {
        Dictionary<long, (int Index, long Distance)> nearest = [];
        for (int index = 0; index < checkpoints.Count; index++)
        {
            // Half way between two multiples Python rounds to the even one.
            long multiple = (long)Math.Round((double)checkpoints[index].Step / interval, MidpointRounding.ToEven);
            long distance = Math.Abs(checkpoints[index].Step - (multiple * interval));
            if (!nearest.TryGetValue(multiple, out (int Index, long Distance) best) || distance <= best.Distance)
            {
                nearest[multiple] = (index, distance);
            }
        }

        bool[] kept = new bool[checkpoints.Count];
        foreach ((int index, _) in nearest.Values)
        {
            kept[index] = true;
        }

        if (kept.Length > 0)
        {
            kept[^1] = true;
        }

        return kept;
    }

    private static bool[] LastTrue(bool[] kept, int? most)
    {
        int left = most ?? int.MaxValue;
        for (int index = kept.Length - 1; index >= 0; index--)
        {
            kept[index] = kept[index] && left-- > 0;
        }

        return kept;
    }

    private sealed class Rule(Func<IReadOnlyList<CheckpointInfo>, IReadOnlyList<bool>> shouldPreserve) : PreservationPolicy
    {
        public override IReadOnlyList<bool> ShouldPreserve(IReadOnlyList<CheckpointInfo> checkpoints) => shouldPreserve(checkpoints);
    }
}

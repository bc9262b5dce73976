using System.Text.Json;

namespace OcdbtSharp.Checkpoint.Tests.Save;

/// <summary>Which steps are saved and which remain, worked out by hand from what Orbax's policies do.</summary>
public sealed class PolicyTests
{
    private static readonly DateTimeOffset _start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Options, the steps at which saving is tried (a step every ten seconds, its loss a function of the number), and what remains.</summary>
    private static IEnumerable<TestCaseData> Scenarios()
    {
        static TestCaseData Case(string name, CheckpointManagerOptions options, long[] tried, long[] remaining, Func<long, double?>? loss = null) =>
            new TestCaseData(options, tried, remaining, loss ?? (step => step)).SetArgDisplayNames(name);

        long[] oneToTen = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
        long[] irregular = [3, 7, 11, 18, 19, 26, 30];
        static double Loss(JsonElement metrics) => metrics.GetProperty("loss").GetDouble();
        yield return Case("default keeps all", new(), oneToTen, oneToTen);
        yield return Case("interval saves its multiples and the first", new() { SaveIntervalSteps = 4 }, oneToTen, [1, 4, 8]);
        yield return Case("interval and steps", new() { SaveIntervalSteps = 4, SaveOnSteps = [5, 7] }, oneToTen, [1, 4, 5, 7, 8]);
        yield return Case("no interval", new() { SaveIntervalSteps = null, SaveOnSteps = [5] }, oneToTen, [1, 5]);
        yield return Case("function decides without a first save", new() { ShouldSave = (step, last) => step - (last ?? 0) >= 3 }, oneToTen, [3, 6, 9]);
        yield return Case("preemption", new() { SaveIntervalSteps = 100, ReachedPreemption = step => step == 6 }, oneToTen, [1, 6]);
        yield return Case("function and preemption", new() { ShouldSave = (_, _) => false, ReachedPreemption = step => step == 6 }, oneToTen, [6]);
        yield return Case("a policy replaces the options", new() { SaveIntervalSteps = 1, SaveDecisionPolicy = SaveDecisionPolicy.SpecificSteps(2, 9) }, oneToTen, [2, 9]);
        yield return Case("continuous with a least interval", new() { SaveDecisionPolicy = SaveDecisionPolicy.ContinuousCheckpointing(TimeSpan.FromSeconds(25)) }, oneToTen, [1, 4, 7, 10]);
        yield return Case("earlier steps are not saved", new(), [5, 3, 5, 6], [5, 6]);
        yield return Case("max to keep", new() { MaxToKeep = 3 }, oneToTen, [8, 9, 10]);
        yield return Case("max to keep none", new() { MaxToKeep = 0 }, oneToTen, []);
        yield return Case("keep period", new() { MaxToKeep = 2, KeepPeriod = 4 }, oneToTen, [4, 8, 9, 10]);
        yield return Case("keep period without a limit", new() { KeepPeriod = 4 }, oneToTen, oneToTen);
        yield return Case("keep time interval", new() { MaxToKeep = 1, KeepTimeInterval = TimeSpan.FromSeconds(30.9) }, oneToTen, [1, 4, 7, 10]);
        yield return Case("keep period and time", new() { MaxToKeep = 1, KeepPeriod = 5, KeepTimeInterval = TimeSpan.FromSeconds(60) }, oneToTen, [1, 5, 7, 10]);
        yield return Case("best by min", new() { MaxToKeep = 2, BestFunction = Loss, BestMode = BestMode.Min }, oneToTen, [3, 8], step => Math.Abs(step % 5 - 3));
        yield return Case("best by max", new() { MaxToKeep = 2, BestFunction = Loss }, oneToTen, [5, 10], step => step % 5 == 0 ? 9 : -step);
        yield return Case("best keeps those without metrics", new() { MaxToKeep = 1, BestFunction = Loss }, oneToTen, [2, 4, 5, 6, 8, 10], step => step % 2 == 0 ? null : step == 5 ? 99 : step);
        yield return Case(
            "best drops those without metrics",
            new() { MaxToKeep = 1, BestFunction = Loss, KeepCheckpointsWithoutMetrics = false }, oneToTen, [9], step => step % 2 == 0 ? null : step);
        yield return Case("best and period", new() { MaxToKeep = 1, KeepPeriod = 4, BestFunction = Loss, BestMode = BestMode.Min }, oneToTen, [1, 4, 8]);
        yield return Case("policy: all", new() { PreservationPolicy = PreservationPolicy.PreserveAll }, oneToTen, oneToTen);
        yield return Case("policy: latest", new() { PreservationPolicy = PreservationPolicy.LatestN(2) }, oneToTen, [9, 10]);
        yield return Case("policy: every 4", new() { PreservationPolicy = PreservationPolicy.EveryNSteps(4) }, oneToTen, [4, 8]);
        yield return Case("policy: at least 4 apart", new() { PreservationPolicy = PreservationPolicy.EveryNSteps(4, exact: false) }, oneToTen, [1, 5, 9]);
        yield return Case("policy: at least 4 apart, two", new() { PreservationPolicy = PreservationPolicy.EveryNSteps(4, exact: false, maxToKeep: 2) }, oneToTen, [5, 9]);
        yield return Case("policy: closest to 10", new() { PreservationPolicy = PreservationPolicy.EveryNStepsClosest(10) }, irregular, [3, 11, 19, 30]);
        yield return Case("policy: closest to 10, two", new() { PreservationPolicy = PreservationPolicy.EveryNStepsClosest(10, 2) }, irregular, [19, 30]);
        yield return Case(
            "policy: not older than 45 s", new() { PreservationPolicy = PreservationPolicy.LatestDuration(TimeSpan.FromSeconds(45), new At(_start.AddSeconds(300))) }, irregular, [26, 30]);
        yield return Case("policy: custom", new() { PreservationPolicy = PreservationPolicy.CustomSteps(1, 7, 30) }, irregular, [7, 30]);
        yield return Case(
            "policy: any of",
            new() { PreservationPolicy = PreservationPolicy.Any(PreservationPolicy.LatestN(1), PreservationPolicy.CustomSteps(7), PreservationPolicy.EveryNSeconds(TimeSpan.FromSeconds(40))) },
            irregular, [3, 7, 11, 18, 26, 30]);
    }

    [TestCaseSource(nameof(Scenarios))]
    public void Steps_remain_as_in_Orbax(CheckpointManagerOptions options, long[] tried, long[] remaining, Func<long, double?> loss)
    {
        SaveDecisionPolicy decision = options.EffectiveSaveDecisionPolicy();
        PreservationPolicy preservation = options.EffectivePreservationPolicy();
        List<CheckpointInfo> steps = [];
        foreach (long step in tried)
        {
            CheckpointInfo now = Info(step, null);
            if ((steps.Count > 0 && steps[^1].Step >= step)
                || !decision.ShouldSave(now, steps, new SaveDecisionContext(false, options.ReachedPreemption?.Invoke(step) ?? false)))
            {
                continue;
            }

            steps.Add(Info(step, options.BestFunction is null ? null : loss(step)));
            IReadOnlyList<bool> kept = preservation.ShouldPreserve(steps);
            steps = [.. steps.Where((_, index) => kept[index])];
        }

        Assert.That(steps.Select(step => step.Step), Is.EqualTo(remaining));
    }

    [Test]
    public void Policies_of_no_steps_keep_none() => Assert.That(
        new[]
        {
            PreservationPolicy.PreserveAll, PreservationPolicy.LatestN(1), PreservationPolicy.EveryNSteps(2), PreservationPolicy.EveryNSteps(2, exact: false),
            PreservationPolicy.EveryNStepsClosest(2), PreservationPolicy.EveryNSeconds(TimeSpan.FromSeconds(1)), PreservationPolicy.LatestDuration(TimeSpan.Zero),
            PreservationPolicy.BestN(_ => 0, count: 1),
        }.Select(policy => policy.ShouldPreserve([])),
        Is.All.Empty);

    [Test]
    public void Nothing_is_saved_continuously_while_a_save_is_in_progress() =>
        Assert.That(SaveDecisionPolicy.ContinuousCheckpointing().ShouldSave(Info(2, null), [Info(1, null)], new SaveDecisionContext(true, false)), Is.False);

    [Test]
    public void A_step_half_way_belongs_to_the_even_multiple()
    {
        // 5 lies between 0 and 10 and is rounded to 0, 15 between 10 and 20 and is rounded to 20.
        IReadOnlyList<bool> kept = PreservationPolicy.EveryNStepsClosest(10).ShouldPreserve([Info(4, null), Info(5, null), Info(15, null), Info(22, null), Info(40, null)]);
        Assert.That(kept, Is.EqualTo(new[] { true, false, false, true, true }));
    }

    [TestCase(BestMode.Max, new[] { 1.0, double.NaN, 2.0, 0.5 }, 3L)]
    [TestCase(BestMode.Max, new[] { 3.0, double.NaN, 2.0 }, 3L)]
    [TestCase(BestMode.Min, new[] { 1.0, double.NaN, 2.0, 0.5 }, 4L)]
    [TestCase(BestMode.Min, new[] { double.NaN, 0.5 }, 2L)]
    [TestCase(BestMode.Min, new[] { 0.5, double.NaN }, 2L)]
    [TestCase(BestMode.Max, new[] { 5.0, 4.0, 3.0, double.NaN, 1.0 }, 4L)]
    [TestCase(BestMode.Min, new[] { 2.0, 1.0, 1.0, 3.0 }, 3L)]
    [TestCase(BestMode.Max, new[] { 2.0, 3.0, 3.0, 1.0 }, 3L)]
    public void Where_a_metric_is_no_number_the_best_step_is_the_one_of_Python(BestMode mode, double[] losses, long best)
    {
        CheckpointInfo[] steps = [.. losses.Select((loss, index) => Info(index + 1, loss))];
        Assert.That(PreservationPolicy.ByQuality(steps, MetricValue.Named("loss"), mode)[^1].Step, Is.EqualTo(best));
    }

    [Test]
    public void A_policy_of_no_policies_is_an_error() => Assert.That(() => PreservationPolicy.Any(), Throws.ArgumentException);

    [Test]
    public void Two_places_for_deleted_steps_are_an_error() =>
        Assert.That(() => new CheckpointManagerOptions { ToDeleteFolder = "a", ToDeleteFullPath = "b" }.Validate(), Throws.ArgumentException);

    [Test]
    public void A_preservation_policy_beside_other_options_is_an_error() => Assert.That(
        () => new CheckpointManagerOptions { PreservationPolicy = PreservationPolicy.PreserveAll, MaxToKeep = 2 }.EffectivePreservationPolicy(),
        Throws.ArgumentException);

    private static CheckpointInfo Info(long step, double? loss) => new(
        step,
        _start.AddSeconds(10 * step),
        loss is not { } value ? null
            : JsonDocument.Parse(double.IsNaN(value) ? """{"loss": "NaN"}""" : FormattableString.Invariant($$"""{"loss": {{value}}}""")).RootElement);

    private sealed class At(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}

using System.Text.Json.Nodes;
using OcdbtSharp.Checkpoint;

namespace OcdbtSharp.Oracle.Tests.Managers;

/// <summary>Our policies for the descriptions of which Orbax's are made on the other side: the class and its arguments.</summary>
internal static class ManagerPolicies
{
    /// <summary>What ranks steps on both sides.</summary>
    public static readonly Func<System.Text.Json.JsonElement, double> Loss = MetricValue.Named("loss");

    public static PreservationPolicy Preservation(JsonNode spec, TimeProvider clock) => (string)spec["kind"]! switch
    {
        "PreserveAll" => PreservationPolicy.PreserveAll,
        "LatestN" => PreservationPolicy.LatestN((int?)spec["n"]),
        "EveryNSeconds" => PreservationPolicy.EveryNSeconds(TimeSpan.FromSeconds((int)spec["interval_secs"]!)),
        "EveryNSteps" => PreservationPolicy.EveryNSteps((long)spec["interval_steps"]!, (bool)spec["exact_interval"]!, (int?)spec["max_to_keep"]),
        "EveryNStepsClosest" => PreservationPolicy.EveryNStepsClosest((long)spec["interval_steps"]!, (int?)spec["max_to_keep"]),
        "CustomSteps" => PreservationPolicy.CustomSteps(spec["steps"]!.AsArray().Select(step => (long)step!)),
        "LatestDuration" => PreservationPolicy.LatestDuration(TimeSpan.FromSeconds((double)spec["seconds"]!), clock),
        "BestN" => PreservationPolicy.BestN(Loss, (bool)spec["reverse"]! ? BestMode.Min : BestMode.Max, (int?)spec["n"], (bool)spec["keep_without_metrics"]!),
        "AnyPreservationPolicy" => PreservationPolicy.Any([.. spec["policies"]!.AsArray().Select(inner => Preservation(inner!, clock))]),
        var kind => throw new ArgumentException($"There is no policy {kind}.", nameof(spec)),
    };

    public static SaveDecisionPolicy Decision(JsonNode spec) => (string)spec["kind"]! switch
    {
        "FixedIntervalPolicy" => SaveDecisionPolicy.FixedInterval((long)spec["interval"]!),
        "SpecificStepsPolicy" => SaveDecisionPolicy.SpecificSteps(spec["steps"]!.AsArray().Select(step => (long)step!)),
        "ContinuousCheckpointingPolicy" =>
            SaveDecisionPolicy.ContinuousCheckpointing(spec["minimum_interval_secs"] is { } seconds ? TimeSpan.FromSeconds((int)seconds) : null),
        "PreemptionCheckpointingPolicy" => SaveDecisionPolicy.PreemptionCheckpointing,
        "InitialSavePolicy" => SaveDecisionPolicy.InitialSave,
        "AnySavePolicy" => SaveDecisionPolicy.AnySave([.. spec["policies"]!.AsArray().Select(inner => Decision(inner!))]),
        var kind => throw new ArgumentException($"There is no policy {kind}.", nameof(spec)),
    };
}

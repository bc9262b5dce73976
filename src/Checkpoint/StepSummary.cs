using System.Text.Json;

namespace OcdbtSharp.Checkpoint;

/// <summary>What is recorded of a step, known without opening it.</summary>
/// <param name="Step">The step.</param>
/// <param name="CommitTimestamp">When it was finished, in nanoseconds since 1970; null where that was not recorded.</param>
/// <param name="ItemNames">The names of its items in their order; none where the step is itself an item.</param>
/// <param name="Metrics">Its metrics; null where there are none.</param>
public sealed record StepSummary(StepInfo Step, long? CommitTimestamp, IReadOnlyList<string> ItemNames, JsonElement? Metrics);

using System.Text.Json;

namespace OcdbtSharp.Checkpoint;

/// <summary>What the policies of a manager know of a step.</summary>
/// <param name="Step">Its number.</param>
/// <param name="Time">When it was committed; for one that is being saved, when that began.</param>
/// <param name="Metrics">Its metrics, a JSON object; null where none were given.</param>
public sealed record CheckpointInfo(long Step, DateTimeOffset Time, JsonElement? Metrics = null);

namespace OcdbtSharp.Checkpoint;

/// <summary>A finished step below the root of a manager.</summary>
/// <param name="Step">The number of the step.</param>
/// <param name="Name">The name of its folder; the name of its file for a step that Flax wrote in MessagePack.</param>
public sealed record StepInfo(long Step, string Name);

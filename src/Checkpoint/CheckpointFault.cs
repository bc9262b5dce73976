namespace OcdbtSharp.Checkpoint;

/// <summary>Something that is wrong with a checkpoint.</summary>
/// <param name="Location">Where: a path, or a leaf in one.</param>
/// <param name="Message">What.</param>
public sealed record CheckpointFault(string Location, string Message);

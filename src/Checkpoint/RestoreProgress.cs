namespace OcdbtSharp.Checkpoint;

/// <summary>How far a restore has come.</summary>
/// <param name="Leaves">Leaves restored.</param>
/// <param name="TotalLeaves">Leaves to restore.</param>
/// <param name="Bytes">Bytes restored, as they are in memory.</param>
/// <param name="TotalBytes">Bytes to restore.</param>
public readonly record struct RestoreProgress(int Leaves, int TotalLeaves, long Bytes, long TotalBytes);

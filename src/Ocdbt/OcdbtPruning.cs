namespace OcdbtSharp.Ocdbt;

/// <summary>What pruning a database did, or would do.</summary>
/// <param name="Kept">Number of versions kept.</param>
/// <param name="Dropped">Number of versions dropped.</param>
public sealed record OcdbtPruning(long Kept, long Dropped);

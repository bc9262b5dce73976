namespace OcdbtSharp.Ocdbt;

/// <summary>What compacting a database wrote.</summary>
/// <param name="Versions">Number of versions, which are all that there were.</param>
/// <param name="Nodes">Number of nodes of the B-trees.</param>
/// <param name="Values">Number of values outside nodes.</param>
/// <param name="Bytes">Length of these nodes and values in bytes.</param>
public sealed record OcdbtCompaction(long Versions, long Nodes, long Values, long Bytes);

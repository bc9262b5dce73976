namespace OcdbtSharp.Ocdbt;

/// <summary>How far long work on a database has come.</summary>
/// <param name="Nodes">Nodes done.</param>
/// <param name="Bytes">Bytes of nodes and values read.</param>
public readonly record struct OcdbtProgress(long Nodes, long Bytes);

namespace OcdbtSharp.Ocdbt;

/// <summary>One version of a database.</summary>
/// <param name="Generation">Its number; the first is 1.</param>
/// <param name="CommitTime">Nanoseconds since 1970-01-01T00:00:00Z.</param>
/// <param name="KeyCount">Number of keys.</param>
/// <param name="RootHeight">Height of the B-tree; 0 where its root is a leaf.</param>
public sealed record OcdbtVersion(ulong Generation, ulong CommitTime, ulong KeyCount, int RootHeight);

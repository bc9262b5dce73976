namespace OcdbtSharp.Checkpoint;

/// <summary>What an export wrote.</summary>
/// <param name="Arrays">Number of arrays.</param>
/// <param name="Bytes">Bytes of their elements, as they were written.</param>
/// <param name="LeftOut">The names of the selected leaves that the format has no place for.</param>
public sealed record ExportResult(int Arrays, long Bytes, IReadOnlyList<string> LeftOut);

namespace OcdbtSharp.Checkpoint;

/// <summary>How far a save has come in this process.</summary>
/// <param name="Bytes">Bytes of elements written, as they are stored before compression.</param>
/// <param name="TotalBytes">Bytes to write.</param>
public readonly record struct SaveProgress(long Bytes, long TotalBytes);

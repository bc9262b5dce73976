namespace OcdbtSharp.Checkpoint;

/// <summary>What a conversion would do.</summary>
/// <param name="Arrays">Arrays that are converted.</param>
/// <param name="Bytes">Bytes of their elements.</param>
/// <param name="Passes">How often the elements are read or written in between: 2 where some go to a temporary file first, else 1.</param>
/// <param name="SpillBytes">Bytes that go to temporary files.</param>
/// <param name="PeakBytes">Most bytes of memory that are held at the same time.</param>
public sealed record ConversionPlan(int Arrays, long Bytes, int Passes, long SpillBytes, long PeakBytes);

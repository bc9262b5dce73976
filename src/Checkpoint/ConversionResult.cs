namespace OcdbtSharp.Checkpoint;

/// <summary>What a conversion has written.</summary>
/// <param name="Format">In which format.</param>
/// <param name="Arrays">How many arrays.</param>
/// <param name="Bytes">Bytes of their elements, as they are in memory.</param>
/// <param name="LeftOut">The names of the leaves that the format has no place for.</param>
public sealed record ConversionResult(ConversionFormat Format, int Arrays, long Bytes, IReadOnlyList<string> LeftOut);

namespace OcdbtSharp.Checkpoint;

/// <summary>How a leaf of one item compares with that of the same name in another.</summary>
/// <param name="Name">Its name.</param>
/// <param name="State">How it compares.</param>
/// <param name="What">In what the two differ, where it is not the values.</param>
/// <param name="Different">How many elements differ, beyond what is allowed.</param>
/// <param name="Elements">How many there are.</param>
/// <param name="Largest">The largest difference of two elements; NaN where one of them is no number and the other is.</param>
public sealed record LeafDifference(string Name, LeafDifferenceState State, string? What, long Different, long Elements, double Largest);

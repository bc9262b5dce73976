using OcdbtSharp.Zarr3;

namespace OcdbtSharp.Checkpoint;

/// <summary>What a leaf is to be when it is restored. What is not said stays as it was saved.</summary>
public sealed class LeafTarget
{
    /// <summary>Elements along each dimension of the whole array; null: as many as were saved.</summary>
    public IReadOnlyList<long>? Shape { get; init; }

    /// <summary>The type of the elements, to which they are converted; null: as saved.</summary>
    public DataType? DataType { get; init; }

    /// <summary>The part of the array that is restored, of the array in its target shape; by default the whole.</summary>
    public ArrayRegion Region { get; init; }
}

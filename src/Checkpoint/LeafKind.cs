namespace OcdbtSharp.Checkpoint;

/// <summary>What a leaf of a tree is.</summary>
public enum LeafKind
{
    /// <summary>An array.</summary>
    Array,

    /// <summary>A single number or boolean.</summary>
    Scalar,

    /// <summary>Text.</summary>
    String,

    /// <summary>Nothing: Python's None.</summary>
    None,

    /// <summary>A container with nothing in it; <see cref="CheckpointLeaf.TypeName"/> tells which.</summary>
    Empty,

    /// <summary>Random keys of JAX, with the implementation they belong to; stored as an array of unsigned integers.</summary>
    PrngKey,
}

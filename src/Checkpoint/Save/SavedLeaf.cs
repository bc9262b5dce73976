using OcdbtSharp.Checkpoint.Format;

namespace OcdbtSharp.Checkpoint.Save;

/// <summary>A leaf of a tree that is saved.</summary>
/// <param name="Path">The keys that lead to it.</param>
/// <param name="Name">The name under which it is stored.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Type">Orbax's name for its type.</param>
/// <param name="Array">The array, number or keys; null for every other leaf.</param>
/// <param name="Text">The text; null for every other leaf.</param>
internal sealed record SavedLeaf(TreeKey[] Path, string Name, LeafKind Kind, string Type, ArrayValue? Array, string? Text)
{
    /// <summary>Whether it is an array of JAX: those have a sharding, and their shapes are recorded beside them.</summary>
    public bool IsJaxArray => Type == LeafTypes.JaxArray;
}

namespace OcdbtSharp.Checkpoint.Format;

/// <summary>Orbax's names for the types of leaves.</summary>
internal static class LeafTypes
{
    public const string JaxArray = "jax.Array";
    public const string NumPyArray = "np.ndarray";
    public const string Scalar = "scalar";
    public const string String = "string";
    public const string None = "None";
    public const string Dict = "Dict";
    public const string List = "List";
    public const string Tuple = "Tuple";
    public const string NamedTuple = "NamedTuple";

    /// <summary>The name for a container with nothing in it.</summary>
    public static string OfEmpty(PyTreeNodeKind kind) => kind switch
    {
        PyTreeNodeKind.List => List,
        PyTreeNodeKind.Tuple => Tuple,
        PyTreeNodeKind.NamedTuple => NamedTuple,
        _ => Dict,
    };
}

namespace OcdbtSharp.Oracle.Tests.Trees;

/// <summary>What a node of a random tree is in Python.</summary>
internal enum NodeKind
{
    /// <summary>A dictionary.</summary>
    Dict,

    /// <summary>A list.</summary>
    List,

    /// <summary>A tuple.</summary>
    Tuple,

    /// <summary>A named tuple.</summary>
    Named,

    /// <summary>An instance of a class that is registered with JAX.</summary>
    Class,

    /// <summary>An array of JAX.</summary>
    Jax,

    /// <summary>An array of NumPy.</summary>
    NumPy,

    /// <summary>A single number of NumPy.</summary>
    Scalar,

    /// <summary>A number of Python: int, float or bool.</summary>
    Python,

    /// <summary>Keys of JAX's random generator.</summary>
    Key,

    /// <summary>A str.</summary>
    Text,

    /// <summary>None.</summary>
    None,
}

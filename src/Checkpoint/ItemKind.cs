namespace OcdbtSharp.Checkpoint;

/// <summary>What an item of a step is.</summary>
public enum ItemKind
{
    /// <summary>A tree of arrays and other leaves.</summary>
    PyTree,

    /// <summary>A JSON value.</summary>
    Json,

    /// <summary>One array or scalar.</summary>
    Array,

    /// <summary>A random key of JAX.</summary>
    JaxRandomKey,

    /// <summary>The state of a random generator of NumPy.</summary>
    NumpyRandomKey,

    /// <summary>The metrics of the step: a JSON object.</summary>
    Metrics,

    /// <summary>Something that a handler of the user's own saved.</summary>
    Other,
}

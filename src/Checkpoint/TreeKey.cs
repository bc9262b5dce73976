namespace OcdbtSharp.Checkpoint;

/// <summary>What a key of a tree selects from.</summary>
public enum TreeKeyKind
{
    /// <summary>An element of a list or a tuple, by its index.</summary>
    Sequence = 1,

    /// <summary>An entry of a dictionary by its key, or a field of a named tuple or another class by its name.</summary>
    Dict = 2,
}

/// <summary>One step on the way from the root of a tree to a leaf.</summary>
/// <param name="Kind">What is selected from.</param>
/// <param name="Name">The key or the field's name; the decimal index for a sequence.</param>
public readonly record struct TreeKey(TreeKeyKind Kind, string Name)
{
    /// <summary>A key of a dictionary, or a field.</summary>
    public static TreeKey Dict(string name) => new(TreeKeyKind.Dict, name);

    /// <summary>An index of a list or a tuple.</summary>
    public static TreeKey Index(int index) =>
        new(TreeKeyKind.Sequence, index.ToString(System.Globalization.CultureInfo.InvariantCulture));

    /// <inheritdoc/>
    public override string ToString() => Name;
}

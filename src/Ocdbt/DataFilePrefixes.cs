namespace OcdbtSharp.Ocdbt;

/// <summary>What the names of data files begin with, by what is written to them. Each may end in <c>/</c>, for a folder.</summary>
public sealed record DataFilePrefixes
{
    private const string Default = "d/";

    /// <summary>Values that are too long to lie within nodes.</summary>
    public string Value { get; init; } = Default;

    /// <summary>Nodes of the B-tree.</summary>
    public string BtreeNode { get; init; } = Default;

    /// <summary>Nodes of the version tree.</summary>
    public string VersionTreeNode { get; init; } = Default;
}

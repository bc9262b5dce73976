namespace OcdbtSharp.Zarr3;

/// <summary>A member of a group.</summary>
/// <param name="Path">Its path below the group, names separated by <c>/</c>.</param>
/// <param name="Kind">What it is.</param>
public sealed record ZarrNode(string Path, ZarrNodeKind Kind);

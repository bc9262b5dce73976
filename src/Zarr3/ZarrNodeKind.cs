namespace OcdbtSharp.Zarr3;

/// <summary>What lies at a path of a hierarchy.</summary>
public enum ZarrNodeKind
{
    /// <summary>A group: other groups and arrays.</summary>
    Group,

    /// <summary>An array.</summary>
    Array,
}

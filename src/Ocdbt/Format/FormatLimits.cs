namespace OcdbtSharp.Ocdbt.Format;

/// <summary>
/// The magic numbers and limits of the format, from the section "Storage format" of TensorStore's OCDBT documentation, and
/// the limits that this reader adds so that no file can make it take unbounded memory.
/// </summary>
internal static class FormatLimits
{
    /// <summary>First four bytes of a manifest, big-endian.</summary>
    public const uint ManifestMagic = 0x0cdb3a2a;

    /// <summary>First four bytes of a version tree node, big-endian.</summary>
    public const uint VersionTreeNodeMagic = 0x0cdb1234;

    /// <summary>First four bytes of a B-tree node, big-endian.</summary>
    public const uint BtreeNodeMagic = 0x0cdb20de;

    /// <summary>The one version of the encoding of manifests and nodes.</summary>
    public const uint FormatVersion = 0;

    /// <summary>Most entries of a B-tree node.</summary>
    public const int MaxNodeArity = 1024 * 1024;

    /// <summary>Most data files in one table: no more than a node has entries to refer to them.</summary>
    public const int MaxDataFiles = MaxNodeArity;

    /// <summary>Longest key in bytes.</summary>
    public const int MaxKeyLength = 65535;

    /// <summary>Longest path of a data file in bytes, base paths included.</summary>
    public const int MaxPathLength = 65535;

    /// <summary>Longest value in bytes that can be stored within a node.</summary>
    public const int MaxInlineValueLength = 1024 * 1024;

    /// <summary>Largest <c>version_tree_arity_log2</c>.</summary>
    public const int MaxVersionTreeArityLog2 = 16;

    /// <summary>Longest manifest or node in bytes, encoded or decoded, that is read. TensorStore has no limit; nodes of 100 MB are in use.</summary>
    public const int MaxNodeBytes = 1 << 30;

    /// <summary>Most bytes that the paths of one data file table may take once expanded.</summary>
    public const int MaxDataFileTableBytes = 1 << 28;

    /// <summary>How many numbered manifests are kept behind the newest one.</summary>
    public const ulong NumberedManifestsToKeep = 128;

    /// <summary>Largest height of a version tree node, at which all generation numbers of 64 bits have room.</summary>
    public static int MaxVersionTreeHeight(int arityLog2) => (63 / arityLog2) - 1;
}

namespace OcdbtSharp.Ocdbt;

/// <summary>
/// The configuration of a database, which is stored in it. When a database is created, what is null takes TensorStore's default; when one is
/// opened, what is not null must agree with what is stored.
/// </summary>
public sealed record OcdbtConfig
{
    /// <summary>Unique identifier of the database; a new one by default.</summary>
    public Guid? Uuid { get; init; }

    /// <summary>Where the versions are listed; <see cref="OcdbtManifestKind.Single"/> by default.</summary>
    public OcdbtManifestKind? ManifestKind { get; init; }

    /// <summary>Longest value in bytes that is stored within a node, up to 1,048,576; 100 by default.</summary>
    public int? MaxInlineValueBytes { get; init; }

    /// <summary>Size in bytes, as estimated before compression, above which a node is split; 8,388,608 by default, 0 for never.</summary>
    public uint? MaxDecodedNodeBytes { get; init; }

    /// <summary>Logarithm to base 2 of the number of versions in a node of the version tree, from 1 to 16; 4 by default.</summary>
    public int? VersionTreeArityLog2 { get; init; }

    /// <summary>Compression of manifests and nodes; Zstandard at level 0 by default.</summary>
    public OcdbtCompression? Compression { get; init; }
}

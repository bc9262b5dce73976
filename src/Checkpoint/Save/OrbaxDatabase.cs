using OcdbtSharp.Ocdbt;

namespace OcdbtSharp.Checkpoint.Save;

/// <summary>The configuration that Orbax gives to its databases.</summary>
internal static class OrbaxDatabase
{
    /// <summary>Options for a new database.</summary>
    /// <param name="targetDataFileSize">Bytes of a data file, about; 0 for no limit.</param>
    public static OcdbtOptions Create(long targetDataFileSize) => new()
    {
        Mode = OcdbtOpenMode.CreateNew,
        IsCreatedByCommit = true,
        TargetDataFileSize = targetDataFileSize,
        Config = new OcdbtConfig
        {
            ManifestKind = OcdbtManifestKind.Single,

            // The metadata of arrays lies within the node, their chunks do not; the node is one for the whole database.
            MaxInlineValueBytes = 1024,
            MaxDecodedNodeBytes = 100_000_000,
        },
    };
}

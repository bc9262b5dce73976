namespace OcdbtSharp.KvStore.Files;

/// <summary>Tells by one call of the system whether a path still names the same state of the same file.</summary>
internal sealed class FileChangeCheck : IChangeCheck
{
    private readonly string _path;
    private readonly FileIdentity _identity;

    private FileChangeCheck(string path, FileIdentity identity)
    {
        _path = path;
        _identity = identity;
    }

    public static FileChangeCheck? Create(string path, StorageGeneration generation) =>
        FileIdentity.TryGet(path, out FileIdentity identity) && identity.ToGeneration() == generation ? new FileChangeCheck(path, identity) : null;

    /// <inheritdoc/>
    public bool IsUnchanged() => FileIdentity.TryGet(_path, out FileIdentity now) && now == _identity;
}

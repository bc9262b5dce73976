using OcdbtSharp.KvStore;

namespace OcdbtSharp.Ocdbt;

/// <summary>Something that is wrong in a database.</summary>
/// <param name="File">The file, as a key of the base store.</param>
/// <param name="Offset">First byte of the manifest, node or value that is wrong; null where it is the file as a whole.</param>
/// <param name="Length">Its length in bytes; null where it is the file as a whole.</param>
/// <param name="Problem">What was found and what was expected.</param>
public sealed record OcdbtFault(Key File, long? Offset, long? Length, string Problem)
{
    /// <inheritdoc/>
    public override string ToString() => Offset is { } offset ? $"{File} [{offset}, {offset + Length}): {Problem}" : $"{File}: {Problem}";
}

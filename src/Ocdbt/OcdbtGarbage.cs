using OcdbtSharp.KvStore;

namespace OcdbtSharp.Ocdbt;

/// <summary>What lies in a database's store and no version refers to.</summary>
/// <param name="Deleted">What was deleted, or would be. A data file that its writer did not finish has the key that it would have had.</param>
/// <param name="Kept">What was left, because it has not been unreachable for long enough.</param>
public sealed record OcdbtGarbage(IReadOnlyList<ListEntry> Deleted, IReadOnlyList<ListEntry> Kept);

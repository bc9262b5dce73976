using OcdbtSharp.KvStore;
using OcdbtSharp.Ocdbt.Operations;

namespace OcdbtSharp.Ocdbt;

/// <summary>
/// What a check of a whole database found: every manifest, every node of every version, all that they say about each other, and whether each
/// value lies within its file. The bytes of values have no checksum in OCDBT and are not read.
/// </summary>
public sealed record OcdbtVerification
{
    /// <summary>Most faults that are told one by one.</summary>
    public const int MaxFaults = 1000;

    internal OcdbtVerification()
    {
    }

    /// <summary>What is wrong, in the order in which it was found; at most <see cref="MaxFaults"/>.</summary>
    public required IReadOnlyList<OcdbtFault> Faults { get; init; }

    /// <summary>Number of faults found.</summary>
    public long FaultCount { get; init; }

    /// <summary>Whether nothing is wrong.</summary>
    public bool IsClean => FaultCount == 0;

    /// <summary>Number of versions.</summary>
    public long VersionCount { get; init; }

    /// <summary>Number of nodes, those of the version tree included. What several versions share counts once.</summary>
    public long NodeCount { get; init; }

    /// <summary>Length of these nodes in bytes, as stored.</summary>
    public long NodeBytes { get; init; }

    /// <summary>Number of data files that the versions refer to.</summary>
    public long DataFileCount { get; init; }

    /// <summary>Length of these data files in bytes.</summary>
    public long DataFileBytes { get; init; }

    /// <summary>
    /// Data files to which no version refers: what is left of writers that were killed, or what a writer is about to commit. Null where the
    /// store cannot list its keys, or where damage leaves open what the versions refer to.
    /// </summary>
    public IReadOnlyList<ListEntry>? Orphans { get; init; }

    /// <summary>Checks a database. Each node is read once, however many versions share it.</summary>
    /// <param name="baseStore">The store whose root holds <c>manifest.ocdbt</c>.</param>
    /// <param name="progress">Told after each node.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="StorageException">There is no database, or the storage failed.</exception>
    public static async Task<OcdbtVerification> RunAsync(
        IKvStore baseStore, IProgress<OcdbtProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(baseStore);
        return await new VerifyOperation(baseStore, progress).RunAsync(cancellationToken).ConfigureAwait(false);
    }
}

using OcdbtSharp.KvStore;
using OcdbtSharp.Ocdbt.Operations;

namespace OcdbtSharp.Ocdbt;

/// <content>Upkeep: what no writer does by itself. Readers and writers may go on meanwhile.</content>
public sealed partial class OcdbtStore
{
    /// <summary>
    /// Drops old versions. Their data stays until <see cref="CollectGarbageAsync"/>. Where manifests are numbered, which never change, this adds a
    /// version that equals the latest, and that counts as one.
    /// </summary>
    /// <param name="retention">Which versions are kept.</param>
    /// <param name="dryRun">Whether only to tell what would be done.</param>
    /// <param name="cancellationToken">Gives up; the versions may be dropped nonetheless.</param>
    /// <exception cref="StorageException">The storage failed.</exception>
    public async Task<OcdbtPruning> PruneAsync(OcdbtRetention retention, bool dryRun = false, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(retention);
        retention.Check();
        CheckWritable();
        return await new PruneOperation(Io, StoredConfig, retention, dryRun).RunAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Copies what the versions reach into fresh data files, and puts it in the place of the old data in one step. The old files stay
    /// until <see cref="CollectGarbageAsync"/>. Where manifests are numbered, which never change, this adds a version that equals the latest.
    /// </summary>
    /// <param name="includeBasePaths">
    /// Whether also to copy what lies in other databases that were merged into this one by reference, so that it no longer needs them.
    /// </param>
    /// <param name="progress">Told after each node.</param>
    /// <param name="cancellationToken">Gives up; the versions may have moved nonetheless.</param>
    /// <exception cref="StorageException">The storage failed.</exception>
    /// <exception cref="CorruptDataException">A node is damaged, or a value lies behind the end of its file.</exception>
    public async Task<OcdbtCompaction> CompactAsync(
        bool includeBasePaths = false, IProgress<OcdbtProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        CheckWritable();
        return await new CompactOperation(Io, StoredConfig, includeBasePaths, progress).RunAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Deletes data files that no version refers to: what killed writers, pruning and compacting left. First every version is checked; where something
    /// is damaged, so that it is not sure what is in use, nothing is deleted. Databases into which this one was merged by reference are not known here:
    /// what this one has dropped, they lose.
    /// </summary>
    /// <param name="minAge">
    /// For how long a file must have been there, and unreachable, to be deleted. It must be longer than any writer takes from the first byte of its data to
    /// its commit, and than any reader holds on to a version that is pruned. Zero where there are none.
    /// </param>
    /// <param name="dryRun">Whether only to tell what would be done.</param>
    /// <param name="progress">Told after each node that was checked.</param>
    /// <param name="cancellationToken">Gives up between two files.</param>
    /// <exception cref="CorruptDataException">Something is damaged.</exception>
    /// <exception cref="StorageException">The storage failed, or does not tell when files were written while <paramref name="minAge"/> is not zero.</exception>
    public async Task<OcdbtGarbage> CollectGarbageAsync(
        TimeSpan minAge, bool dryRun = false, IProgress<OcdbtProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(minAge, TimeSpan.Zero);
        CheckWritable();
        return await CollectGarbageOperation.RunAsync(Io.Store, minAge, dryRun, progress, cancellationToken).ConfigureAwait(false);
    }
}

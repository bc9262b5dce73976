using OcdbtSharp.KvStore;
using OcdbtSharp.Ocdbt.Format;
using OcdbtSharp.Ocdbt.IO;

namespace OcdbtSharp.Ocdbt.Operations;

/// <summary>
/// Makes a new version: applies a change to the latest one, makes the new nodes durable, and puts a manifest in place that names them. Where
/// another writer was faster, all of it is done again on what that writer left.
/// </summary>
internal static class CommitOperation
{
    /// <summary>Commits a change.</summary>
    /// <param name="io">The database.</param>
    /// <param name="config">Its configuration when it was opened.</param>
    /// <param name="files">The files that hold data of the change already; they are completed before the manifest is written.</param>
    /// <param name="change">Makes the root of the new version from the latest one; null where there is nothing to commit.</param>
    /// <param name="cancellationToken">Gives up; the version may be committed nonetheless.</param>
    /// <returns>The new version; null where there was nothing to commit.</returns>
    /// <exception cref="StorageException">The storage failed, the database was replaced by another, or other writers were always faster.</exception>
    public static async ValueTask<BtreeGenerationReference?> RunAsync(
        IoHandle io,
        Config config,
        DataFileSet files,
        Func<BtreeWriter, BtreeGenerationReference?, CancellationToken, ValueTask<BtreeGenerationReference?>> change,
        CancellationToken cancellationToken)
    {
        BtreeWriter writer = new(io, config, files);
        BtreeGenerationReference? committed = null;
        await ConditionalUpdate.RunAsync(
            async token =>
            {
                ManifestState state = await io.GetManifestAsync(config, TimeSpan.Zero, token).ConfigureAwait(false);
                BtreeGenerationReference? latest = state.Manifest.IsConfigOnly ? null : state.Manifest.Latest;
                if (await change(writer, latest, token).ConfigureAwait(false) is not { } root)
                {
                    return true;
                }

                Manifest next = await ManifestBuilder.NextAsync(io, files, state.Manifest, root, token).ConfigureAwait(false);
                await files.CompleteAsync().ConfigureAwait(false);
                committed = await io.TryUpdateManifestAsync(state, next, token).ConfigureAwait(false) ? next.Latest : null;
                return committed is not null;
            },
            () => io.Store.Describe(Manifest.FileName),
            cancellationToken).ConfigureAwait(false);
        return committed;
    }
}

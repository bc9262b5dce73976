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
    private const int FirstDelayMilliseconds = 1;
    private const int MaxDelayMilliseconds = 64;

    /// <summary>Commits a change.</summary>
    /// <param name="io">The database.</param>
    /// <param name="config">Its configuration when it was opened.</param>
    /// <param name="files">The files that hold data of the change already; they are completed before the manifest is written.</param>
    /// <param name="change">Makes the root of the new version from the latest one; null where there is nothing to commit.</param>
    /// <param name="cancellationToken">Gives up; the version may be committed nonetheless.</param>
    /// <returns>The new version; null where there was nothing to commit.</returns>
    /// <exception cref="StorageException">The storage failed, or the database was replaced by another.</exception>
    public static async ValueTask<BtreeGenerationReference?> RunAsync(
        IoHandle io,
        Config config,
        DataFileSet files,
        Func<BtreeWriter, BtreeGenerationReference?, CancellationToken, ValueTask<BtreeGenerationReference?>> change,
        CancellationToken cancellationToken)
    {
        BtreeWriter writer = new(io, config, files);
        for (int delay = FirstDelayMilliseconds; ; delay = Math.Min(MaxDelayMilliseconds, 2 * delay))
        {
            ManifestState state = await io.GetManifestAsync(config, TimeSpan.Zero, cancellationToken).ConfigureAwait(false);
            BtreeGenerationReference? latest = state.Manifest.IsConfigOnly ? null : state.Manifest.Latest;
            if (await change(writer, latest, cancellationToken).ConfigureAwait(false) is not { } root)
            {
                return null;
            }

            Manifest next = await ManifestBuilder.NextAsync(io, files, state.Manifest, root, cancellationToken).ConfigureAwait(false);
            await files.CompleteAsync().ConfigureAwait(false);
            if (await io.TryUpdateManifestAsync(state, next, cancellationToken).ConfigureAwait(false))
            {
                return next.Latest;
            }

            await Task.Delay(Random.Shared.Next(delay + 1), cancellationToken).ConfigureAwait(false);
        }
    }
}

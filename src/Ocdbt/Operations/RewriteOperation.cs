using System.Text;
using OcdbtSharp.KvStore;
using OcdbtSharp.Ocdbt.Format;
using OcdbtSharp.Ocdbt.IO;

namespace OcdbtSharp.Ocdbt.Operations;

/// <summary>
/// Puts a manifest in place that has the same latest contents, but fewer versions or other data files. Where another writer was faster, all of it is
/// done again on what that writer left.
/// </summary>
internal static class RewriteOperation
{
    /// <summary>
    /// Written just before data becomes unreachable, so that its age tells for how long, at least, all garbage has been garbage. A commit alone never makes
    /// anything unreachable.
    /// </summary>
    public const string MarkerFile = "unreachable.ocdbt";

    /// <summary>Rewrites the manifest.</summary>
    /// <param name="io">The database.</param>
    /// <param name="config">Its configuration when it was opened.</param>
    /// <param name="rewrite">Makes the new manifest from the latest one; null where there is nothing to do.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The new manifest; null where there was nothing to do.</returns>
    public static async ValueTask<Manifest?> RunAsync(
        IoHandle io,
        Config config,
        Func<Manifest, DataFileSet, CancellationToken, ValueTask<Manifest?>> rewrite,
        CancellationToken cancellationToken)
    {
        using DataFileSet files = new();
        Manifest? rewritten = null;
        await ConditionalUpdate.RunAsync(
            async token =>
            {
                ManifestState state = await io.GetManifestAsync(config, TimeSpan.Zero, token).ConfigureAwait(false);
                if (state.Manifest.IsConfigOnly || await rewrite(state.Manifest, files, token).ConfigureAwait(false) is not { } next)
                {
                    return true;
                }

                await files.CompleteAsync().ConfigureAwait(false);
                await io.Store.WriteAsync(MarkerFile, Encoding.UTF8.GetBytes($"{next.Latest.GenerationNumber}\n"), default, token).ConfigureAwait(false);
                rewritten = await io.TryUpdateManifestAsync(state, next, token).ConfigureAwait(false) ? next : null;
                return rewritten is not null;
            },
            () => io.Store.Describe(Manifest.FileName),
            cancellationToken).ConfigureAwait(false);
        return rewritten;
    }

    /// <summary>
    /// The manifest under whose name a rewritten one can be put in place: the same where there is one file to replace; where manifests are numbered, one more version
    /// that equals the latest, since who knows a number never reads that manifest again.
    /// </summary>
    public static async ValueTask<Manifest> SuccessorAsync(IoHandle io, DataFileSet files, Manifest manifest, CancellationToken cancellationToken)
    {
        if (manifest.Config.ManifestKind == OcdbtManifestKind.Single)
        {
            return manifest;
        }

        // Nodes of the version tree that were just written are read, here and by the caller, which takes complete files.
        await files.CompleteAsync().ConfigureAwait(false);
        Manifest next = await ManifestBuilder.NextAsync(io, files, manifest, manifest.Latest, cancellationToken).ConfigureAwait(false);
        await files.CompleteAsync().ConfigureAwait(false);
        return next;
    }
}

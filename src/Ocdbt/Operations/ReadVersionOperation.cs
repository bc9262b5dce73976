using System.Runtime.CompilerServices;
using OcdbtSharp.Ocdbt.Format;
using OcdbtSharp.Ocdbt.IO;

namespace OcdbtSharp.Ocdbt.Operations;

/// <summary>Finds versions: first among those of the manifest, then in the version tree.</summary>
internal static class ReadVersionOperation
{
    /// <summary>Every version, oldest first.</summary>
    public static async IAsyncEnumerable<BtreeGenerationReference> ListAsync(
        IoHandle io, Manifest manifest, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        int arityLog2 = manifest.Config.VersionTreeArityLog2;
        Stack<VersionNodeReference> pending = new(manifest.VersionTreeNodes.Reverse());
        while (pending.TryPop(out VersionNodeReference next))
        {
            VersionTreeNode node = await io.GetVersionTreeNodeAsync(next, arityLog2, cancellationToken).ConfigureAwait(false);
            foreach (BtreeGenerationReference version in node.Versions)
            {
                yield return version;
            }

            foreach (VersionNodeReference child in node.Children.Reverse())
            {
                pending.Push(child);
            }
        }

        foreach (BtreeGenerationReference version in manifest.Versions)
        {
            yield return version;
        }
    }

    /// <summary>The version that is asked for; null where there is none.</summary>
    public static async ValueTask<BtreeGenerationReference?> FindAsync(
        IoHandle io, Manifest manifest, VersionSpec? version, CancellationToken cancellationToken)
    {
        if (version is not { } wanted)
        {
            return manifest.IsConfigOnly ? null : manifest.Latest;
        }

        BtreeGenerationReference? found = null;
        await foreach (BtreeGenerationReference candidate in ListAsync(io, manifest, cancellationToken).ConfigureAwait(false))
        {
            if (wanted.Generation is { } generation ? candidate.GenerationNumber == generation : candidate.CommitTime <= wanted.CommitTime)
            {
                found = candidate;
            }
        }

        return found;
    }
}

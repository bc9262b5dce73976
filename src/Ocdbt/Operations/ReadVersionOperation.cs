using System.Runtime.CompilerServices;
using OcdbtSharp.KvStore;
using OcdbtSharp.Ocdbt.Format;
using OcdbtSharp.Ocdbt.IO;

namespace OcdbtSharp.Ocdbt.Operations;

/// <summary>Finds versions: the latest ones in the manifest, the older ones in the version tree.</summary>
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
            VersionTreeNode node = await GetNodeAsync(io, next, arityLog2, cancellationToken).ConfigureAwait(false);
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

    /// <summary>The version that is asked for; null where there is none. An old one costs one node a level of the version tree.</summary>
    public static async ValueTask<BtreeGenerationReference?> FindAsync(
        IoHandle io, Manifest manifest, VersionSpec? version, CancellationToken cancellationToken)
    {
        if (manifest.IsConfigOnly)
        {
            return null;
        }

        if (version is not { } wanted)
        {
            return manifest.Latest;
        }

        if (IsWithin(manifest.Versions, wanted))
        {
            return Find(manifest.Versions, wanted);
        }

        VersionNodeReference? next = Find(manifest.VersionTreeNodes, wanted);
        while (next is { } reference)
        {
            VersionTreeNode node = await GetNodeAsync(io, reference, manifest.Config.VersionTreeArityLog2, cancellationToken).ConfigureAwait(false);
            if (node.Height == 0)
            {
                return Find(node.Versions, wanted);
            }

            next = Find(node.Children, wanted);
        }

        return null;
    }

    /// <summary>Reads a node of the version tree and checks what its reference says about it.</summary>
    public static async ValueTask<VersionTreeNode> GetNodeAsync(
        IoHandle io, VersionNodeReference reference, int arityLog2, CancellationToken cancellationToken)
    {
        VersionTreeNode node = await io.GetVersionTreeNodeAsync(reference.Location, cancellationToken).ConfigureAwait(false);
        try
        {
            node.Validate(reference, arityLog2);
            return node;
        }
        catch (OcdbtSharpException exception)
        {
            throw exception.At(io.Describe(reference.Location));
        }
    }

    /// <summary>Whether the version that is asked for is not older than all of these.</summary>
    private static bool IsWithin(BtreeGenerationReference[] versions, VersionSpec wanted) => wanted.Generation is { } generation
        ? versions[0].GenerationNumber <= generation
        : versions[0].CommitTime <= wanted.CommitTime;

    private static BtreeGenerationReference? Find(BtreeGenerationReference[] versions, VersionSpec wanted)
    {
        int index = wanted.Generation is { } generation
            ? Array.FindIndex(versions, version => version.GenerationNumber == generation)
            : Array.FindLastIndex(versions, version => version.CommitTime <= wanted.CommitTime);
        return index < 0 ? null : versions[index];
    }

    /// <summary>The node below which the version must be. A node is known by its latest generation and by its earliest commit time.</summary>
    private static VersionNodeReference? Find(VersionNodeReference[] nodes, VersionSpec wanted)
    {
        int index = wanted.Generation is { } generation
            ? Array.FindIndex(nodes, node => node.GenerationNumber >= generation)
            : Array.FindLastIndex(nodes, node => node.CommitTime <= wanted.CommitTime);
        return index < 0 ? null : nodes[index];
    }
}

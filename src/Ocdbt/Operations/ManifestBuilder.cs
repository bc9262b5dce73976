using OcdbtSharp.Ocdbt.Format;
using OcdbtSharp.Ocdbt.IO;

namespace OcdbtSharp.Ocdbt.Operations;

/// <summary>
/// Makes the manifest of the next version. The manifest holds the versions of the current leaf of the version tree; where the next version
/// begins a new leaf, the versions move to a node of their own, which its parent takes in, which in turn moves below one of the next height
/// where it is full.
/// </summary>
internal static class ManifestBuilder
{
    private const ulong NanosecondsPerTick = 100;

    /// <summary>The first manifest of a database, with a version without keys.</summary>
    public static Manifest First(Config config) =>
        new(config, [new BtreeGenerationReference(1, Now(), 0, BtreeNodeReference.Missing)], []);

    /// <summary>The manifest that follows another.</summary>
    /// <param name="io">Takes the nodes of the version tree.</param>
    /// <param name="files">The files that are completed before the manifest is written.</param>
    /// <param name="existing">The manifest before.</param>
    /// <param name="root">The root of the new version.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async ValueTask<Manifest> NextAsync(
        IoHandle io, DataFileSet files, Manifest existing, BtreeGenerationReference root, CancellationToken cancellationToken)
    {
        if (existing.IsConfigOnly)
        {
            return new Manifest(existing.Config, [root with { GenerationNumber = 1, CommitTime = Now() }], []);
        }

        BtreeGenerationReference next = root with
        {
            GenerationNumber = checked(existing.Latest.GenerationNumber + 1),
            CommitTime = Math.Max(Now(), checked(existing.Latest.CommitTime + 1)),
        };
        int arityLog2 = existing.Config.VersionTreeArityLog2;
        if (VersionTreeNode.MinGeneration(arityLog2, 0, next.GenerationNumber) <= existing.Latest.GenerationNumber)
        {
            return new Manifest(existing.Config, [.. existing.Versions, next], existing.VersionTreeNodes);
        }

        VersionNodeReference leaf = await WriteAsync(
            io, files, existing.Config, VersionTreeNode.Leaf((byte)arityLog2, existing.Versions), cancellationToken).ConfigureAwait(false);
        VersionNodeReference[] nodes =
            await AddLeafAsync(io, files, existing, next.GenerationNumber, leaf, cancellationToken).ConfigureAwait(false);
        return new Manifest(existing.Config, [next], nodes);
    }

    private static async ValueTask<VersionNodeReference[]> AddLeafAsync(
        IoHandle io, DataFileSet files, Manifest existing, ulong latest, VersionNodeReference leaf, CancellationToken cancellationToken)
    {
        int arityLog2 = existing.Config.VersionTreeArityLog2;
        List<VersionNodeReference> nodes = [];
        int left = existing.VersionTreeNodes.Length;

        // The node one level below, as the existing manifest has it.
        VersionNodeReference? below = leaf;
        foreach ((ulong min, ulong max, byte height) in Manifest.NodeRanges(latest, arityLog2))
        {
            VersionNodeReference? old = left > 0 && existing.VersionTreeNodes[left - 1].Height == height ? existing.VersionTreeNodes[--left] : null;
            VersionNodeReference? extended = old is { } present && present.GenerationNumber >= min && present.GenerationNumber <= max ? old : null;
            VersionNodeReference? child = below is { } lower && lower.GenerationNumber >= min && lower.GenerationNumber <= max ? below : null;
            below = old;
            if (child is not { } added)
            {
                if (extended is { } unchanged)
                {
                    nodes.Add(unchanged);
                }

                continue;
            }

            VersionNodeReference[] children = extended is { } reference
                ? [.. (await ReadVersionOperation.GetNodeAsync(io, reference, arityLog2, cancellationToken).ConfigureAwait(false)).Children, added]
                : [added];
            VersionTreeNode node = VersionTreeNode.Interior((byte)arityLog2, height, children);
            nodes.Add(await WriteAsync(io, files, existing.Config, node, cancellationToken).ConfigureAwait(false));
        }

        // The manifest has the highest first.
        nodes.Reverse();
        return [.. nodes];
    }

    /// <summary>Writes a node of the version tree.</summary>
    /// <returns>What its parent is to hold.</returns>
    public static async ValueTask<VersionNodeReference> WriteAsync(
        IoHandle io, DataFileSet files, Config config, VersionTreeNode node, CancellationToken cancellationToken)
    {
        IndirectDataReference location =
            await io.WriteVersionTreeNodeAsync(node.Encode(config.Compression), files, cancellationToken).ConfigureAwait(false);
        ulong generations = node.Height == 0
            ? (ulong)node.Versions.Length
            : node.Children.Aggregate(0UL, (sum, child) => sum + child.NumGenerations);
        ulong commitTime = node.Height == 0 ? node.Versions[0].CommitTime : node.Children[0].CommitTime;
        return new VersionNodeReference(location, node.GenerationNumber, node.Height, generations, commitTime);
    }

    private static ulong Now() => (ulong)(DateTime.UtcNow - DateTime.UnixEpoch).Ticks * NanosecondsPerTick;
}

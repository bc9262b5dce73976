using OcdbtSharp.Ocdbt.Format;
using OcdbtSharp.Ocdbt.IO;

namespace OcdbtSharp.Ocdbt.Operations;

/// <summary>Drops the oldest versions. Only the nodes of the version tree on the border between dropped and kept are written anew.</summary>
internal sealed class PruneOperation(IoHandle io, Config config, OcdbtRetention retention, bool dryRun)
{
    // A numbered manifest is followed by one with one more version.
    private readonly long _added = config.ManifestKind == OcdbtManifestKind.Numbered ? 1 : 0;
    private OcdbtPruning _result = new(0, 0);

    public async ValueTask<OcdbtPruning> RunAsync(CancellationToken cancellationToken)
    {
        await RewriteOperation.RunAsync(io, config, PruneAsync, cancellationToken).ConfigureAwait(false);
        return _result;
    }

    private async ValueTask<Manifest?> PruneAsync(Manifest manifest, DataFileSet files, CancellationToken cancellationToken)
    {
        long total = manifest.VersionTreeNodes.Sum(node => (long)node.NumGenerations) + manifest.Versions.Length;
        _result = new OcdbtPruning(total, 0);
        if ((await FindFirstAsync(manifest, total, cancellationToken).ConfigureAwait(false)).Dropped == 0)
        {
            return null;
        }

        (ulong first, long dropped) = await FindFirstAsync(manifest, total + _added, cancellationToken).ConfigureAwait(false);
        _result = new OcdbtPruning(total + _added - dropped, dropped);
        if (dryRun)
        {
            return null;
        }

        Manifest next = await RewriteOperation.SuccessorAsync(io, files, manifest, cancellationToken).ConfigureAwait(false);
        List<VersionNodeReference> nodes = [];
        foreach (VersionNodeReference node in next.VersionTreeNodes)
        {
            if (await TrimAsync(node, first, files, cancellationToken).ConfigureAwait(false) is { } kept)
            {
                nodes.Add(kept);
            }
        }

        return new Manifest(next.Config, Array.FindAll(next.Versions, version => version.GenerationNumber >= first), [.. nodes]);
    }

    /// <summary>The first generation to keep of <paramref name="total"/> versions, of which the manifest may lack the newest; and how many come before it.</summary>
    private async ValueTask<(ulong First, long Dropped)> FindFirstAsync(Manifest manifest, long total, CancellationToken cancellationToken)
    {
        long keptByCount = retention.Count ?? 1;
        long dropped = 0;
        await foreach (BtreeGenerationReference version in ReadVersionOperation.ListAsync(io, manifest, cancellationToken).ConfigureAwait(false))
        {
            if (dropped >= total - keptByCount || version.CommitTime >= retention.SinceNanoseconds)
            {
                return (version.GenerationNumber, dropped);
            }

            dropped++;
        }

        return (manifest.Latest.GenerationNumber + 1, dropped);
    }

    /// <summary>The node without the versions before <paramref name="first"/>; null where nothing is left.</summary>
    private async ValueTask<VersionNodeReference?> TrimAsync(
        VersionNodeReference reference, ulong first, DataFileSet files, CancellationToken cancellationToken)
    {
        if (reference.GenerationNumber < first)
        {
            return null;
        }

        byte arityLog2 = config.VersionTreeArityLog2;
        if (VersionTreeNode.MinGeneration(arityLog2, reference.Height, reference.GenerationNumber) >= first)
        {
            return reference;
        }

        VersionTreeNode node = await ReadVersionOperation.GetNodeAsync(io, reference, arityLog2, cancellationToken).ConfigureAwait(false);
        if (node.Height == 0)
        {
            BtreeGenerationReference[] versions = Array.FindAll(node.Versions, version => version.GenerationNumber >= first);
            return versions.Length == node.Versions.Length
                ? reference
                : await ManifestBuilder.WriteAsync(io, files, config, VersionTreeNode.Leaf(arityLog2, versions), cancellationToken).ConfigureAwait(false);
        }

        List<VersionNodeReference> children = [];
        foreach (VersionNodeReference child in node.Children)
        {
            if (await TrimAsync(child, first, files, cancellationToken).ConfigureAwait(false) is { } kept)
            {
                children.Add(kept);
            }
        }

        return children.SequenceEqual(node.Children)
            ? reference
            : await ManifestBuilder.WriteAsync(
                io, files, config, VersionTreeNode.Interior(arityLog2, node.Height, [.. children]), cancellationToken).ConfigureAwait(false);
    }
}

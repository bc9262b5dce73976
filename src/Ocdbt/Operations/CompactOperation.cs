using OcdbtSharp.KvStore.Buffers;
using OcdbtSharp.Ocdbt.Format;
using OcdbtSharp.Ocdbt.IO;

namespace OcdbtSharp.Ocdbt.Operations;

/// <summary>
/// Copies all that the versions reach into fresh files: values as they are, nodes with the same entries and the new places. What versions share is
/// copied once, for which each node and value copied takes about 100 bytes of memory.
/// </summary>
internal sealed class CompactOperation(IoHandle io, Config config, bool includeBasePaths, IProgress<OcdbtProgress>? progress)
{
    // Values longer than this are read in pieces, since one array cannot hold the longest.
    private const long PieceBytes = 64L << 20;

    private readonly Dictionary<IndirectDataReference, BtreeNodeReference> _nodes = [];
    private readonly Dictionary<IndirectDataReference, IndirectDataReference> _values = [];
    private long _versions;
    private long _bytes;

    public async ValueTask<OcdbtCompaction> RunAsync(CancellationToken cancellationToken)
    {
        // Where another writer is faster, what was copied stays good: only what is new is copied then.
        await RewriteOperation.RunAsync(io, config, CompactAsync, cancellationToken).ConfigureAwait(false);
        return new OcdbtCompaction(_versions, _nodes.Count, _values.Count, _bytes);
    }

    private async ValueTask<Manifest?> CompactAsync(Manifest manifest, DataFileSet files, CancellationToken cancellationToken)
    {
        _versions = 0;
        List<VersionNodeReference> nodes = [];
        foreach (VersionNodeReference node in manifest.VersionTreeNodes)
        {
            nodes.Add(await CopyAsync(node, files, cancellationToken).ConfigureAwait(false));
        }

        BtreeGenerationReference[] versions = await CopyAsync(manifest.Versions, files, cancellationToken).ConfigureAwait(false);
        return await RewriteOperation.SuccessorAsync(
            io, files, new Manifest(manifest.Config, versions, [.. nodes]), cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask<VersionNodeReference> CopyAsync(VersionNodeReference reference, DataFileSet files, CancellationToken cancellationToken)
    {
        VersionTreeNode node =
            await ReadVersionOperation.GetNodeAsync(io, reference, config.VersionTreeArityLog2, cancellationToken).ConfigureAwait(false);
        if (node.Height == 0)
        {
            BtreeGenerationReference[] versions = await CopyAsync(node.Versions, files, cancellationToken).ConfigureAwait(false);
            return await ManifestBuilder.WriteAsync(
                io, files, config, VersionTreeNode.Leaf(node.ArityLog2, versions), cancellationToken).ConfigureAwait(false);
        }

        VersionNodeReference[] children = new VersionNodeReference[node.Children.Length];
        for (int i = 0; i < children.Length; i++)
        {
            children[i] = await CopyAsync(node.Children[i], files, cancellationToken).ConfigureAwait(false);
        }

        return await ManifestBuilder.WriteAsync(
            io, files, config, VersionTreeNode.Interior(node.ArityLog2, node.Height, children), cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask<BtreeGenerationReference[]> CopyAsync(
        BtreeGenerationReference[] versions, DataFileSet files, CancellationToken cancellationToken)
    {
        BtreeGenerationReference[] copies = new BtreeGenerationReference[versions.Length];
        for (int i = 0; i < versions.Length; i++)
        {
            BtreeGenerationReference version = versions[i];
            copies[i] = version.Root.Location.IsMissing
                ? version
                : version with { Root = await CopyNodeAsync(version.Root, version.RootHeight, [], files, cancellationToken).ConfigureAwait(false) };
            _versions++;
        }

        return copies;
    }

    /// <summary>Copies a node of the B-tree and all below it.</summary>
    /// <param name="reference">The node.</param>
    /// <param name="height">The height that its parent implies.</param>
    /// <param name="minKey">The smallest key that its parent allows, relative to the node.</param>
    /// <param name="files">The files that are completed before the manifest is written.</param>
    /// <param name="cancellationToken">Gives up.</param>
    private async ValueTask<BtreeNodeReference> CopyNodeAsync(
        BtreeNodeReference reference, int height, byte[] minKey, DataFileSet files, CancellationToken cancellationToken)
    {
        IndirectDataReference location = reference.Location;
        if (Stays(location))
        {
            return reference;
        }

        if (_nodes.TryGetValue(location, out BtreeNodeReference known))
        {
            return known;
        }

        cancellationToken.ThrowIfCancellationRequested();
        BtreeNode node = await io.GetBtreeNodeAsync(location, cancellationToken).ConfigureAwait(false);
        ReadOperation.Check(io, location, node, height, minKey);
        BtreeNodeEncoder copy = new(config, node.Height);
        for (int i = 0; i < node.Count; i++)
        {
            byte[] key = new byte[node.KeyLength(i)];
            node.CopyKey(i, key);
            if (node.Height > 0)
            {
                int shared = node.SubtreePrefixLength(i);
                BtreeNodeReference child =
                    await CopyNodeAsync(node.ChildAt(i), node.Height - 1, key[shared..], files, cancellationToken).ConfigureAwait(false);
                copy.Add(new ChildEntry(key, shared, child));
            }
            else
            {
                copy.Add(key, node.IsInline(i)
                    ? node.ValueAt(i)
                    : new LeafValue(await CopyValueAsync(node.LocationAt(i), files, cancellationToken).ConfigureAwait(false)));
            }
        }

        // A root leaves no prefix out, so the keys stay as the node has them.
        using EncodedNode encoded = copy.Encode(0, node.Count, isRoot: true);
        BtreeNodeReference moved = new(
            await io.WriteBtreeNodeAsync(encoded.Bytes, files, cancellationToken).ConfigureAwait(false), encoded.Statistics);
        _nodes.Add(location, moved);
        _bytes += encoded.Bytes.Length;
        progress?.Report(new OcdbtProgress(_nodes.Count, _bytes));
        return moved;
    }

    private async ValueTask<IndirectDataReference> CopyValueAsync(IndirectDataReference value, DataFileSet files, CancellationToken cancellationToken)
    {
        if (Stays(value) || value.Length == 0)
        {
            return value;
        }

        if (_values.TryGetValue(value, out IndirectDataReference known))
        {
            return known;
        }

        List<byte[]> pieces = [];
        for (long offset = 0; offset < value.Length; offset += PieceBytes)
        {
            byte[] piece = GC.AllocateUninitializedArray<byte>((int)Math.Min(PieceBytes, value.Length - offset));
            await io.ReadValueAsync(value, offset, piece.Length, piece, cancellationToken).ConfigureAwait(false);
            pieces.Add(piece);
        }

        IndirectDataReference moved = await io.WriteValueAsync(Sequence.Of(pieces), files, cancellationToken).ConfigureAwait(false);
        _values.Add(value, moved);
        _bytes += value.Length;
        return moved;
    }

    /// <summary>Whether data stays where it is, because it belongs to another database that was merged into this one by reference.</summary>
    private bool Stays(IndirectDataReference location) => location.File.BaseLength > 0 && !includeBasePaths;
}

using OcdbtSharp.Ocdbt.Format;
using OcdbtSharp.Ocdbt.IO;

namespace OcdbtSharp.Ocdbt.Operations;

/// <summary>Writes nodes of a B-tree to data files.</summary>
internal sealed class BtreeWriter(IoHandle io, Config config, DataFileSet files)
{
    // From this size on, nodes are encoded in parallel.
    private const long ParallelBytes = 1 << 20;

    public IoHandle Io => io;

    /// <summary>Begins a level of nodes.</summary>
    /// <param name="height">Height of the nodes; 0 for leaves.</param>
    public BtreeNodeEncoder Level(int height) => new(config, checked((byte)height));

    /// <summary>Encodes and writes the nodes of a level.</summary>
    /// <param name="level">The entries.</param>
    /// <param name="mayBeRoot">Whether the level is the whole tree if it becomes only one node.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>What their parent is to hold; nothing where there were no entries.</returns>
    public async ValueTask<ChildEntry[]> WriteAsync(BtreeNodeEncoder level, bool mayBeRoot, CancellationToken cancellationToken)
    {
        List<(int Start, int End)> ranges = level.Split();
        EncodedNode[] nodes = new EncodedNode[ranges.Count];
        if (ranges.Count > 1 && level.EstimatedBytes > ParallelBytes)
        {
            Parallel.For(0, nodes.Length, i => nodes[i] = level.Encode(ranges[i].Start, ranges[i].End, isRoot: false));
        }
        else
        {
            for (int i = 0; i < nodes.Length; i++)
            {
                nodes[i] = level.Encode(ranges[i].Start, ranges[i].End, isRoot: mayBeRoot && nodes.Length == 1);
            }
        }

        ChildEntry[] entries = new ChildEntry[nodes.Length];
        for (int i = 0; i < nodes.Length; i++)
        {
            using EncodedNode node = nodes[i];
            IndirectDataReference location = await io.WriteBtreeNodeAsync(node.Bytes, files, cancellationToken).ConfigureAwait(false);
            entries[i] = new ChildEntry(node.MinKey, node.ExcludedPrefixLength, new BtreeNodeReference(location, node.Statistics));
        }

        return entries;
    }

    /// <summary>Puts levels on top of nodes until one node is the root.</summary>
    /// <param name="entries">The nodes of the topmost level.</param>
    /// <param name="height">Their height.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The root and its height; the generation number and commit time are left open.</returns>
    public async ValueTask<BtreeGenerationReference> WriteRootAsync(ChildEntry[] entries, int height, CancellationToken cancellationToken)
    {
        while (entries.Length > 1)
        {
            BtreeNodeEncoder level = Level(++height);
            foreach (ChildEntry entry in entries)
            {
                level.Add(entry);
            }

            entries = await WriteAsync(level, mayBeRoot: true, cancellationToken).ConfigureAwait(false);
        }

        return entries.Length == 0
            ? new BtreeGenerationReference(0, 0, 0, BtreeNodeReference.Missing)
            : new BtreeGenerationReference(0, 0, (byte)height, entries[0].Node);
    }
}

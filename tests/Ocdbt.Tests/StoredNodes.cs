using OcdbtSharp.KvStore;
using OcdbtSharp.Ocdbt.Format;
using OcdbtSharp.Ocdbt.IO;

namespace OcdbtSharp.Ocdbt.Tests;

/// <summary>The nodes of a database as they are stored, each once.</summary>
internal static class StoredNodes
{
    /// <summary>Finds every node that the latest manifest reaches.</summary>
    public static async Task<List<LabeledIndirectDataReference>> OfAsync(IKvStore store)
    {
        IoHandle io = new(store, 0);
        Manifest manifest = await io.GetManifestAsync(default);
        List<LabeledIndirectDataReference> found = [];
        HashSet<LabeledIndirectDataReference> seen = [];
        Stack<LabeledIndirectDataReference> pending = new();
        PushVersions(manifest.Versions);
        PushNodes(manifest.VersionTreeNodes);
        while (pending.TryPop(out LabeledIndirectDataReference next))
        {
            if (!seen.Add(next))
            {
                continue;
            }

            found.Add(next);
            if (next.Kind == IndirectDataKind.VersionNode)
            {
                VersionTreeNode node = await io.GetVersionTreeNodeAsync(next.Location, default);
                PushVersions(node.Versions);
                PushNodes(node.Children);
                continue;
            }

            BtreeNode tree = await io.GetBtreeNodeAsync(next.Location, default);
            for (int i = 0; i < (tree.Height > 0 ? tree.Count : 0); i++)
            {
                pending.Push(new LabeledIndirectDataReference(IndirectDataKind.BtreeNode, tree.LocationAt(i)));
            }
        }

        return found;

        void PushVersions(BtreeGenerationReference[] versions)
        {
            foreach (BtreeGenerationReference version in versions.Where(version => !version.Root.Location.IsMissing))
            {
                pending.Push(new LabeledIndirectDataReference(IndirectDataKind.BtreeNode, version.Root.Location));
            }
        }

        void PushNodes(VersionNodeReference[] nodes)
        {
            foreach (VersionNodeReference node in nodes)
            {
                pending.Push(new LabeledIndirectDataReference(IndirectDataKind.VersionNode, node.Location));
            }
        }
    }

    /// <summary>The bytes of a node.</summary>
    public static async Task<byte[]> ReadAsync(IKvStore store, IndirectDataReference location)
    {
        ReadOptions options = new() { Range = ByteRange.FromOffset(location.Offset, location.Length) };
        return (await store.ReadAsync(location.File.Path, options)).Value.ToArray();
    }
}

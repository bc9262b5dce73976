using System.Runtime.CompilerServices;
using OcdbtSharp.KvStore;
using OcdbtSharp.Ocdbt.Format;
using OcdbtSharp.Ocdbt.IO;

namespace OcdbtSharp.Ocdbt.Operations;

/// <summary>Walks the keys of a range in order. Only the nodes on the path to the current key are held.</summary>
internal static class ListOperation
{
    public static async IAsyncEnumerable<(Key Key, LeafValue Value)> RunAsync(
        IoHandle io, BtreeGenerationReference version, KeyRange range, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (version.Root.Location.IsMissing || range.IsEmpty)
        {
            yield break;
        }

        Stack<(IndirectDataReference Location, int Height, byte[] Prefix, byte[] MinKey)> pending = new();
        pending.Push((version.Root.Location, version.RootHeight, [], []));
        while (pending.TryPop(out var next))
        {
            cancellationToken.ThrowIfCancellationRequested();
            BtreeNode node = await io.GetBtreeNodeAsync(next.Location, cancellationToken).ConfigureAwait(false);
            ReadOperation.Check(io, next.Location, node, next.Height, next.MinKey);
            if (node.Height > 0)
            {
                PushChildren(pending, node, next.Prefix, range);
                continue;
            }

            for (int index = 0; index < node.Count; index++)
            {
                Key key = new(FullKey(node, index, next.Prefix));
                if (range.ExclusiveMax is { } max && key >= max)
                {
                    yield break;
                }

                if (key >= range.InclusiveMin)
                {
                    yield return (key, node.ValueAt(index));
                }
            }
        }
    }

    /// <summary>Puts the children that the range touches on the stack, the last first.</summary>
    private static void PushChildren(
        Stack<(IndirectDataReference Location, int Height, byte[] Prefix, byte[] MinKey)> pending, BtreeNode node, byte[] prefix, KeyRange range)
    {
        Key? following = null;
        for (int index = node.Count - 1; index >= 0; index--)
        {
            byte[] full = FullKey(node, index, prefix);
            Key key = new(full);
            bool before = following is { } end && end <= range.InclusiveMin;
            bool behind = range.ExclusiveMax is { } max && key >= max;
            if (!before && !behind)
            {
                int shared = prefix.Length + node.SubtreePrefixLength(index);
                pending.Push((node.LocationAt(index), node.Height - 1, full[..shared], full[shared..]));
            }

            following = key;
        }
    }

    private static byte[] FullKey(BtreeNode node, int index, byte[] prefix)
    {
        byte[] key = new byte[prefix.Length + node.KeyLength(index)];
        prefix.CopyTo(key, 0);
        node.CopyKey(index, key.AsSpan(prefix.Length));
        return key;
    }
}

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

        Stack<Step> path = new();
        path.Push(await EnterAsync(io, version.Root.Location, version.RootHeight, [], 0, range, cancellationToken).ConfigureAwait(false));
        while (path.TryPop(out Step step))
        {
            if (step.Next >= step.End)
            {
                continue;
            }

            BtreeNode node = step.Node;
            if (node.Height == 0)
            {
                for (int index = step.Next; index < step.End; index++)
                {
                    yield return (new Key(node.FullKey(index, step.Prefix)), node.ValueAt(index));
                }

                continue;
            }

            path.Push(step with { Next = step.Next + 1 });
            byte[] key = node.FullKey(step.Next, step.Prefix);
            int shared = step.Prefix.Length + node.SubtreePrefixLength(step.Next);
            path.Push(await EnterAsync(io, node.LocationAt(step.Next), node.Height - 1, key, shared, range, cancellationToken).ConfigureAwait(false));
        }
    }

    /// <summary>Reads a node and finds out which of its entries the range touches.</summary>
    /// <param name="io">Where to read.</param>
    /// <param name="location">Where the node lies.</param>
    /// <param name="height">The height that the parent implies.</param>
    /// <param name="key">The smallest key that the parent allows.</param>
    /// <param name="shared">How many bytes of it are left out of the keys of the node.</param>
    /// <param name="range">The keys that are asked for.</param>
    /// <param name="cancellationToken">Gives up.</param>
    private static async ValueTask<Step> EnterAsync(
        IoHandle io, IndirectDataReference location, int height, byte[] key, int shared, KeyRange range, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        BtreeNode node = await io.GetBtreeNodeAsync(location, cancellationToken).ConfigureAwait(false);
        ReadOperation.Check(io, location, node, height, key.AsSpan(shared));
        byte[] prefix = key[..shared];
        int start = Position(node, prefix, range.InclusiveMin, isStart: true);
        int end = range.ExclusiveMax is { } max ? Position(node, prefix, max, isStart: false) : node.Count;
        return new Step(node, prefix, start, end);
    }

    /// <summary>The entry at which a range starts, or before which it ends.</summary>
    private static int Position(BtreeNode node, byte[] prefix, Key bound, bool isStart)
    {
        ReadOnlySpan<byte> key = bound.Span;
        if (!key.StartsWith(prefix))
        {
            // All keys of the node begin with the prefix, so they are on one side of the bound.
            return key.SequenceCompareTo(prefix) < 0 ? 0 : node.Count;
        }

        ReadOnlySpan<byte> rest = key[prefix.Length..];
        return isStart && node.Height > 0 ? Math.Max(0, node.FindChild(rest)) : node.LowerBound(rest);
    }

    /// <summary>A node on the path, the prefix of its keys, and the entries that are still to be visited.</summary>
    private readonly record struct Step(BtreeNode Node, byte[] Prefix, int Next, int End);
}

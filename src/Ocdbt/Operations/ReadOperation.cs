using OcdbtSharp.KvStore;
using OcdbtSharp.Ocdbt.Format;
using OcdbtSharp.Ocdbt.IO;

namespace OcdbtSharp.Ocdbt.Operations;

/// <summary>Finds one key: from the root one node a level down to a leaf, each time with the part of the key that the path has not used up.</summary>
internal static class ReadOperation
{
    /// <summary>The value of a key; null where there is none.</summary>
    public static async ValueTask<LeafValue?> FindAsync(IoHandle io, BtreeGenerationReference version, Key key, CancellationToken cancellationToken)
    {
        if (version.Root.Location.IsMissing)
        {
            return null;
        }

        ReadOnlyMemory<byte> rest = key.Bytes;
        byte[] minKey = [];
        BtreeNode node = await io.GetBtreeNodeAsync(version.Root.Location, cancellationToken).ConfigureAwait(false);
        Check(io, version.Root.Location, node, version.RootHeight, minKey);
        while (node.Height > 0)
        {
            int index = node.FindChild(rest.Span);
            if (index < 0)
            {
                return null;
            }

            byte[] entry = new byte[node.KeyLength(index)];
            node.CopyKey(index, entry);
            int shared = node.SubtreePrefixLength(index);
            if (!rest.Span.StartsWith(entry.AsSpan(0, shared)))
            {
                return null;
            }

            rest = rest[shared..];
            IndirectDataReference location = node.LocationAt(index);
            int height = node.Height - 1;
            node = await io.GetBtreeNodeAsync(location, cancellationToken).ConfigureAwait(false);
            Check(io, location, node, height, entry.AsSpan(shared));
        }

        int found = node.FindKey(rest.Span);
        return found < 0 ? null : node.ValueAt(found);
    }

    /// <summary>Checks what the parent said about a node.</summary>
    public static void Check(IoHandle io, IndirectDataReference location, BtreeNode node, int height, ReadOnlySpan<byte> minKey)
    {
        try
        {
            node.Validate(height, minKey);
        }
        catch (OcdbtSharpException exception)
        {
            throw exception.At(io.Store.Describe(location.File.Path));
        }
    }
}

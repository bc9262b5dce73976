using OcdbtSharp.KvStore;
using OcdbtSharp.Ocdbt.Format;
using OcdbtSharp.Ocdbt.IO;

namespace OcdbtSharp.Ocdbt.Operations;

/// <summary>Finds one key: from the root one node a level down to a leaf, each time with the part of the key that the path has not used up.</summary>
internal static class ReadOperation
{
    private const int StackBytes = 256;

    /// <summary>The value of a key; null where there is none.</summary>
    public static ValueTask<LeafValue?> FindAsync(IoHandle io, BtreeGenerationReference version, Key key, CancellationToken cancellationToken)
    {
        Cursor cursor = new(version);
        return TryFind(io, ref cursor, key, out LeafValue? value)
            ? ValueTask.FromResult(value)
            : FindAsync(io, cursor, key, cancellationToken);
    }

    /// <summary>The value of a key; false where a node on the way is not in memory.</summary>
    public static bool TryFind(IoHandle io, BtreeGenerationReference version, Key key, out LeafValue? value)
    {
        Cursor cursor = new(version);
        return TryFind(io, ref cursor, key, out value);
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

    private static bool TryFind(IoHandle io, ref Cursor cursor, Key key, out LeafValue? value)
    {
        value = null;
        if (cursor.Location.IsMissing)
        {
            return true;
        }

        while (io.FindBtreeNode(cursor.Location) is { } node)
        {
            if (cursor.Step(io, node, key.Span, out value))
            {
                return true;
            }

            if (node.Height == 0)
            {
                return false;
            }
        }

        return false;
    }

    private static async ValueTask<LeafValue?> FindAsync(IoHandle io, Cursor cursor, Key key, CancellationToken cancellationToken)
    {
        while (true)
        {
            LeafValue? value = null;
            bool isDecided = false;
            if (io.FindBtreeNode(cursor.Location) is { } known)
            {
                isDecided = cursor.Step(io, known, key.Span, out value);
                if (!isDecided && known.Height == 0)
                {
                    // The value was given up when another was looked for: this time the node is kept as a whole.
                    BtreeNode whole = await io.GetBtreeNodeAsync(cursor.Location, cancellationToken).ConfigureAwait(false);
                    isDecided = cursor.Step(io, whole, key.Span, out value);
                }
            }
            else
            {
                await io.LookAtBtreeNodeAsync(
                    cursor.Location, node => isDecided = cursor.Step(io, node, key.Span, out value), cancellationToken).ConfigureAwait(false);
            }

            if (isDecided)
            {
                return value;
            }
        }
    }

    /// <summary>A node to be visited, and how much of the key led to it.</summary>
    private struct Cursor(BtreeGenerationReference version)
    {
        private BtreeNode? _parent;
        private int _index;
        private int _height = version.RootHeight;
        private int _used;

        public IndirectDataReference Location { get; private set; } = version.Root.Location;

        /// <summary>
        /// Looks for the key in the node, which the caller has read; true where that decides. Otherwise moves to the child, or stays at a leaf that has the
        /// key, but not the value any more.
        /// </summary>
        public bool Step(IoHandle io, BtreeNode node, ReadOnlySpan<byte> key, out LeafValue? value)
        {
            value = null;
            CheckNode(io, node);
            ReadOnlySpan<byte> rest = key[_used..];
            if (node.Height == 0)
            {
                int found = node.FindKey(rest);
                if (found >= 0 && !node.HasValueAt(found))
                {
                    return false;
                }

                value = found < 0 ? null : node.ValueAt(found);
                return true;
            }

            int index = node.FindChild(rest);
            if (index < 0)
            {
                return true;
            }

            int shared = node.SubtreePrefixLength(index);
            if (!StartsWith(node, index, shared, rest))
            {
                return true;
            }

            _parent = node;
            _index = index;
            _used += shared;
            _height = node.Height - 1;
            Location = node.LocationAt(index);
            return false;
        }

        private static bool StartsWith(BtreeNode node, int index, int length, ReadOnlySpan<byte> key)
        {
            int inPrefix = Math.Min(length, node.KeyPrefix.Length);
            return key.StartsWith(node.KeyPrefix[..inPrefix]) && key[inPrefix..].StartsWith(node.KeyRest(index)[..(length - inPrefix)]);
        }

        private readonly void CheckNode(IoHandle io, BtreeNode node)
        {
            if (_parent is not { } parent)
            {
                Check(io, Location, node, _height, default);
                return;
            }

            int length = parent.KeyLength(_index);
            Span<byte> minKey = length <= StackBytes ? stackalloc byte[StackBytes] : new byte[length];
            parent.CopyKey(_index, minKey);
            Check(io, Location, node, _height, minKey[parent.SubtreePrefixLength(_index)..length]);
        }
    }
}

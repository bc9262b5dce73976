using System.Diagnostics.CodeAnalysis;
using OcdbtSharp.Checkpoint.Format;
using OcdbtSharp.KvStore;
using OcdbtSharp.KvStore.Buffers;
using OcdbtSharp.Zarr3;

namespace OcdbtSharp.Checkpoint.Reading;

/// <summary>A tree in a MessagePack file, held in memory as a whole: that of Flax, or of Orbax's releases up to 0.4.</summary>
internal sealed class MessagePackFile
{
    // What stands in the tree for an array that is stored on its own: one of these and its name.
    private static readonly string[] _placeholders = ["PLACEHOLDER://", "AGGREGATED://"];

    // A file is read in pieces of this size, since one read cannot exceed 2 GiB.
    private const int PieceLength = 1 << 30;

    private readonly LongMemory _bytes;
    private readonly MessagePackNode _root;
    private readonly string _location;

    private MessagePackFile(LongMemory bytes, string location)
    {
        _bytes = bytes;
        _root = MessagePackTree.Decode(bytes.Span, location);
        _location = location;
    }

    /// <summary>Reads a file.</summary>
    /// <exception cref="StorageException">It does not exist.</exception>
    /// <exception cref="CorruptDataException">It is not MessagePack of Flax's kind.</exception>
    public static async ValueTask<MessagePackFile> ReadAsync(IKvStore store, Key key, CancellationToken cancellationToken)
    {
        ReadResult stat = await store.StatAsync(key, cancellationToken).ConfigureAwait(false);
        if (!stat.HasValue || stat.TotalLength <= PieceLength)
        {
            ReadOnlyMemory<byte> bytes = await store.ReadRequiredAsync(key, "it holds the tree", cancellationToken).ConfigureAwait(false);
            return new MessagePackFile(System.Runtime.InteropServices.MemoryMarshal.AsMemory(bytes), store.Describe(key));
        }

        NativeBuffer buffer = new(stat.TotalLength);
        for (long offset = 0; offset < buffer.Length; offset += PieceLength)
        {
            int length = (int)Math.Min(PieceLength, buffer.Length - offset);
            ReadOptions options = new() { Range = ByteRange.FromOffset(offset, length), Destination = buffer.AsMemory(offset, length) };
            await store.ReadAsync(key, options, cancellationToken).ConfigureAwait(false);
        }

        return new MessagePackFile(buffer, store.Describe(key));
    }

    /// <summary>Whether a node stands for an array that is stored on its own, and under which name.</summary>
    public static bool IsPlaceholder(MessagePackNode node, [NotNullWhen(true)] out string? name)
    {
        string? prefix = node.Text is { } text ? Array.Find(_placeholders, prefix => text.StartsWith(prefix, StringComparison.Ordinal)) : null;
        name = prefix is null ? null : node.Text![prefix.Length..];
        return name is not null;
    }

    /// <summary>The node at a path; null where there is none.</summary>
    public MessagePackNode? Find(ReadOnlySpan<TreeKey> path)
    {
        MessagePackNode? node = _root;
        foreach (TreeKey key in path)
        {
            node = node.Kind switch
            {
                MessagePackNodeKind.Map => node.Child(key.Name),
                MessagePackNodeKind.List or MessagePackNodeKind.Tuple when int.TryParse(
                    key.Name, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out int index) && index < node.Children.Count =>
                    node.Children[index],
                _ => null,
            };
            if (node is null)
            {
                return null;
            }
        }

        return node;
    }

    /// <summary>All leaves with their paths, empty containers among them.</summary>
    public IEnumerable<(TreeKey[] Path, MessagePackNode Node)> Leaves() => Leaves(_root, []);

    /// <summary>The leaf that a node describes; null where the node is a container with something in it.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="name">Its name.</param>
    /// <param name="node">The node.</param>
    /// <param name="typeName">The type that was recorded for it; null where none was.</param>
    /// <exception cref="UnsupportedFormatException">Its elements are of a type that is not known.</exception>
    /// <exception cref="CorruptDataException">Its bytes do not fit its shape.</exception>
    public CheckpointLeaf? ToLeaf(TreeKey[] path, string name, MessagePackNode node, string? typeName)
    {
        return node.Kind switch
        {
            MessagePackNodeKind.None => new CheckpointLeaf(path, name, LeafKind.None, "None"),
            MessagePackNodeKind.String => new CheckpointLeaf(path, name, LeafKind.String, "string") { Text = node.Text },
            MessagePackNodeKind.Map => Empty("Dict"),
            MessagePackNodeKind.List => Empty("List"),
            MessagePackNodeKind.Tuple => Empty("Tuple"),
            MessagePackNodeKind.PythonScalar or MessagePackNodeKind.NumpyScalar => Elements(LeafKind.Scalar, typeName ?? "scalar"),
            MessagePackNodeKind.Binary => Elements(LeafKind.Array, "bytes"),
            _ => Elements(LeafKind.Array, typeName ?? LeafTypes.NumPyArray),
        };

        CheckpointLeaf? Empty(string type) => node.Children.Count == 0 ? new CheckpointLeaf(path, name, LeafKind.Empty, type) : null;

        CheckpointLeaf Elements(LeafKind kind, string type)
        {
            DataType dataType = DataType.TryParse(node.DataType!)
                ?? throw new UnsupportedFormatException($"The array '{name}' has elements of the type '{node.DataType}', which is not known.", _location);
            long stored = node.Inline?.Length ?? node.Segments.Sum(segment => segment.Length);
            UInt128 expected = (uint)dataType.Size;
            foreach (long size in node.Shape)
            {
                expected = size == 0 ? 0 : expected > long.MaxValue ? expected : expected * (ulong)size;
            }

            if (expected != (ulong)stored)
            {
                throw new CorruptDataException($"The array '{name}' takes {expected} bytes by its shape, but {stored} are stored.", _location);
            }

            LeafSource source = node.Inline is { } inline
                ? new MemoryLeafSource(inline, [new FileSegment(0, inline.Length)], node.Shape, dataType.Size)
                : new MemoryLeafSource(_bytes, node.Segments, node.Shape, dataType.Size);
            return new CheckpointLeaf(path, name, kind, type)
            {
                DataType = dataType,
                Shape = node.Shape,
                StoredBytes = stored,
                LogicalBytes = stored,
                Source = source,
            };
        }
    }

    private static IEnumerable<(TreeKey[] Path, MessagePackNode Node)> Leaves(MessagePackNode node, TreeKey[] path)
    {
        if (node.Children.Count == 0)
        {
            yield return (path, node);
            yield break;
        }

        for (int index = 0; index < node.Children.Count; index++)
        {
            TreeKey key = node.Kind == MessagePackNodeKind.Map ? TreeKey.Dict(node.Keys[index]) : TreeKey.Index(index);
            foreach ((TreeKey[] Path, MessagePackNode Node) leaf in Leaves(node.Children[index], [.. path, key]))
            {
                yield return leaf;
            }
        }
    }
}

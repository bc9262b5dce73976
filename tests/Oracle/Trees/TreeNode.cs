using System.Text.Json.Nodes;
using OcdbtSharp.Checkpoint;

namespace OcdbtSharp.Oracle.Tests.Trees;

/// <summary>A node of a random tree: what Python builds it from, and what is saved here.</summary>
internal sealed record TreeNode(NodeKind Kind)
{
    /// <summary>The module and the class of named tuples, see <c>operations/tree_types.py</c>.</summary>
    private const string Module = "operations.tree_types";

    private const string ClassName = "Point";

    /// <summary>The nodes below; elements of lists and tuples have their index as key.</summary>
    public (string Key, TreeNode Node)[] Children { get; init; } = [];

    /// <summary>The type of the elements.</summary>
    public string DataType { get; init; } = "";

    /// <summary>Elements along each dimension.</summary>
    public long[] Shape { get; init; } = [];

    /// <summary>All elements.</summary>
    public byte[] Bytes { get; init; } = [];

    /// <summary>How an array of JAX lies over devices; null: on the first.</summary>
    public TreeSharding? Sharding { get; init; }

    /// <summary>The implementation of keys.</summary>
    public string Implementation { get; init; } = "";

    /// <summary>A text.</summary>
    public string Text { get; init; } = "";

    /// <summary>The type in which the elements are stored; null: as they are.</summary>
    public string? StoreAs { get; init; }

    /// <summary>Most bytes of a chunk.</summary>
    public long? ChunkBytes { get; init; }

    /// <summary>Dimensions that are cut first.</summary>
    public int[] ShardAxes { get; init; } = [];

    /// <summary>Whether it has other nodes below it, or could have.</summary>
    public bool IsContainer => Kind <= NodeKind.Class;

    /// <summary>Whether it has elements.</summary>
    public bool HasElements => Kind is >= NodeKind.Jax and <= NodeKind.Key;

    /// <summary>The type of the elements as they are stored.</summary>
    public string StoredType => StoreAs ?? DataType;

    /// <summary>The leaves with the keys that lead to them, in the order of JAX; an empty container is a leaf.</summary>
    public IEnumerable<(string[] Path, TreeNode Leaf)> Leaves()
    {
        if (Children.Length == 0)
        {
            return [([], this)];
        }

        IEnumerable<(string Key, TreeNode Node)> children =
            Kind == NodeKind.Dict ? Children.OrderBy(child => new KvStore.Key(child.Key)) : Children;
        return children.SelectMany(child => child.Node.Leaves().Select(leaf => ((string[])[child.Key, .. leaf.Path], leaf.Leaf)));
    }

    /// <summary>What <c>operations/trees.py</c> builds the node from.</summary>
    public JsonObject ToJson()
    {
        JsonObject json = new() { ["kind"] = Kind switch { NodeKind.NumPy => "numpy", _ => Kind.ToString().ToLowerInvariant() } };
        if (IsContainer)
        {
            bool isNamed = Kind is not (NodeKind.List or NodeKind.Tuple);
            json["children"] = new JsonArray([.. Children.Select(child => isNamed ? new JsonArray(child.Key, child.Node.ToJson()) : (JsonNode)child.Node.ToJson())]);
        }

        if (HasElements)
        {
            json["dtype"] = DataType;
            json["shape"] = new JsonArray([.. Shape.Select(extent => (JsonNode)extent)]);
            json["bytes"] = Convert.ToBase64String(Bytes);
        }

        if (Kind == NodeKind.Text)
        {
            json["text"] = Text;
        }

        if (Kind == NodeKind.Key)
        {
            json["implementation"] = Implementation;
        }

        if (Sharding is not null)
        {
            json["sharding"] = Sharding.ToJson();
        }

        if (StoreAs is not null)
        {
            json["store_as"] = StoreAs;
        }

        if (ChunkBytes is { } bytes)
        {
            json["chunk_bytes"] = bytes;
        }

        if (ShardAxes.Length > 0)
        {
            json["shard_axes"] = new JsonArray([.. ShardAxes.Select(axis => (JsonNode)axis)]);
        }

        return json;
    }

    /// <summary>The same as a tree to save here.</summary>
    /// <exception cref="ArgumentException">It cannot be saved.</exception>
    public PyTree ToPyTree() => Kind switch
    {
        NodeKind.Dict => PyTree.Dict(Below()),
        NodeKind.List => PyTree.List(Children.Select(child => child.Node.ToPyTree())),
        NodeKind.Tuple => PyTree.Tuple(Children.Select(child => child.Node.ToPyTree())),
        NodeKind.Named => PyTree.NamedTuple(Module, ClassName, Below()),
        NodeKind.Class => PyTree.Fields(Below()),
        NodeKind.Text => PyTree.FromString(Text),
        NodeKind.None => PyTree.None,
        NodeKind.Scalar or NodeKind.Python when StoreAs is null => PyTree.Scalar(Zarr3.DataType.Parse(DataType), Bytes),
        _ => new ArrayValue(Zarr3.DataType.Parse(DataType), Shape, Bytes)
        {
            IsNumPy = Kind == NodeKind.NumPy,
            Sharding = Sharding?.ToArraySharding(),
            KeyImplementation = Kind == NodeKind.Key ? Implementation : null,
            StoreAs = StoreAs is null ? null : Zarr3.DataType.Parse(StoreAs),
            ChunkByteSize = ChunkBytes,
            ShardAxes = ShardAxes,
        },
    };

    /// <summary>The node as JSON.</summary>
    public override string ToString() => ToJson().ToJsonString();

    private IEnumerable<KeyValuePair<string, PyTree>> Below() => Children.Select(child => KeyValuePair.Create(child.Key, child.Node.ToPyTree()));
}

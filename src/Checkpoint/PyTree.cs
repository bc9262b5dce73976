using System.Buffers.Binary;
using OcdbtSharp.Checkpoint.Format;
using OcdbtSharp.Checkpoint.Save;
using OcdbtSharp.KvStore;
using OcdbtSharp.Zarr3;

namespace OcdbtSharp.Checkpoint;

/// <summary>A tree to save: dictionaries, lists, tuples and named tuples, and as leaves arrays, numbers, text and None.</summary>
public sealed class PyTree
{
    private PyTree(PyTreeNodeKind kind, IReadOnlyList<KeyValuePair<TreeKey, PyTree>> children, string emptyType)
    {
        Kind = kind;
        Children = children;
        if (children.Count == 0)
        {
            LeafKind = Checkpoint.LeafKind.Empty;
            LeafType = emptyType;
        }
    }

    private PyTree(LeafKind kind, string type)
    {
        Kind = PyTreeNodeKind.Leaf;
        Children = [];
        LeafKind = kind;
        LeafType = type;
    }

    /// <summary>Python's None.</summary>
    public static PyTree None { get; } = new(Checkpoint.LeafKind.None, LeafTypes.None);

    /// <summary>What the node is.</summary>
    public PyTreeNodeKind Kind { get; }

    /// <summary>The nodes below with their keys.</summary>
    public IReadOnlyList<KeyValuePair<TreeKey, PyTree>> Children { get; }

    /// <summary>What the leaf is, an empty container among them; null for a node that has others below it.</summary>
    public LeafKind? LeafKind { get; }

    /// <summary>The array, number or keys of a leaf; null for every other node.</summary>
    public ArrayValue? Array { get; private init; }

    /// <summary>The text of a leaf; null for every other node.</summary>
    public string? Text { get; private init; }

    /// <summary>The Python class of a named tuple; otherwise null.</summary>
    public string? ClassName { get; private init; }

    /// <summary>The Python module of that class.</summary>
    public string? Module { get; private init; }

    /// <summary>Orbax's name for the type of a leaf.</summary>
    internal string LeafType { get; private init; } = "";

    /// <summary>A leaf of text.</summary>
    public static implicit operator PyTree(string text) => FromString(text);

    /// <summary>A leaf that is a number of 64 bits, as Python's are stored.</summary>
    public static implicit operator PyTree(long value) => FromInt64(value);

    /// <summary>A leaf that is a number of 64 bits, as Python's are stored.</summary>
    public static implicit operator PyTree(double value) => FromDouble(value);

    /// <summary>A leaf that is true or false.</summary>
    public static implicit operator PyTree(bool value) => FromBoolean(value);

    /// <summary>A leaf that is an array.</summary>
    public static implicit operator PyTree(ArrayValue array) => FromArrayValue(array);

    /// <summary>A leaf of text.</summary>
    public static PyTree FromString(string text) => new(Checkpoint.LeafKind.String, LeafTypes.String) { Text = text ?? throw new ArgumentNullException(nameof(text)) };

    /// <summary>A leaf that is a number of 64 bits.</summary>
    public static PyTree FromInt64(long value)
    {
        byte[] bytes = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        return Scalar(DataType.Parse("int64"), bytes);
    }

    /// <summary>A leaf that is a number of 64 bits.</summary>
    public static PyTree FromDouble(double value)
    {
        byte[] bytes = new byte[sizeof(double)];
        BinaryPrimitives.WriteDoubleLittleEndian(bytes, value);
        return Scalar(DataType.Parse("float64"), bytes);
    }

    /// <summary>A leaf that is true or false.</summary>
    public static PyTree FromBoolean(bool value) => Scalar(DataType.Parse("bool"), new byte[] { value ? (byte)1 : (byte)0 });

    /// <summary>A leaf that is one number of any type.</summary>
    /// <param name="type">Its type.</param>
    /// <param name="element">Its bytes, little-endian.</param>
    public static PyTree Scalar(DataType type, ReadOnlyMemory<byte> element) => Scalar(new ArrayValue(type, [], element));

    /// <summary>A leaf that is an array; random keys of JAX, where it has an implementation.</summary>
    public static PyTree FromArrayValue(ArrayValue array)
    {
        ArgumentNullException.ThrowIfNull(array);
        return new PyTree(array.KeyImplementation is null ? Checkpoint.LeafKind.Array : Checkpoint.LeafKind.PrngKey, array.IsNumPy ? LeafTypes.NumPyArray : LeafTypes.JaxArray) { Array = array };
    }

    /// <summary>A dictionary. Its keys are saved in the order of their characters, as JAX does.</summary>
    /// <exception cref="ArgumentException">A key is there twice.</exception>
    public static PyTree Dict(params IEnumerable<KeyValuePair<string, PyTree>> entries)
    {
        ArgumentNullException.ThrowIfNull(entries);
        KeyValuePair<TreeKey, PyTree>[] sorted = [.. entries.OrderBy(entry => new Key(entry.Key)).Select(entry => KeyValuePair.Create(TreeKey.Dict(entry.Key), entry.Value))];
        return Named(PyTreeNodeKind.Dict, sorted, LeafTypes.Dict);
    }

    /// <inheritdoc cref="Dict(IEnumerable{KeyValuePair{string, PyTree}})"/>
    public static PyTree Dict(params (string Key, PyTree Value)[] entries) => Dict(Pairs(entries));

    /// <summary>A dictionary with nothing in it.</summary>
    public static PyTree Dict() => new(PyTreeNodeKind.Dict, [], LeafTypes.Dict);

    /// <summary>A class whose fields are saved as the entries of a dictionary, in the order given.</summary>
    /// <exception cref="ArgumentException">A name is there twice.</exception>
    public static PyTree Fields(params IEnumerable<KeyValuePair<string, PyTree>> fields)
    {
        ArgumentNullException.ThrowIfNull(fields);
        return Named(PyTreeNodeKind.Dict, [.. fields.Select(field => KeyValuePair.Create(TreeKey.Dict(field.Key), field.Value))], LeafTypes.None);
    }

    /// <summary>A list.</summary>
    public static PyTree List(params IEnumerable<PyTree> elements) => new(PyTreeNodeKind.List, Indexed(elements), LeafTypes.List);

    /// <summary>A tuple. Unless rich types are saved it is recorded as a list.</summary>
    public static PyTree Tuple(params IEnumerable<PyTree> elements) => new(PyTreeNodeKind.Tuple, Indexed(elements), LeafTypes.Tuple);

    /// <summary>A named tuple. Unless rich types are saved it is recorded as a dictionary.</summary>
    /// <param name="module">The Python module of its class.</param>
    /// <param name="className">The Python class.</param>
    /// <param name="fields">The fields in their order.</param>
    /// <exception cref="ArgumentException">A name is there twice.</exception>
    public static PyTree NamedTuple(string module, string className, params IEnumerable<KeyValuePair<string, PyTree>> fields)
    {
        ArgumentNullException.ThrowIfNull(module);
        ArgumentNullException.ThrowIfNull(className);
        ArgumentNullException.ThrowIfNull(fields);
        KeyValuePair<TreeKey, PyTree>[] children = [.. fields.Select(field => KeyValuePair.Create(TreeKey.Dict(field.Key), field.Value))];
        CheckNames(children);
        return new PyTree(PyTreeNodeKind.NamedTuple, children, LeafTypes.NamedTuple) { Module = module, ClassName = className };
    }

    /// <summary>The tree of an item, whose arrays are read when it is saved.</summary>
    /// <param name="item">The item.</param>
    /// <param name="shardings">How its arrays lay over devices, by name (<see cref="CheckpointItem.ReadShardingsAsync"/>); null: on one device.</param>
    /// <param name="selects">Which leaves are taken; null for all.</param>
    public static PyTree FromItem(CheckpointItem item, IReadOnlyDictionary<string, ArraySharding>? shardings = null, Func<CheckpointLeaf, bool>? selects = null)
    {
        ArgumentNullException.ThrowIfNull(item);
        return FromNode(item.Tree, leaf => ArrayValue.FromLeaf(leaf, shardings?.GetValueOrDefault(leaf.Name)), selects) ?? Dict();
    }

    /// <summary>The tree of an item with the values that were restored of it. They are borrowed: dispose of them when the save has finished.</summary>
    /// <param name="item">The item.</param>
    /// <param name="restored">Its values, all or those of some leaves, as a whole.</param>
    /// <param name="shardings">How its arrays lay over devices, by name; null: on one device.</param>
    public static PyTree FromRestored(CheckpointItem item, RestoredTree restored, IReadOnlyDictionary<string, ArraySharding>? shardings = null)
    {
        ArgumentNullException.ThrowIfNull(item);
        ArgumentNullException.ThrowIfNull(restored);
        Dictionary<CheckpointLeaf, RestoredLeaf> values = restored.Leaves.ToDictionary(leaf => leaf.Leaf);
        return FromNode(
            item.Tree,
            leaf => ArrayValue.FromRestored(leaf, values[leaf].Elements, shardings?.GetValueOrDefault(leaf.Name)),
            values.ContainsKey) ?? Dict();
    }

    /// <summary>The leaves with their paths, in the order in which they are recorded.</summary>
    internal IEnumerable<SavedLeaf> Leaves() => Leaves(this, []);

    /// <summary>The same tree with other arrays.</summary>
    internal PyTree Map(Func<ArrayValue, ArrayValue> change) => Array is not null
        ? new PyTree(LeafKind!.Value, LeafType) { Array = change(Array) }
        : Children.Count == 0 ? this
        : new PyTree(Kind, [.. Children.Select(child => KeyValuePair.Create(child.Key, child.Value.Map(change)))], LeafType) { Module = Module, ClassName = ClassName };

    private static PyTree Scalar(ArrayValue value) => new(Checkpoint.LeafKind.Scalar, LeafTypes.Scalar) { Array = value };

    private static PyTree? FromNode(PyTreeNode node, Func<CheckpointLeaf, ArrayValue> value, Func<CheckpointLeaf, bool>? selects)
    {
        if (node.Leaf is { } leaf)
        {
            return selects is null || selects(leaf) ? FromLeaf(leaf, value) : null;
        }

        List<KeyValuePair<TreeKey, PyTree>> children = [];
        foreach (PyTreeNode child in node.Children)
        {
            if (FromNode(child, value, selects) is { } below)
            {
                children.Add(KeyValuePair.Create(child.Key, below));
            }
        }

        return children.Count == 0 && selects is not null ? null
            : new PyTree(node.Kind, children, LeafTypes.OfEmpty(node.Kind)) { Module = node.Module, ClassName = node.ClassName };
    }

    private static PyTree FromLeaf(CheckpointLeaf leaf, Func<CheckpointLeaf, ArrayValue> value) => leaf.Kind switch
    {
        Checkpoint.LeafKind.String => FromString(leaf.Text!),
        Checkpoint.LeafKind.None => None,
        Checkpoint.LeafKind.Empty => new PyTree(Checkpoint.LeafKind.Empty, leaf.TypeName),
        Checkpoint.LeafKind.Scalar => Scalar(value(leaf)),
        _ => FromArrayValue(value(leaf)),
    };

    private static IEnumerable<SavedLeaf> Leaves(PyTree node, List<TreeKey> path)
    {
        if (node.LeafKind is { } kind)
        {
            TreeKey[] keys = [.. path];
            yield return new SavedLeaf(keys, LeafNames.Join(keys), kind, node.LeafType, node.Array, node.Text);
            yield break;
        }

        foreach ((TreeKey key, PyTree child) in node.Children)
        {
            path.Add(key);
            foreach (SavedLeaf leaf in Leaves(child, path))
            {
                yield return leaf;
            }

            path.RemoveAt(path.Count - 1);
        }
    }

    private static KeyValuePair<TreeKey, PyTree>[] Indexed(IEnumerable<PyTree> elements) =>
        [.. (elements ?? throw new ArgumentNullException(nameof(elements))).Select((element, index) => KeyValuePair.Create(TreeKey.Index(index), element))];

    private static IEnumerable<KeyValuePair<string, PyTree>> Pairs((string Key, PyTree Value)[] entries) =>
        (entries ?? throw new ArgumentNullException(nameof(entries))).Select(entry => KeyValuePair.Create(entry.Key, entry.Value));

    private static PyTree Named(PyTreeNodeKind kind, KeyValuePair<TreeKey, PyTree>[] children, string emptyType)
    {
        CheckNames(children);
        return new PyTree(kind, children, emptyType);
    }

    private static void CheckNames(KeyValuePair<TreeKey, PyTree>[] children)
    {
        HashSet<string> names = new(StringComparer.Ordinal);
        foreach ((TreeKey key, PyTree child) in children)
        {
            ArgumentNullException.ThrowIfNull(child);
            if (!names.Add(key.Name))
            {
                throw new ArgumentException($"The key '{key.Name}' is there twice.", nameof(children));
            }
        }
    }
}

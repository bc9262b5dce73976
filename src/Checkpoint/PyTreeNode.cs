using System.Globalization;

namespace OcdbtSharp.Checkpoint;

/// <summary>What a node of a tree is.</summary>
public enum PyTreeNodeKind
{
    /// <summary>A leaf.</summary>
    Leaf,

    /// <summary>A dictionary, or a class whose fields were saved as one.</summary>
    Dict,

    /// <summary>A list; also a tuple, unless the item was saved with rich types.</summary>
    List,

    /// <summary>A tuple.</summary>
    Tuple,

    /// <summary>A named tuple.</summary>
    NamedTuple,
}

/// <summary>A node of the tree that an item holds.</summary>
public sealed class PyTreeNode
{
    internal PyTreeNode(TreeKey key, PyTreeNodeKind kind)
    {
        Key = key;
        Kind = kind;
    }

    /// <summary>The key of this node in its parent; the root has an empty one.</summary>
    public TreeKey Key { get; }

    /// <summary>What the node is.</summary>
    public PyTreeNodeKind Kind { get; private set; }

    /// <summary>The Python class of a named tuple; otherwise null.</summary>
    public string? ClassName { get; internal init; }

    /// <summary>The Python module of that class.</summary>
    public string? Module { get; internal init; }

    /// <summary>The leaf, where this node is one; an empty container is a leaf too.</summary>
    public CheckpointLeaf? Leaf { get; internal set; }

    /// <summary>The nodes below, a list's in the order of their indices.</summary>
    public IReadOnlyList<PyTreeNode> Children => _children;

    private readonly List<PyTreeNode> _children = [];
    private Dictionary<string, PyTreeNode>? _byName;

    /// <summary>The node below with this key; null where there is none.</summary>
    public PyTreeNode? Child(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (_byName is null)
        {
            _byName = new Dictionary<string, PyTreeNode>(StringComparer.Ordinal);
            foreach (PyTreeNode child in _children)
            {
                _byName.TryAdd(child.Key.Name, child);
            }
        }

        return _byName.GetValueOrDefault(name);
    }

    /// <summary>The leaves of this node and of all below it.</summary>
    public IEnumerable<CheckpointLeaf> Leaves() =>
        Leaf is not null ? [Leaf] : _children.SelectMany(child => child.Leaves());

    /// <summary>Adds a node below this one, which becomes a container if it was none.</summary>
    internal PyTreeNode Add(PyTreeNode child)
    {
        if (Kind == PyTreeNodeKind.Leaf)
        {
            Kind = child.Key.Kind == TreeKeyKind.Sequence ? PyTreeNodeKind.List : PyTreeNodeKind.Dict;
            Leaf = null;
        }

        _children.Add(child);
        _byName?.TryAdd(child.Key.Name, child);
        return child;
    }

    /// <summary>Puts the elements of every list into the order of their indices.</summary>
    internal void SortLists()
    {
        if (Kind is PyTreeNodeKind.List or PyTreeNodeKind.Tuple)
        {
            _children.Sort((left, right) => Index(left).CompareTo(Index(right)));
        }

        foreach (PyTreeNode child in _children)
        {
            child.SortLists();
        }

        static int Index(PyTreeNode node) =>
            int.TryParse(node.Key.Name, NumberStyles.None, CultureInfo.InvariantCulture, out int index) ? index : int.MaxValue;
    }
}

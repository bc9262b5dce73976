using System.Text.Json;
using OcdbtSharp.Checkpoint.Format;
using OcdbtSharp.KvStore;

namespace OcdbtSharp.Checkpoint;

/// <summary>Builds the tree of an item from its leaves and their paths.</summary>
internal static class PyTreeBuilder
{
    // Walks through a tree are recursive, so a path that only damage can make must not end the stack. JAX itself stops at about a thousand.
    private const int MaxDepth = 2000;

    /// <summary>A tree of dictionaries and lists, as the paths tell.</summary>
    /// <exception cref="CorruptDataException">A path has more keys than any tree has levels.</exception>
    public static PyTreeNode Build(IEnumerable<CheckpointLeaf> leaves, string? location = null)
    {
        PyTreeNode root = new(default, PyTreeNodeKind.Leaf);
        bool any = false;
        foreach (CheckpointLeaf leaf in leaves)
        {
            any = true;
            if (leaf.Path.Count > MaxDepth)
            {
                throw new CorruptDataException($"The path of a leaf has {leaf.Path.Count} keys; at most {MaxDepth} are possible", location);
            }

            PyTreeNode node = root;
            foreach (TreeKey key in leaf.Path)
            {
                node = node.Child(key.Name) ?? node.Add(new PyTreeNode(key, PyTreeNodeKind.Leaf));
            }

            // A partial save may leave an empty container recorded where leaves were added later: the leaves count.
            if (node.Children.Count == 0)
            {
                node.Leaf = leaf;
            }
        }

        if (!any)
        {
            return new PyTreeNode(default, PyTreeNodeKind.Dict);
        }

        root.SortLists();
        return root;
    }

    /// <summary>A tree that also has the tuples and named tuples that an item saved with rich types records.</summary>
    /// <param name="richTree">The JSON text in <c>value_metadata_tree</c>.</param>
    /// <param name="leaves">The leaves.</param>
    /// <param name="location">The file, for errors.</param>
    /// <returns>The tree; null where the text does not describe the same leaves, as some releases wrote it.</returns>
    /// <exception cref="CorruptDataException">The text is not JSON.</exception>
    public static PyTreeNode? BuildRich(string richTree, IEnumerable<CheckpointLeaf> leaves, string location)
    {
        JsonElement json = PythonJson.Parse(System.Text.Encoding.UTF8.GetBytes(richTree), location);
        Dictionary<string, CheckpointLeaf> byPath = new(StringComparer.Ordinal);
        foreach (CheckpointLeaf leaf in leaves)
        {
            byPath[LeafNames.PathText(leaf.Path)] = leaf;
        }

        try
        {
            return BuildRich(json, default, [], byPath);
        }
        catch (Exception error) when (PythonJson.IsMalformed(error))
        {
            throw PythonJson.NotJson(error, location);
        }
    }

    private static PyTreeNode? BuildRich(JsonElement json, TreeKey key, List<TreeKey> path, Dictionary<string, CheckpointLeaf> byPath)
    {
        if (json.ValueKind == JsonValueKind.Array)
        {
            return Fill(new PyTreeNode(key, PyTreeNodeKind.List), Indexed(json), path, byPath);
        }

        if (json.ValueKind != JsonValueKind.Object)
        {
            return null;
        }

        string? category = json.TryGetProperty("category", out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        switch (category)
        {
            case null:
                return Fill(new PyTreeNode(key, PyTreeNodeKind.Dict), json.EnumerateObject().Select(member => (TreeKey.Dict(member.Name), member.Value)), path, byPath);
            case "namedtuple":
                IEnumerable<(TreeKey, JsonElement)> fields = json.GetProperty("entries").EnumerateArray()
                    .Select(entry => (TreeKey.Dict(entry.GetProperty("key").GetString() ?? ""), entry.GetProperty("value")));
                PyTreeNode tuple = new(key, PyTreeNodeKind.NamedTuple)
                {
                    ClassName = json.GetProperty("clazz").GetString(),
                    Module = json.GetProperty("module").GetString(),
                };
                return Fill(tuple, fields, path, byPath);
            case "custom" when json.GetProperty("clazz").GetString() == "tuple":
                return Fill(new PyTreeNode(key, PyTreeNodeKind.Tuple), Indexed(json.GetProperty("entries")), path, byPath);
            default:
                return byPath.TryGetValue(LeafNames.PathText(path), out CheckpointLeaf? leaf) ? new PyTreeNode(key, PyTreeNodeKind.Leaf) { Leaf = leaf } : null;
        }
    }

    private static PyTreeNode? Fill(
        PyTreeNode node, IEnumerable<(TreeKey Key, JsonElement Value)> children, List<TreeKey> path, Dictionary<string, CheckpointLeaf> byPath)
    {
        foreach ((TreeKey key, JsonElement value) in children)
        {
            path.Add(key);
            PyTreeNode? child = BuildRich(value, key, path, byPath);
            path.RemoveAt(path.Count - 1);
            if (child is null)
            {
                return null;
            }

            node.Add(child);
        }

        return node;
    }

    private static IEnumerable<(TreeKey, JsonElement)> Indexed(JsonElement list) =>
        list.EnumerateArray().Select((element, index) => (TreeKey.Index(index), element));
}

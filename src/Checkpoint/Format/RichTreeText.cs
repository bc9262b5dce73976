namespace OcdbtSharp.Checkpoint.Format;

/// <summary>The member <c>value_metadata_tree</c> of <c>_METADATA</c>: the tree with its tuples and named tuples, as JSON text.</summary>
internal static class RichTreeText
{
    /// <summary>The text of a tree.</summary>
    /// <param name="root">The root of the tree.</param>
    /// <param name="entries">What is recorded of each leaf, by the text of its path.</param>
    public static string Encode(PyTree root, IReadOnlyDictionary<string, TreeMetadataEntry> entries)
    {
        using PythonJsonWriter json = new();
        Encode(json, root, [], entries);
        return System.Text.Encoding.UTF8.GetString(json.ToArray());
    }

    private static void Encode(PythonJsonWriter json, PyTree node, List<TreeKey> path, IReadOnlyDictionary<string, TreeMetadataEntry> entries)
    {
        switch (node.LeafKind is null ? node.Kind : PyTreeNodeKind.Leaf)
        {
            case PyTreeNodeKind.Leaf:
                json.StartObject();
                Member(json, "category", "custom");
                Member(json, "clazz", "ValueMetadataEntry");
                json.Name("data");
                entries[LeafNames.PathText(path)].EncodeValue(json);
                json.EndObject();
                break;
            case PyTreeNodeKind.Dict:
                json.StartObject();
                foreach ((TreeKey key, PyTree child) in node.Children)
                {
                    json.Name(key.Name);
                    Below(json, key, child, path, entries);
                }

                json.EndObject();
                break;
            case PyTreeNodeKind.List:
                Elements(json, node, path, entries);
                break;
            case PyTreeNodeKind.Tuple:
                json.StartObject();
                Member(json, "category", "custom");
                Member(json, "clazz", "tuple");
                json.Name("entries");
                Elements(json, node, path, entries);
                json.EndObject();
                break;
            default:
                NamedTuple(json, node, path, entries);
                break;
        }
    }

    private static void NamedTuple(PythonJsonWriter json, PyTree node, List<TreeKey> path, IReadOnlyDictionary<string, TreeMetadataEntry> entries)
    {
        json.StartObject();
        Member(json, "category", "namedtuple");
        Member(json, "module", node.Module ?? "");
        Member(json, "clazz", node.ClassName ?? "");
        json.Name("entries");
        json.StartArray();
        foreach ((TreeKey key, PyTree child) in node.Children)
        {
            json.StartObject();
            Member(json, "key", key.Name);
            json.Name("value");
            Below(json, key, child, path, entries);
            json.EndObject();
        }

        json.EndArray();
        json.EndObject();
    }

    private static void Elements(PythonJsonWriter json, PyTree node, List<TreeKey> path, IReadOnlyDictionary<string, TreeMetadataEntry> entries)
    {
        json.StartArray();
        foreach ((TreeKey key, PyTree child) in node.Children)
        {
            Below(json, key, child, path, entries);
        }

        json.EndArray();
    }

    private static void Below(PythonJsonWriter json, TreeKey key, PyTree child, List<TreeKey> path, IReadOnlyDictionary<string, TreeMetadataEntry> entries)
    {
        path.Add(key);
        Encode(json, child, path, entries);
        path.RemoveAt(path.Count - 1);
    }

    private static void Member(PythonJsonWriter json, string name, string value)
    {
        json.Name(name);
        json.String(value);
    }
}

namespace OcdbtSharp.Checkpoint;

/// <summary>The names under which Orbax stores arrays: the keys of their paths with dots between them.</summary>
internal static class LeafNames
{
    /// <summary>The name of the leaf at a path.</summary>
    public static string Join(ReadOnlySpan<TreeKey> path)
    {
        if (path.Length == 1)
        {
            return path[0].Name;
        }

        string[] names = new string[path.Length];
        for (int i = 0; i < names.Length; i++)
        {
            names[i] = path[i].Name;
        }

        return string.Join('.', names);
    }

    /// <summary>The path that a name stands for where nothing else tells: every dot leads one level down a tree of dictionaries.</summary>
    public static TreeKey[] Split(string name) => name.Length == 0 ? [] : [.. name.Split('.').Select(TreeKey.Dict)];

    /// <summary>A text that only paths of the same keys share, whatever dots are in them.</summary>
    public static string PathText(IEnumerable<TreeKey> path) => string.Join('\0', path.Select(key => key.Name));
}

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

        int length = Math.Max(0, path.Length - 1);
        foreach (TreeKey key in path)
        {
            length += key.Name.Length;
        }

        return string.Create(length, path, static (name, keys) =>
        {
            for (int i = 0; i < keys.Length; i++)
            {
                if (i > 0)
                {
                    name[0] = '.';
                    name = name[1..];
                }

                keys[i].Name.CopyTo(name);
                name = name[keys[i].Name.Length..];
            }
        });
    }

    /// <summary>The path that a name stands for where nothing else tells: every dot leads one level down a tree of dictionaries.</summary>
    public static TreeKey[] Split(string name) => name.Length == 0 ? [] : [.. name.Split('.').Select(TreeKey.Dict)];

    /// <summary>A text that only paths of the same keys share, whatever dots are in them.</summary>
    public static string PathText(IEnumerable<TreeKey> path) => string.Join('\0', path.Select(key => key.Name));
}

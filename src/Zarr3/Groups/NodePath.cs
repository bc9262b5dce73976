using OcdbtSharp.KvStore;

namespace OcdbtSharp.Zarr3.Groups;

/// <summary>Paths of a hierarchy: names separated by <c>/</c>, the empty path for the root.</summary>
internal static class NodePath
{
    /// <summary>A path without the <c>/</c> that may stand before and behind it.</summary>
    /// <exception cref="ArgumentException">A name is empty or of periods only.</exception>
    public static string Normalize(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        string trimmed = path.Trim('/');
        if (trimmed.Length > 0 && trimmed.Split('/').Any(name => name.AsSpan().Trim('.').IsEmpty))
        {
            throw new ArgumentException($"'{path}' is no path of a hierarchy: a name in it is empty or of periods only.", nameof(path));
        }

        return trimmed;
    }

    /// <summary>The paths of the groups above a path, from the root on.</summary>
    public static IEnumerable<string> Parents(string path)
    {
        for (int end = path.Length == 0 ? -1 : 0; end >= 0; end = path.IndexOf('/', end + 1))
        {
            yield return path[..end];
        }
    }

    /// <summary>The part of a store below a path.</summary>
    public static IKvStore At(IKvStore store, string path) => path.Length == 0 ? store : store.WithPrefix(path + "/");

    public static string Join(string parent, string child) => parent.Length == 0 ? child : child.Length == 0 ? parent : $"{parent}/{child}";
}

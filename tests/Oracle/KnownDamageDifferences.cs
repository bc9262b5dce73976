using OcdbtSharp.Oracle.Tests.Damage;

namespace OcdbtSharp.Oracle.Tests;

/// <summary>Where damage is treated otherwise than by Orbax on purpose; <c>docs/compatibility.md</c> has the reasons.</summary>
internal static class KnownDamageDifferences
{
    /// <summary>Why we may restore another tree than was saved where Orbax refuses; null where we may not.</summary>
    /// <param name="folder">The folder that holds the damaged item, or is it.</param>
    /// <param name="item">The item.</param>
    public static string? OfAnotherTree(string folder, DamagedItem item) =>
        Trees(folder, item).Any(tree => !File.Exists(Path.Combine(tree, "_METADATA"))) ? "the arrays of a folder without _METADATA are restored" : null;

    private static IEnumerable<string> Trees(string folder, DamagedItem item) => item.Kind switch
    {
        "PyTree" => [item.Within(folder)],
        "NumpyRandomKey" => Directory.EnumerateDirectories(item.Within(folder)).Where(tree => File.Exists(Path.Combine(tree, "manifest.ocdbt"))),
        _ => [],
    };
}

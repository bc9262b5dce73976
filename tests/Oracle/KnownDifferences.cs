namespace OcdbtSharp.Oracle.Tests;

/// <summary>The differences that are left on purpose, each by its heading in <c>docs/compatibility.md</c>. What is not here is a fault.</summary>
internal static class KnownDifferences
{
    /// <summary>"Two leaves of one name": Orbax stores both in one place, where the last one stays; here the save is refused.</summary>
    public static bool AreInOnePlace(IEnumerable<string> names) => names.GroupBy(Place, StringComparer.Ordinal).Any(group => group.Count() > 1);

    /// <summary>"Names that are paths": without a database Orbax writes such an array outside of the checkpoint; here the save is refused.</summary>
    public static bool LeavesTheFolder(IEnumerable<string> names) => names.Any(name => name.StartsWith('/'));

    private static string Place(string name) => name == "/" ? "" : name.EndsWith('/') ? name[..^1] : name;
}

using System.Reflection;
using System.Text.Json;

namespace OcdbtSharp.Paths;

/// <summary>The types of <c>src/</c> with a line that ran, by what coverlet counted.</summary>
internal static class TypesOnPath
{
    /// <summary>
    /// Prints the types of which a line ran more often in one program than in another that ends where the path begins, without options, exceptions and enums;
    /// and how many of them ran more often for one more array.
    /// </summary>
    /// <param name="title">What the path is.</param>
    /// <param name="one">The reports of the program that ends where the path begins, and of the one that goes on along the path, with one array.</param>
    /// <param name="two">The same with two arrays.</param>
    public static void Print(string title, (string Before, string After) one, (string Before, string After) two)
    {
        Dictionary<(string Module, string Type, string Line), long> ran = Read(one.After);
        Dictionary<(string Module, string Type, string Line), long> once = Difference(ran, Read(one.Before));
        Dictionary<(string Module, string Type, string Line), long> twice = Difference(Read(two.After), Read(two.Before));
        List<Type> onPath = Counted(once);
        List<Type> perArray = Counted(Difference(twice, once));
        Console.WriteLine(
            $"{title}: {onPath.Count} types, {onPath.Count(type => !type.IsNested)} of them not nested; {perArray.Count} have to do with each array; "
            + $"{Counted(ran).Count} with what ran before");
        foreach (IGrouping<string, Type> floor in onPath.GroupBy(type => type.Assembly.GetName().Name!).OrderBy(floor => floor.Key, StringComparer.Ordinal))
        {
            Print(floor, perArray.Contains, "for each array");
            Print(floor, type => !perArray.Contains(type), "for the whole");
        }
    }

    private static void Print(IGrouping<string, Type> floor, Func<Type, bool> isShown, string what)
    {
        string[] names = [.. floor.Where(isShown).Select(NameOf).Order(StringComparer.Ordinal)];
        if (names.Length > 0)
        {
            Console.WriteLine($"  {floor.Key}, {what} ({names.Length}): {string.Join(", ", names)}");
        }
    }

    private static Dictionary<(string Module, string Type, string Line), long> Difference(
        Dictionary<(string Module, string Type, string Line), long> more, Dictionary<(string Module, string Type, string Line), long> less) =>
        more.ToDictionary(line => line.Key, line => Math.Max(0, line.Value - less.GetValueOrDefault(line.Key)));

    private static Dictionary<(string Module, string Type, string Line), long> Read(string path)
    {
        using JsonDocument report = JsonDocument.Parse(File.ReadAllBytes(path));
        Dictionary<(string Module, string Type, string Line), long> hits = [];
        foreach (JsonProperty module in report.RootElement.EnumerateObject())
        {
            foreach (JsonProperty file in module.Value.EnumerateObject().Where(file => !file.Name.Contains("/obj/", StringComparison.Ordinal)))
            {
                foreach (JsonProperty type in file.Value.EnumerateObject())
                {
                    foreach (JsonProperty method in type.Value.EnumerateObject())
                    {
                        foreach (JsonProperty line in method.Value.GetProperty("Lines").EnumerateObject())
                        {
                            hits[(module.Name, Written(type.Name), $"{file.Name} {method.Name} {line.Name}")] = line.Value.GetInt64();
                        }
                    }
                }
            }
        }

        return hits;
    }

    /// <summary>The type that the source names: what the compiler makes of its lambdas and iterators lies within.</summary>
    private static string Written(string type)
    {
        int made = type.IndexOf("/<", StringComparison.Ordinal);
        return made < 0 ? type : type[..made];
    }

    private static List<Type> Counted(Dictionary<(string Module, string Type, string Line), long> hits) =>
    [
        .. hits.Where(line => line.Value > 0).Select(line => (line.Key.Module, line.Key.Type)).Distinct().Select(line => Find(line.Module, line.Type))
            .Where(type => !type.IsEnum && !type.IsSubclassOf(typeof(Exception)) && !type.Name.EndsWith("Options", StringComparison.Ordinal)),
    ];

    private static Type Find(string module, string type) =>
        Assembly.Load(Path.GetFileNameWithoutExtension(module)).GetType(type.Replace('/', '+')) ?? throw new TypeLoadException($"{module} has no {type}.");

    private static string NameOf(Type type) => type.DeclaringType is { } outer ? $"{NameOf(outer)}.{type.Name}" : type.Name;
}

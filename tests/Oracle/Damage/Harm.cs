using FsCheck;
using FsCheck.Fluent;

namespace OcdbtSharp.Oracle.Tests.Damage;

/// <summary>What is done to the files of an item.</summary>
/// <param name="Item">The index of the item in <see cref="DamagedItem.All"/>.</param>
/// <param name="Seeds">One number for each deed, so that deeds can be left out one by one.</param>
internal sealed record Harm(int Item, int[] Seeds)
{
    private const int MaxDeeds = 3;

    /// <summary>Harm of every kind to every item.</summary>
    public static Arbitrary<Harm> Any { get; } = Arb.From(
        from item in Gen.Choose(0, int.MaxValue - 1)
        from count in Gen.Frequency((3, Gen.Constant(1)), (1, Gen.Choose(2, MaxDeeds)))
        from seeds in Gen.Choose(0, int.MaxValue - 1).ArrayOf(count)
        select new Harm(item % DamagedItem.All.Count, seeds),
        harm => harm.Seeds.Length == 1 ? [] : harm.Seeds.Select((_, index) => harm with { Seeds = [.. harm.Seeds[..index], .. harm.Seeds[(index + 1)..]] }));

    /// <summary>Harms the files below a folder, or a file.</summary>
    /// <returns>What was done.</returns>
    public string Do(string path)
    {
        List<string> done = [];
        foreach (int seed in Seeds)
        {
            string[] files = File.Exists(path) ? [path]
                : Directory.Exists(path) ? [.. Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)]
                : [];
            if (files.Length > 0)
            {
                done.Add(DoOne(files, new Random(seed), path));
            }
        }

        return string.Join(", ", done);
    }

    /// <inheritdoc/>
    public override string ToString() => $"new Harm({Item}, [{string.Join(", ", Seeds)}]) of {DamagedItem.All[Item]}";

    private static string DoOne(string[] files, Random random, string root)
    {
        string file = files[random.Next(files.Length)];
        string name = Path.GetRelativePath(root, file);
        byte[] bytes = File.ReadAllBytes(file);
        switch (random.Next(8))
        {
            case 0:
                int length = random.Next(bytes.Length + 1);
                File.WriteAllBytes(file, bytes[..length]);
                return $"{name} cut from {bytes.Length} to {length} bytes";
            case 1:
                File.Delete(file);
                return $"{name} removed";
            case 2:
                string other = files[random.Next(files.Length)];
                File.WriteAllBytes(file, File.ReadAllBytes(other));
                File.WriteAllBytes(other, bytes);
                return $"{name} swapped with {Path.GetRelativePath(root, other)}";
            case 3:
                byte[] more = new byte[random.Next(1, 20)];
                random.NextBytes(more);
                File.WriteAllBytes(file, [.. bytes, .. more]);
                return $"{name} {more.Length} bytes longer";
            default:
                List<string> places = [];
                for (int i = random.Next(1, 4); i > 0 && bytes.Length > 0; i--)
                {
                    int place = random.Next(bytes.Length);
                    byte change = (byte)(random.Next(2) == 0 ? 1 << random.Next(8) : random.Next(1, 256));
                    bytes[place] ^= change;
                    places.Add($"{place} by {change:x2}");
                }

                File.WriteAllBytes(file, bytes);
                return $"{name} changed at {string.Join(" and ", places)}";
        }
    }
}

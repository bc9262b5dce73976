using FsCheck;
using FsCheck.Fluent;

namespace OcdbtSharp.Oracle.Tests.Databases;

/// <summary>What is done to a database: one number gives its configuration, each other one a step, so that steps can be left out one by one.</summary>
internal sealed record History(int Seed, int[] Steps)
{
    /// <summary>Histories of a number of steps, which shrink to fewer.</summary>
    public static Arbitrary<History> OfLength(int steps) => Arb.From(
        from seed in Gen.Choose(0, int.MaxValue - 1)
        from numbers in Gen.Choose(0, int.MaxValue - 1).ArrayOf(steps)
        select new History(seed, numbers),
        Shrink);

    private static IEnumerable<History> Shrink(History history)
    {
        int length = history.Steps.Length;
        for (int part = length / 2; part > 0; part /= 2)
        {
            for (int start = 0; start + part <= length; start += part)
            {
                yield return history with { Steps = [.. history.Steps[..start], .. history.Steps[(start + part)..]] };
            }
        }
    }

    /// <inheritdoc/>
    public override string ToString() => $"new History({Seed}, [{string.Join(", ", Steps)}])";
}

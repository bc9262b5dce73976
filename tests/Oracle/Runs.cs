using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using NUnit.Framework.Internal;

namespace OcdbtSharp.Oracle.Tests;

/// <summary>
/// How much is compared: <c>OCDBTSHARP_ORACLE_RUNS</c> multiplies the counts of every property (0.1 for a quick look, 20 for a long run), and
/// <c>OCDBTSHARP_ORACLE_SEED</c> repeats what a failed property printed. Without both every run tries the same cases, so that a run which fails tells of the
/// change that it is of; with a number of runs, 1 included, they are new ones each time.
/// </summary>
internal static class Runs
{
    private const string SameCases = "20261128,7919";

    private static readonly double? Factor =
        double.TryParse(Environment.GetEnvironmentVariable("OCDBTSHARP_ORACLE_RUNS"), CultureInfo.InvariantCulture, out double factor) ? factor : null;

    private static readonly string? Seed =
        Environment.GetEnvironmentVariable("OCDBTSHARP_ORACLE_SEED") is { Length: > 0 } seed ? seed : Factor is null ? SameCases : null;

    /// <summary>How many cases to try where the ordinary run tries <paramref name="ordinary"/>.</summary>
    public static int Of(int ordinary) => Math.Max(1, (int)(ordinary * (Factor ?? 1)));

    /// <summary>Tries a property on random cases. A failure prints the seed and the smallest case found.</summary>
    /// <param name="what">What is counted in the <see cref="Tally"/>.</param>
    /// <param name="ordinary">How many cases the ordinary run tries.</param>
    /// <param name="arbitrary">The cases, with how they shrink.</param>
    /// <param name="check">Throws where the property does not hold.</param>
    /// <param name="mayDie">Whether a case counts for nothing in which the process of the reference implementation crashes.</param>
    public static void Check<T>(string what, int ordinary, Arbitrary<T> arbitrary, Action<T> check, bool mayDie = false)
    {
        Oracle.Require();
        Config config = Config.QuickThrowOnFailure.WithMaxTest(Of(ordinary)).WithQuietOnSuccess(true).WithEndSize(30);
        if (Seed is not null)
        {
            string[] parts = Seed.Trim('(', ')').Split(',');
            ulong[] numbers = [.. parts.Take(2).Select(part => ulong.Parse(part, CultureInfo.InvariantCulture))];
            config = config.WithReplay(numbers[0], numbers[1]);
        }

        FsCheck.Check.One(config, Prop.ForAll(arbitrary, value =>
        {
            // What fails while a case shrinks is no failure of the test.
            using (new TestExecutionContext.IsolatedContext())
            {
                try
                {
                    check(value);
                }
                catch (OracleException error) when (mayDie && error.IsCrash)
                {
                    Tally.Add($"{what} in which the reference implementation crashed");
                    return;
                }
            }

            Tally.Add(what);
        }));
    }
}

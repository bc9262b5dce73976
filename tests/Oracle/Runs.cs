using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using NUnit.Framework.Internal;

namespace OcdbtSharp.Oracle.Tests;

/// <summary>
/// How much is compared: <c>OCDBTSHARP_ORACLE_RUNS</c> multiplies the counts of every property (1 unless set; 0.1 for a quick look, 20 for a long run), and
/// <c>OCDBTSHARP_ORACLE_SEED</c> repeats what a failed property printed.
/// </summary>
internal static class Runs
{
    private static readonly double Factor =
        double.TryParse(Environment.GetEnvironmentVariable("OCDBTSHARP_ORACLE_RUNS"), CultureInfo.InvariantCulture, out double factor) ? factor : 1;

    /// <summary>How many cases to try where the ordinary run tries <paramref name="ordinary"/>.</summary>
    public static int Of(int ordinary) => Math.Max(1, (int)(ordinary * Factor));

    /// <summary>Tries a property on random cases. A failure prints the seed and the smallest case found.</summary>
    /// <param name="what">What is counted in the <see cref="Tally"/>.</param>
    /// <param name="ordinary">How many cases the ordinary run tries.</param>
    /// <param name="arbitrary">The cases, with how they shrink.</param>
    /// <param name="check">Throws where the property does not hold.</param>
    public static void Check<T>(string what, int ordinary, Arbitrary<T> arbitrary, Action<T> check)
    {
        Oracle.Require();
        Config config = Config.QuickThrowOnFailure.WithMaxTest(Of(ordinary)).WithQuietOnSuccess(true).WithEndSize(30);
        if (Environment.GetEnvironmentVariable("OCDBTSHARP_ORACLE_SEED") is { Length: > 0 } seed)
        {
            string[] parts = seed.Trim('(', ')').Split(',');
            ulong[] numbers = [.. parts.Take(2).Select(part => ulong.Parse(part, CultureInfo.InvariantCulture))];
            config = config.WithReplay(numbers[0], numbers[1]);
        }

        FsCheck.Check.One(config, Prop.ForAll(arbitrary, value =>
        {
            // What fails while a case shrinks is no failure of the test.
            using (new TestExecutionContext.IsolatedContext())
            {
                check(value);
            }

            Tally.Add(what);
        }));
    }
}

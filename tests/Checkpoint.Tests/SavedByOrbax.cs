using System.Text.Json;
using OcdbtSharp.Testing;

namespace OcdbtSharp.Checkpoint.Tests;

/// <summary>The golden checkpoints that were written by the release of Orbax whose layout is written here.</summary>
internal static class SavedByOrbax
{
    private const string Release = "orbax-checkpoint 0.12.";

    public static IEnumerable<TestCaseData> Cases() => GoldenCase.Family("orbax").Where(test =>
        ((GoldenCase)test.Arguments[0]!).Expect() is var expect
        && expect.TryGetProperty("writer", out JsonElement writer)
        && writer.GetString()!.StartsWith(Release, StringComparison.Ordinal));
}

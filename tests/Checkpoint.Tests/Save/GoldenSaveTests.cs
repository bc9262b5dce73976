using OcdbtSharp.Testing;

namespace OcdbtSharp.Checkpoint.Tests.Save;

/// <summary>Every golden checkpoint of today's release, read, saved again as it was saved, and compared file by file.</summary>
public sealed class GoldenSaveTests
{
    [TestCaseSource(typeof(SavedByOrbax), nameof(SavedByOrbax.Cases))]
    public async Task Is_saved_as_Orbax_saved_it(GoldenCase golden)
    {
        using TemporaryFolder folder = new();
        OrbaxCheckpoint checkpoint = await OrbaxCheckpoint.OpenAsync(golden.Data);
        string copy = folder.Combine("copy");
        int processes = golden.Expect().TryGetProperty("processes", out System.Text.Json.JsonElement count) ? count.GetInt32() : 1;
        await Resave.RunAsync(checkpoint, copy, golden.Name, processes);
        await FolderComparison.RunAsync(golden.Data, copy);
    }
}

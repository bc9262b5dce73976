using OcdbtSharp.Checkpoint;
using OcdbtSharp.Testing;

namespace OcdbtSharp.Oracle.Tests.Damage;

/// <summary>An item of a golden checkpoint.</summary>
/// <param name="Golden">The case.</param>
/// <param name="Step">The folder of the step below the data of the case; empty where that is the step or the item.</param>
/// <param name="Name">The name of the item in its step, or of its file; null where the folder is the item.</param>
/// <param name="Kind">How Orbax is to read it.</param>
internal sealed record DamagedItem(GoldenCase Golden, string Step, string? Name, string Kind)
{
    private const string TreeMetadataFile = "_METADATA";

    /// <summary>The items of every golden checkpoint, in the same order each time.</summary>
    public static IReadOnlyList<DamagedItem> All { get; } = [.. Find().GetAwaiter().GetResult()];

    /// <summary>The folder that holds the item, or is it.</summary>
    public string Source => Path.Combine(Golden.Data, Step);

    /// <summary>The folder or file of the item where the folder around it is another.</summary>
    public string Within(string folder) => Path.Combine(folder, Name ?? "");

    /// <summary>Copies the item, and the files beside it, but not other items.</summary>
    public void CopyTo(string folder)
    {
        foreach (string file in Directory.EnumerateFiles(Source, "*", SearchOption.AllDirectories))
        {
            string path = Path.GetRelativePath(Source, file);
            if (Name is null || Path.GetDirectoryName(path) is "" || path.StartsWith(Name + Path.DirectorySeparatorChar, StringComparison.Ordinal))
            {
                string copy = Path.Combine(folder, path);
                Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
                File.Copy(file, copy);
            }
        }
    }

    /// <inheritdoc/>
    public override string ToString() => Path.Combine(Golden.Name, Step, Name ?? "");

    private static async Task<List<DamagedItem>> Find()
    {
        List<DamagedItem> items = [];
        foreach (GoldenCase golden in GoldenCase.Family("orbax").Select(test => (GoldenCase)test.Arguments[0]!))
        {
            if (golden.Expect().TryGetProperty("file", out System.Text.Json.JsonElement file))
            {
                items.Add(new DamagedItem(golden, "", file.GetString()!, "Msgpack"));
                continue;
            }

            OrbaxCheckpoint checkpoint = await OrbaxCheckpoint.OpenAsync(golden.Data);
            List<OrbaxCheckpoint> steps = checkpoint.Kind == CheckpointKind.Root ? [] : [checkpoint];
            foreach (StepInfo step in checkpoint.Steps)
            {
                steps.Add(await checkpoint.OpenStepAsync(step));
            }

            foreach (OrbaxCheckpoint step in steps)
            {
                foreach (string? name in step.Kind == CheckpointKind.Step ? step.ItemNames : (IReadOnlyList<string?>)[null])
                {
                    CheckpointItem item = await step.OpenItemAsync(name);
                    bool isOld = item.Kind == ItemKind.PyTree && !File.Exists(Path.Combine(item.Location, TreeMetadataFile));
                    string folder = Path.GetRelativePath(golden.Data, step.Location);
                    items.Add(new DamagedItem(golden, folder == "." ? "" : folder.TrimEnd('/'), name, isOld ? "Legacy" : $"{item.Kind}"));
                }
            }
        }

        return [.. items.Where(item => item.Kind != $"{ItemKind.Other}")];
    }
}

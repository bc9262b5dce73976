using System.CommandLine;
using System.Globalization;
using OcdbtSharp.Checkpoint;
using OcdbtSharp.Cli.Output;

namespace OcdbtSharp.Cli.Commands;

/// <summary><c>ocdbt diff</c>: in what two checkpoints differ.</summary>
internal static class DiffCommand
{
    private const int MostShown = 50;

    public static Command Create(ToolConsole console)
    {
        Argument<string> first = new("A") { Description = "A checkpoint, or a file of another format." };
        Argument<string> second = new("B") { Description = "Another." };
        Option<double> relative = new("--rtol") { Description = "How far elements may be apart, in parts of those in B." };
        Option<double> absolute = new("--atol") { Description = "How far they may be apart beside that." };
        Option<string[]> include = Arguments.Include();
        Option<string[]> exclude = Arguments.Exclude();
        Option<long?> step = Arguments.Step();
        Option<string?> item = Arguments.Item();
        Option<bool> json = Arguments.Json();
        Option<long?> memory = Arguments.Memory();
        Command command = new("diff", "Compares two checkpoints, first their structure, then their values. Ends with 1 where they differ.")
        {
            first, second, relative, absolute, include, exclude, step, item, json, memory,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            IReadOnlyList<LeafDifference> leaves = await CheckpointComparison.CompareAsync(
                await OpenAsync(parsed.GetRequiredValue(first), parsed.GetValue(step), parsed.GetValue(item), cancellationToken),
                await OpenAsync(parsed.GetRequiredValue(second), parsed.GetValue(step), parsed.GetValue(item), cancellationToken),
                Arguments.Selection(parsed.GetValue(include), parsed.GetValue(exclude), parsed.GetValue(memory)),
                parsed.GetValue(relative),
                parsed.GetValue(absolute),
                cancellationToken);
            if (parsed.GetValue(json))
            {
                WriteJson(console, leaves);
            }
            else
            {
                WriteText(console, leaves);
            }

            return leaves.Any(leaf => leaf.State is not (LeafDifferenceState.Equal or LeafDifferenceState.Close)) ? CommandLine.Failure : CommandLine.Success;
        });
        return command;
    }

    private static async Task<CheckpointItem> OpenAsync(string path, long? step, string? item, CancellationToken cancellationToken)
    {
        if (CheckpointConversion.TryOpenFile(path) is { } file)
        {
            return file;
        }

        // One of the two may have no steps or items, where the other has.
        OrbaxCheckpoint checkpoint = await OrbaxCheckpoint.OpenAsync(path, null, cancellationToken);
        checkpoint = checkpoint.Kind == CheckpointKind.Root ? await checkpoint.OpenStepAsync(step, cancellationToken) : checkpoint;
        return await checkpoint.OpenItemAsync(checkpoint.Kind == CheckpointKind.Step ? item : null, cancellationToken);
    }

    private static void WriteText(ToolConsole console, IReadOnlyList<LeafDifference> leaves)
    {
        // What is worst comes first: other structure, then the largest differences.
        LeafDifference[] shown = [.. leaves.Where(leaf => leaf.State != LeafDifferenceState.Equal)
            .OrderByDescending(leaf => leaf.State).ThenByDescending(leaf => double.IsNaN(leaf.Largest) ? double.PositiveInfinity : leaf.Largest)];
        foreach (LeafDifference leaf in shown.Take(MostShown))
        {
            console.Text.WriteLine(Line(leaf));
        }

        if (shown.Length > MostShown)
        {
            console.Text.WriteLine($"… and {shown.Length - MostShown} more; --json shows them");
        }

        string[] counts = [.. leaves.GroupBy(leaf => leaf.State).OrderBy(group => group.Key).Select(group => $"{group.Count()} {Name(group.Key)}")];
        console.Text.WriteLine(counts.Length == 0 ? "no leaves" : string.Join(", ", counts));
    }

    private static string Line(LeafDifference leaf) => leaf.State switch
    {
        LeafDifferenceState.OnlyInFirst => $"only in A: {leaf.Name}",
        LeafDifferenceState.OnlyInSecond => $"only in B: {leaf.Name}",
        LeafDifferenceState.Unlike => $"unlike: {leaf.Name}: {leaf.What}",
        LeafDifferenceState.Close => $"close: {leaf.Name}: within {Number(leaf.Largest)}",
        _ => $"different: {leaf.Name}: {leaf.Different} of {leaf.Elements} elements, the largest difference {Number(leaf.Largest)}",
    };

    private static void WriteJson(ToolConsole console, IReadOnlyList<LeafDifference> leaves) => JsonOutput.Write(console, json =>
    {
        json.WriteStartArray();
        foreach (LeafDifference leaf in leaves)
        {
            json.WriteStartObject();
            json.WriteString("name"u8, leaf.Name);
            json.WriteString("state"u8, Name(leaf.State));
            if (leaf.What is not null)
            {
                json.WriteString("what"u8, leaf.What);
            }

            json.WriteNumber("different"u8, leaf.Different);
            json.WriteNumber("elements"u8, leaf.Elements);
            if (double.IsFinite(leaf.Largest))
            {
                json.WriteNumber("largest"u8, leaf.Largest);
            }
            else
            {
                json.WriteString("largest"u8, Number(leaf.Largest));
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    });

    private static string Number(double value) => value.ToString("G6", CultureInfo.InvariantCulture);

    private static string Name(LeafDifferenceState state) => state switch
    {
        LeafDifferenceState.Equal => "equal",
        LeafDifferenceState.Close => "close",
        LeafDifferenceState.Different => "different",
        LeafDifferenceState.Unlike => "unlike",
        LeafDifferenceState.OnlyInFirst => "only in A",
        _ => "only in B",
    };
}

using System.CommandLine;
using OcdbtSharp.Checkpoint;
using OcdbtSharp.Cli.Output;

namespace OcdbtSharp.Cli.Commands;

/// <summary><c>ocdbt export</c>: the arrays of an item in a format that other programs read.</summary>
internal static class ExportCommand
{
    private const string SafetensorsExtension = ".safetensors";
    private const string NpzExtension = ".npz";

    public static Command Create(ToolConsole console)
    {
        Argument<string> path = Arguments.CheckpointPath();
        Argument<string> output = new("OUT") { Description = "What to write, by its ending: FILE.safetensors, FILE.npz, or else a folder of .npy files." };
        Option<string[]> include = Arguments.Include();
        Option<string[]> exclude = Arguments.Exclude();
        Option<bool> convert = new("--convert")
        {
            Description = "Convert types that the format lacks to one that holds all their values: bfloat16 and smaller floats to float32, small integers to bytes.",
        };
        Option<bool> force = new("--force") { Description = "Replace an output that exists." };
        Option<long?> step = Arguments.Step();
        Option<string?> item = Arguments.Item();
        Option<long?> memory = Arguments.Memory();
        Command command = new("export", "Writes the arrays of a checkpoint as safetensors, .npz or .npy.")
        {
            path, output, include, exclude, convert, force, step, item, memory,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            CheckpointItem opened = await LeafLocator.OpenItemAsync(
                parsed.GetRequiredValue(path), parsed.GetValue(step), parsed.GetValue(item), cancellationToken);
            string target = parsed.GetRequiredValue(output);
            using ProgressLine<RestoreProgress> progress = new(
                console,
                done => $"exported {done.Leaves} of {done.TotalLeaves}, {ByteText.Of(done.Bytes)} of {ByteText.Of(done.TotalBytes)}");
            ExportOptions options = new()
            {
                Selection = Arguments.Selection(parsed.GetValue(include), parsed.GetValue(exclude), null),
                MaxMemory = Arguments.MaxMemory(parsed.GetValue(memory)),
                Convert = parsed.GetValue(convert),
                Overwrite = parsed.GetValue(force),
                Progress = progress,
            };
            ExportResult result = await RunAsync(opened, target, options, cancellationToken);
            progress.Dispose();
            console.Text.WriteLine($"{target}: {result.Arrays} {(result.Arrays == 1 ? "array" : "arrays")}, {ByteText.Of(result.Bytes)}");
            if (result.LeftOut.Count > 0)
            {
                console.Text.WriteLine($"left out, for they are no arrays: {string.Join(", ", result.LeftOut)}");
            }
        });
        return command;
    }

    private static Task<ExportResult> RunAsync(CheckpointItem item, string target, ExportOptions options, CancellationToken cancellationToken) =>
        target.EndsWith(SafetensorsExtension, StringComparison.OrdinalIgnoreCase) ? CheckpointExport.ToSafetensorsAsync(item, target, options, cancellationToken)
        : target.EndsWith(NpzExtension, StringComparison.OrdinalIgnoreCase) ? CheckpointExport.ToNpzAsync(item, target, options, cancellationToken)
        : CheckpointExport.ToNpyFolderAsync(item, target, options, cancellationToken);
}

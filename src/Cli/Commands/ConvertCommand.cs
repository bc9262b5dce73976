using System.CommandLine;
using System.Diagnostics;
using OcdbtSharp.Checkpoint;
using OcdbtSharp.Cli.Output;

namespace OcdbtSharp.Cli.Commands;

/// <summary><c>ocdbt convert</c>: any format into any other.</summary>
internal static class ConvertCommand
{
    public static Command Create(ToolConsole console)
    {
        ConvertArguments arguments = new();
        Command command = new(
            "convert", "Converts checkpoints of Orbax in any layout, OCDBT and zarr folders, safetensors and NumPy's files, into checkpoints, safetensors, NumPy's files or zarr groups.");
        arguments.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            string source = parsed.GetRequiredValue(arguments.Source);
            string destination = parsed.GetRequiredValue(arguments.Destination);
            bool isFirst = parsed.GetValue(arguments.Process) is null;
            long start = Stopwatch.GetTimestamp();
            string Rate(long bytes) => ByteText.Of((long)(bytes / Math.Max(1e-6, Stopwatch.GetElapsedTime(start).TotalSeconds))) + "/s";
            using ProgressLine<SaveProgress> progress = new(
                console, done => $"written {ByteText.Of(done.Bytes)} of {ByteText.Of(done.TotalBytes)}, {Rate(done.Bytes)}");
            ConversionOptions options = arguments.Read(parsed, progress);
            if (parsed.GetValue(arguments.DryRun))
            {
                ConversionPlan plan = await CheckpointConversion.PlanAsync(source, destination, options, cancellationToken);
                console.Text.WriteLine($"{destination}: {plan.Arrays} {(plan.Arrays == 1 ? "array" : "arrays")}, {ByteText.Of(plan.Bytes)}");
                console.Text.WriteLine($"passes {plan.Passes}, temporary files {ByteText.Of(plan.SpillBytes)}, memory {ByteText.Of(plan.PeakBytes)} at most");
                return;
            }

            int processes = isFirst
                ? await CheckpointConversion.CountProcessesAsync(source, destination, options, parsed.GetValue(arguments.ProcessBytes), cancellationToken)
                : options.Processes.Count;
            using ConvertProcesses others = isFirst && processes > 1 ? ConvertProcesses.Start(parsed, processes) : ConvertProcesses.None;
            options = arguments.Read(parsed, progress, processes);
            ConversionResult result = await CheckpointConversion.RunAsync(source, destination, options, cancellationToken);
            await others.WaitAsync(cancellationToken);
            progress.Dispose();
            if (!isFirst)
            {
                return;
            }

            console.Text.WriteLine($"{destination}: {result.Arrays} {(result.Arrays == 1 ? "array" : "arrays")}, {ByteText.Of(result.Bytes)}, {Rate(result.Bytes)}");
            if (result.LeftOut.Count > 0)
            {
                console.Text.WriteLine($"left out, for they are no arrays: {string.Join(", ", result.LeftOut)}");
            }
        });
        return command;
    }
}

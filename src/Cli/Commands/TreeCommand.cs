using System.CommandLine;
using OcdbtSharp.Checkpoint;
using OcdbtSharp.Cli.Output;

namespace OcdbtSharp.Cli.Commands;

/// <summary><c>ocdbt tree</c>: what a path holds.</summary>
internal static class TreeCommand
{
    public static Command Create(ToolConsole console)
    {
        Argument<string> path = Arguments.CheckpointPath();
        Option<bool> json = Arguments.Json();
        Command command = new("tree", "Shows what a path holds: steps, items, and leaves with their types, shapes and sizes.") { path, json };
        command.SetAction((parsed, cancellationToken) =>
            RunAsync(console, parsed.GetRequiredValue(path), parsed.GetValue(json), cancellationToken));
        return command;
    }

    private static async Task RunAsync(ToolConsole console, string path, bool json, CancellationToken cancellationToken)
    {
        OrbaxCheckpoint checkpoint = await OrbaxCheckpoint.OpenAsync(path, null, cancellationToken);
        if (json)
        {
            await JsonOutput.WriteAsync(console, writer => TreeJson.WriteAsync(writer, checkpoint, cancellationToken));
        }
        else
        {
            await TreeText.WriteAsync(console, checkpoint, cancellationToken);
        }
    }
}

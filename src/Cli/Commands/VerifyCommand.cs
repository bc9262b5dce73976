using System.CommandLine;
using OcdbtSharp.Checkpoint;
using OcdbtSharp.Cli.Output;

namespace OcdbtSharp.Cli.Commands;

/// <summary><c>ocdbt verify</c>: whether a checkpoint is whole.</summary>
internal static class VerifyCommand
{
    public static Command Create(ToolConsole console)
    {
        Argument<string> path = Arguments.CheckpointPath();
        Option<bool> json = Arguments.Json();
        Option<long?> memory = Arguments.Memory();
        Command command = new("verify", "Reads everything in a checkpoint, and compares what its files say with one another. Ends with 1 where something is wrong.") { path, json, memory };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            OrbaxCheckpoint checkpoint = await OrbaxCheckpoint.OpenAsync(parsed.GetRequiredValue(path), null, cancellationToken);
            CheckpointVerification result = await CheckpointVerification.RunAsync(
                checkpoint, Arguments.Selection(null, null, parsed.GetValue(memory)), cancellationToken);
            if (parsed.GetValue(json))
            {
                WriteJson(console, result);
            }
            else
            {
                foreach (CheckpointFault fault in result.Faults)
                {
                    console.Text.WriteLine($"{fault.Location}: {fault.Message}");
                }

                console.Text.WriteLine($"{result.Leaves} leaves, {ByteText.Of(result.Bytes)}: {(result.Faults.Count == 0 ? "nothing is wrong" : $"{result.Faults.Count} faults")}");
            }

            return result.Faults.Count == 0 ? CommandLine.Success : CommandLine.Failure;
        });
        return command;
    }

    private static void WriteJson(ToolConsole console, CheckpointVerification result) => JsonOutput.Write(console, json =>
    {
        json.WriteStartObject();
        json.WriteNumber("leaves"u8, result.Leaves);
        json.WriteNumber("bytes"u8, result.Bytes);
        json.WriteStartArray("faults"u8);
        foreach (CheckpointFault fault in result.Faults)
        {
            json.WriteStartObject();
            json.WriteString("location"u8, fault.Location);
            json.WriteString("message"u8, fault.Message);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    });
}

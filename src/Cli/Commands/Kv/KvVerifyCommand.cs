using System.CommandLine;
using OcdbtSharp.Cli.Output;
using OcdbtSharp.KvStore;
using OcdbtSharp.Ocdbt;

namespace OcdbtSharp.Cli.Commands.Kv;

/// <summary><c>ocdbt kv verify</c>: whether a database is whole.</summary>
internal static class KvVerifyCommand
{
    public static Command Create(ToolConsole console)
    {
        Argument<string> folder = Arguments.Database();
        Option<bool> json = Arguments.Json();
        Command command = new("verify", "Checks every node of every version, and finds data files that nothing refers to.") { folder, json };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            FileKvStore store = new(parsed.GetRequiredValue(folder));
            OcdbtVerification result;
            using (ProgressLine<OcdbtProgress> progress = new(console, Database.ProgressText))
            {
                result = await OcdbtVerification.RunAsync(store, progress, cancellationToken);
            }

            if (parsed.GetValue(json))
            {
                WriteJson(console, result);
            }
            else
            {
                WriteText(console, store, result);
            }

            return result.IsClean ? CommandLine.Success : CommandLine.Failure;
        });
        return command;
    }

    private static void WriteText(ToolConsole console, FileKvStore store, OcdbtVerification result)
    {
        foreach (OcdbtFault fault in result.Faults)
        {
            string place = fault.Offset is { } offset ? $" [{offset}, {offset + fault.Length})" : "";
            console.Text.WriteLine($"{store.Describe(fault.File)}{place}: {fault.Problem}");
        }

        if (result.FaultCount > result.Faults.Count)
        {
            console.Text.WriteLine($"and {result.FaultCount - result.Faults.Count} more");
        }

        foreach (ListEntry orphan in result.Orphans ?? [])
        {
            console.Text.WriteLine($"{store.Describe(orphan.Key)}: no version refers to this file of {orphan.Length} bytes");
        }

        string found = result.IsClean ? "whole" : $"{result.FaultCount} {(result.FaultCount == 1 ? "fault" : "faults")}";
        string orphans = result.Orphans is { Count: > 0 } left ? $", {left.Count} orphaned ({ByteText.Of(left.Sum(orphan => orphan.Length))})" : "";
        console.Text.WriteLine(
            $"{found}: {result.VersionCount} versions, {result.NodeCount} nodes ({ByteText.Of(result.NodeBytes)}), "
            + $"{result.DataFileCount} data files ({ByteText.Of(result.DataFileBytes)}){orphans}");
    }

    private static void WriteJson(ToolConsole console, OcdbtVerification result) => JsonOutput.Write(console, writer =>
    {
        writer.WriteStartObject();
        writer.WriteBoolean("clean", result.IsClean);
        writer.WriteNumber("versions", result.VersionCount);
        writer.WriteNumber("nodes", result.NodeCount);
        writer.WriteNumber("node_bytes", result.NodeBytes);
        writer.WriteNumber("data_files", result.DataFileCount);
        writer.WriteNumber("data_file_bytes", result.DataFileBytes);
        writer.WriteNumber("fault_count", result.FaultCount);
        writer.WriteStartArray("faults");
        foreach (OcdbtFault fault in result.Faults)
        {
            writer.WriteStartObject();
            writer.WriteString("file", fault.File.ToString());
            if (fault.Offset is { } offset)
            {
                writer.WriteNumber("offset", offset);
                writer.WriteNumber("length", fault.Length ?? 0);
            }

            writer.WriteString("problem", fault.Problem);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        if (result.Orphans is { } orphans)
        {
            writer.WriteFiles("orphans", orphans);
            writer.WriteNumber("orphan_bytes", orphans.Sum(orphan => orphan.Length));
        }

        writer.WriteEndObject();
    });
}

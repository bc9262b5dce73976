using System.CommandLine;
using OcdbtSharp.Cli.Output;
using OcdbtSharp.Ocdbt;

namespace OcdbtSharp.Cli.Commands.Kv;

/// <summary><c>ocdbt kv compact</c>: rewrites into fresh files what the versions reach.</summary>
internal static class KvCompactCommand
{
    public static Command Create(ToolConsole console)
    {
        Argument<string> folder = Arguments.Database();
        Option<bool> basePaths = new("--include-base-paths") { Description = "Copy also what lies in databases that were merged into this one, so that they are no longer needed." };
        Option<bool> json = Arguments.Json();
        Command command = new("compact", "Rewrites into fresh files what the versions reach. The space of the old files is free after gc.") { folder, basePaths, json };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            OcdbtStore store = await Database.OpenAsync(parsed.GetRequiredValue(folder), null, cancellationToken);
            OcdbtCompaction result;
            using (ProgressLine<OcdbtProgress> progress = new(console, Database.ProgressText))
            {
                result = await store.CompactAsync(parsed.GetValue(basePaths), progress, cancellationToken);
            }

            if (parsed.GetValue(json))
            {
                JsonOutput.Write(console, writer =>
                {
                    writer.WriteStartObject();
                    writer.WriteNumber("versions", result.Versions);
                    writer.WriteNumber("nodes", result.Nodes);
                    writer.WriteNumber("values", result.Values);
                    writer.WriteNumber("bytes", result.Bytes);
                    writer.WriteEndObject();
                });
                return;
            }

            console.Text.WriteLine($"wrote {result.Nodes} nodes and {result.Values} values of {result.Versions} versions anew: {ByteText.Of(result.Bytes)}");
        });
        return command;
    }
}

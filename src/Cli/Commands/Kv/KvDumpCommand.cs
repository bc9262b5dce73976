using System.CommandLine;
using OcdbtSharp.Cli.Output;
using OcdbtSharp.KvStore;
using OcdbtSharp.Ocdbt;

namespace OcdbtSharp.Cli.Commands.Kv;

/// <summary><c>ocdbt kv dump</c>: the manifest or a node as it is stored.</summary>
internal static class KvDumpCommand
{
    public static Command Create(ToolConsole console)
    {
        Argument<string> folder = Arguments.Database();
        Option<string?> node = new("--node") { Description = "The node at this place, as a dump names it (btreenode::d/0123456789abcdef:0:120)." };
        Option<string?> version = new("--version") { Description = "The root node of this version: a generation (v10) or a time." };
        Option<bool> json = new("--json") { Description = "Print JSON, which this command always does." };
        Command command = new("dump", "Prints the manifest or a node as JSON.") { folder, node, version, json };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            FileKvStore store = new(parsed.GetRequiredValue(folder));
            string? place = parsed.GetValue(node);
            VersionSpec? wanted = Database.Version(parsed.GetValue(version));
            if (place is not null && wanted is not null)
            {
                throw new UsageException("Give --node or --version, not both.");
            }

            try
            {
                await JsonOutput.WriteAsync(console, async writer => await (
                    place is not null ? OcdbtDump.WriteNodeAsync(store, place, writer, cancellationToken)
                    : wanted is { } root ? OcdbtDump.WriteRootAsync(store, root, writer, cancellationToken)
                    : OcdbtDump.WriteManifestAsync(store, writer, cancellationToken)));
            }
            catch (FormatException error)
            {
                throw new UsageException(error.Message);
            }
        });
        return command;
    }
}

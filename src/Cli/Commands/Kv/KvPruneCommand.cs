using System.CommandLine;
using OcdbtSharp.Cli.Output;
using OcdbtSharp.Ocdbt;

namespace OcdbtSharp.Cli.Commands.Kv;

/// <summary><c>ocdbt kv prune</c>: drops old versions.</summary>
internal static class KvPruneCommand
{
    public static Command Create(ToolConsole console)
    {
        Argument<string> folder = Arguments.Database();
        Option<int?> keep = new("--keep") { Description = "Keep so many of the newest versions." };
        Option<string?> within = Age.Option("--keep-within", "Keep the versions of this age or younger");
        Option<bool> dryRun = Database.DryRun();
        Option<bool> json = Arguments.Json();
        Command command = new("prune", "Drops old versions, all but those that --keep or --keep-within keeps. The space is free after gc.") { folder, keep, within, dryRun, json };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            OcdbtRetention retention = new()
            {
                Count = parsed.GetValue(keep),
                Since = parsed.GetValue(within) is { } age ? DateTimeOffset.UtcNow - Age.Parse(age) : null,
            };
            if (retention is { Count: null, Since: null })
            {
                throw new UsageException("Say what to keep: --keep or --keep-within.");
            }

            OcdbtStore store = await Database.OpenAsync(parsed.GetRequiredValue(folder), null, cancellationToken);
            bool isDry = parsed.GetValue(dryRun);
            OcdbtPruning result = await store.PruneAsync(retention, isDry, cancellationToken);
            if (parsed.GetValue(json))
            {
                JsonOutput.Write(console, writer =>
                {
                    writer.WriteStartObject();
                    writer.WriteNumber("kept", result.Kept);
                    writer.WriteNumber("dropped", result.Dropped);
                    writer.WriteBoolean("dry_run", isDry);
                    writer.WriteEndObject();
                });
                return;
            }

            console.Text.WriteLine($"{(isDry ? "would drop" : "dropped")} {result.Dropped} {(result.Dropped == 1 ? "version" : "versions")}, {result.Kept} kept");
        });
        return command;
    }
}

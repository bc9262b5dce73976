using System.CommandLine;
using OcdbtSharp.Cli.Output;
using OcdbtSharp.KvStore;
using OcdbtSharp.Ocdbt;

namespace OcdbtSharp.Cli.Commands.Kv;

/// <summary><c>ocdbt kv gc</c>: deletes data files that no version refers to.</summary>
internal static class KvCollectGarbageCommand
{
    private static readonly TimeSpan SafeAge = TimeSpan.FromDays(1);

    public static Command Create(ToolConsole console)
    {
        Argument<string> folder = Arguments.Database();
        Option<string?> age = Age.Option("--older-than", "Delete only what has been unreachable for so long, longer than any writer or reader takes; 1d unless told");
        Option<bool> dryRun = Database.DryRun();
        Option<bool> json = Arguments.Json();
        Command command = new("gc", "Checks all versions, and deletes data files that none of them refers to.") { folder, age, dryRun, json };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            OcdbtStore store = await Database.OpenAsync(parsed.GetRequiredValue(folder), null, cancellationToken);
            TimeSpan minAge = parsed.GetValue(age) is { } text ? Age.Parse(text) : SafeAge;
            bool isDry = parsed.GetValue(dryRun);
            OcdbtGarbage result;
            using (ProgressLine<OcdbtProgress> progress = new(console, Database.ProgressText))
            {
                result = await store.CollectGarbageAsync(minAge, isDry, progress, cancellationToken);
            }

            if (parsed.GetValue(json))
            {
                WriteJson(console, result, isDry);
            }
            else
            {
                WriteText(console, result, isDry);
            }
        });
        return command;
    }

    private static void WriteText(ToolConsole console, OcdbtGarbage result, bool isDry)
    {
        if (isDry)
        {
            foreach (ListEntry file in result.Deleted)
            {
                console.Text.WriteLine($"{file.Length,12}  {file.Key}");
            }
        }

        string kept = result.Kept.Count == 0 ? "" : $"; {result.Kept.Count} more ({ByteText.Of(result.Kept.Sum(file => file.Length))}) are too young";
        console.Text.WriteLine(
            $"{(isDry ? "would delete" : "deleted")} {result.Deleted.Count} {(result.Deleted.Count == 1 ? "file" : "files")} "
            + $"({ByteText.Of(result.Deleted.Sum(file => file.Length))}){kept}");
    }

    private static void WriteJson(ToolConsole console, OcdbtGarbage result, bool isDry) => JsonOutput.Write(console, writer =>
    {
        writer.WriteStartObject();
        foreach ((string name, IReadOnlyList<ListEntry> files) in ((string, IReadOnlyList<ListEntry>)[])[("deleted", result.Deleted), ("kept", result.Kept)])
        {
            writer.WriteFiles(name, files);
            writer.WriteNumber(name + "_bytes", files.Sum(file => file.Length));
        }

        writer.WriteBoolean("dry_run", isDry);
        writer.WriteEndObject();
    });
}

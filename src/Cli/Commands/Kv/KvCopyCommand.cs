using System.CommandLine;
using OcdbtSharp.Cli.Output;
using OcdbtSharp.KvStore;
using OcdbtSharp.Ocdbt;

namespace OcdbtSharp.Cli.Commands.Kv;

/// <summary><c>ocdbt kv copy</c>: merges another database by reference.</summary>
internal static class KvCopyCommand
{
    public static Command Create(ToolConsole console)
    {
        Argument<string> source = new("SRC") { Description = "The folder of the database to copy from, somewhere below DIR." };
        Argument<string> folder = Arguments.Database();
        Option<string?> prefix = new("--prefix") { Description = "Only the keys that begin so, which is left out in the copy." };
        Option<string?> targetPrefix = new("--target-prefix") { Description = "Put this before every key." };
        Option<string?> version = Arguments.Version();
        CreationOptions creation = new();
        Command command = new("copy", "Puts the keys of one database into another without copying their values, which stay where they are; a missing database is created.")
        {
            source, folder, prefix, targetPrefix, version,
        };
        creation.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            OcdbtStore from = await Database.OpenAsync(parsed.GetRequiredValue(source), parsed.GetValue(version), cancellationToken);
            OcdbtStore store = await creation.OpenAsync(parsed, parsed.GetRequiredValue(folder), cancellationToken);
            Key leftOut = parsed.GetValue(prefix) is { } text ? KeyText.Parse(text) : Key.Empty;
            Key before = parsed.GetValue(targetPrefix) is { } other ? KeyText.Parse(other) : Key.Empty;
            await store.CopyRangeAsync(from, KeyRange.All, leftOut, before, cancellationToken);
            long count = await from.ListAsync(KeyRange.Prefix(leftOut), cancellationToken).CountAsync(cancellationToken);
            console.Text.WriteLine($"copied {count} {(count == 1 ? "key" : "keys")}");
        });
        return command;
    }
}

using System.CommandLine;
using OcdbtSharp.Cli.Output;
using OcdbtSharp.KvStore;
using OcdbtSharp.Ocdbt;

namespace OcdbtSharp.Cli.Commands.Kv;

/// <summary><c>ocdbt kv put</c>: writes one value.</summary>
internal static class KvPutCommand
{
    public static Command Create(ToolConsole console)
    {
        Argument<string> folder = Arguments.Database();
        Argument<string> key = Database.Key();
        Argument<string> file = new("FILE") { Description = "The file with the value; - for standard input." };
        CreationOptions creation = new();
        Command command = new("put", "Writes the value of a key; a missing database is created.") { folder, key, file };
        creation.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            string source = parsed.GetRequiredValue(file);
            await using Stream value = source == "-" ? console.Input : File.OpenRead(source);
            OcdbtStore store = await creation.OpenAsync(parsed, parsed.GetRequiredValue(folder), cancellationToken);
            await store.WriteAsync(KeyText.Parse(parsed.GetRequiredValue(key)), value, cancellationToken: cancellationToken);
        });
        return command;
    }
}

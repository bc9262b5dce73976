using System.CommandLine;
using OcdbtSharp.Cli.Output;
using OcdbtSharp.KvStore;
using OcdbtSharp.Ocdbt;

namespace OcdbtSharp.Cli.Commands.Kv;

/// <summary><c>ocdbt kv get</c>: the value of a key.</summary>
internal static class KvGetCommand
{
    public static Command Create(ToolConsole console)
    {
        Argument<string> folder = Arguments.Database();
        Argument<string> key = Database.Key();
        Option<string?> version = Arguments.Version();
        Command command = new("get", "Writes the value of a key to standard output.") { folder, key, version };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            OcdbtStore store = await Database.OpenAsync(parsed.GetRequiredValue(folder), parsed.GetValue(version), cancellationToken);
            Key wanted = KeyText.Parse(parsed.GetRequiredValue(key));
            ReadResult stat = await store.StatAsync(wanted, cancellationToken);
            if (!stat.HasValue)
            {
                throw new StorageException("There is no such key.", store.Describe(wanted));
            }

            console.Flush();
            await foreach (ReadOnlyMemory<byte> piece in store.ReadPiecesAsync(wanted, Database.PieceBytes, cancellationToken))
            {
                console.Output.Write(piece.Span);
            }
        });
        return command;
    }
}

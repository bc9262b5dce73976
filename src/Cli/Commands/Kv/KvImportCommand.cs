using System.CommandLine;
using OcdbtSharp.Cli.Output;
using OcdbtSharp.KvStore;
using OcdbtSharp.Ocdbt;

namespace OcdbtSharp.Cli.Commands.Kv;

/// <summary><c>ocdbt kv import</c>: takes in the files of a folder, the lines of a file, or the keys of another database.</summary>
internal static class KvImportCommand
{
    private const int ProgressEvery = 100;

    public static Command Create(ToolConsole console)
    {
        Argument<string> folder = Arguments.Database();
        Argument<string> source = new("SOURCE")
        {
            Description = "A folder, whose paths become keys; another database; or a file of JSON lines, each an object with key or key_hex, and value, value_hex or value_base64.",
        };
        Option<string?> prefix = new("--prefix") { Description = "Put this before every key." };
        CreationOptions creation = new();
        Command command = new("import", "Takes in many keys, in one version; a missing database is created.") { folder, source, prefix };
        creation.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            string from = parsed.GetRequiredValue(source);
            Key before = parsed.GetValue(prefix) is { } text ? KeyText.Parse(text) : Key.Empty;
            IAsyncEnumerable<(Key Key, Func<IKvStore, Key, ValueTask> WriteAsync)> entries =
                File.Exists(from) ? JsonLines.ReadAsync(from, cancellationToken)
                : Directory.Exists(from) ? EntriesOfAsync(await SourceAsync(from, cancellationToken), cancellationToken)
                : throw new StorageException("There is no such file or folder.", from);
            OcdbtStore store = await creation.OpenAsync(parsed, parsed.GetRequiredValue(folder), cancellationToken);
            long count = 0;
            using (ProgressLine<long> progress = new(console, done => $"imported {done} keys"))
            {
                await using OcdbtTransaction transaction = store.BeginTransaction();
                await foreach ((Key key, Func<IKvStore, Key, ValueTask> writeAsync) in entries)
                {
                    await writeAsync(transaction, before.Append(key));
                    if (++count % ProgressEvery == 0)
                    {
                        progress.Report(count);
                    }
                }

                // It reads nothing of the database, so no other writer can stand in its way.
                await transaction.CommitAsync(cancellationToken);
            }

            console.Text.WriteLine($"imported {count} {(count == 1 ? "key" : "keys")}");
        });
        return command;
    }

    private static async Task<IKvStore> SourceAsync(string folder, CancellationToken cancellationToken) =>
        File.Exists(Path.Combine(folder, Database.ManifestFile))
            ? await Database.OpenAsync(folder, null, cancellationToken)
            : new FileKvStore(folder);

    private static async IAsyncEnumerable<(Key Key, Func<IKvStore, Key, ValueTask> WriteAsync)> EntriesOfAsync(
        IKvStore source, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (ListEntry entry in source.ListAsync(KeyRange.All, cancellationToken))
        {
            yield return (entry.Key, async (target, key) => await source.CopyToAsync(entry.Key, target, key, cancellationToken: cancellationToken));
        }
    }
}

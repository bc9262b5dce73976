using System.CommandLine;
using OcdbtSharp.Cli.Output;
using OcdbtSharp.KvStore;
using OcdbtSharp.Ocdbt;

namespace OcdbtSharp.Cli.Commands.Kv;

/// <summary><c>ocdbt kv rm</c>: deletes keys.</summary>
internal static class KvRemoveCommand
{
    public static Command Create(ToolConsole console)
    {
        Argument<string> folder = Arguments.Database();
        Argument<string?> key = new("KEY") { Description = "The key to delete.", Arity = ArgumentArity.ZeroOrOne };
        Option<string?> prefix = new("--prefix") { Description = "Delete all keys that begin so, in one version." };
        Option<bool> dryRun = Database.DryRun();
        Command command = new("rm", "Deletes a key, or all keys that begin with a prefix.") { folder, key, prefix, dryRun };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            string? one = parsed.GetValue(key);
            string? all = parsed.GetValue(prefix);
            if (one is null == all is null)
            {
                throw new UsageException("Give a key or --prefix, one of the two.");
            }

            OcdbtStore store = await Database.OpenAsync(parsed.GetRequiredValue(folder), null, cancellationToken);
            KeyRange range = one is not null ? KeyRange.Of(KeyText.Parse(one)) : KeyRange.Prefix(KeyText.Parse(all!));
            bool isDry = parsed.GetValue(dryRun);
            long count = await RemoveAsync(console, store, range, isDry, cancellationToken);
            if (count == 0 && one is not null)
            {
                throw new StorageException("There is no such key.", store.Describe(range.InclusiveMin));
            }

            console.Text.WriteLine($"{(isDry ? "would delete" : "deleted")} {count} {(count == 1 ? "key" : "keys")}");
        });
        return command;
    }

    private static async Task<long> RemoveAsync(ToolConsole console, OcdbtStore store, KeyRange range, bool isDry, CancellationToken cancellationToken)
    {
        while (true)
        {
            // What is counted is what is deleted: the transaction fails where another writer has changed it meanwhile.
            await using OcdbtTransaction transaction = store.BeginTransaction();
            long count = 0;
            await foreach (ListEntry entry in transaction.ListAsync(range, cancellationToken))
            {
                count++;
                if (isDry)
                {
                    console.Text.WriteLine(entry.Key);
                }
            }

            if (count == 0 || isDry)
            {
                return count;
            }

            await transaction.DeleteRangeAsync(range, cancellationToken);
            if (await transaction.CommitAsync(cancellationToken))
            {
                return count;
            }
        }
    }
}

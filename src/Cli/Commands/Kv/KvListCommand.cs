using System.CommandLine;
using System.Security.Cryptography;
using OcdbtSharp.Cli.Output;
using OcdbtSharp.KvStore;
using OcdbtSharp.Ocdbt;

namespace OcdbtSharp.Cli.Commands.Kv;

/// <summary><c>ocdbt kv ls</c>: the keys with the lengths of their values.</summary>
internal static class KvListCommand
{
    public static Command Create(ToolConsole console)
    {
        Argument<string> folder = Arguments.Database();
        Option<string?> prefix = Arguments.Prefix();
        Option<string?> version = Arguments.Version();
        Option<bool> json = Arguments.Json();
        Option<bool> sha256 = Arguments.Sha256();
        Command command = new("ls", "Lists the keys with the lengths of their values.") { folder, prefix, version, json, sha256 };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            OcdbtStore store = await Database.OpenAsync(parsed.GetRequiredValue(folder), parsed.GetValue(version), cancellationToken);
            KeyRange range = parsed.GetValue(prefix) is { } text ? KeyRange.Prefix(KeyText.Parse(text)) : KeyRange.All;
            List<(ListEntry Entry, string? Digest)> entries = [];
            await foreach (ListEntry entry in store.ListAsync(range, cancellationToken))
            {
                entries.Add((entry, parsed.GetValue(sha256) ? await DigestAsync(store, entry, cancellationToken) : null));
            }

            if (!parsed.GetValue(json))
            {
                foreach ((ListEntry entry, string? digest) in entries)
                {
                    console.Text.WriteLine($"{entry.Length,12}  {(digest is null ? "" : digest + "  ")}{entry.Key}");
                }

                return;
            }

            JsonOutput.Write(console, writer =>
            {
                writer.WriteStartArray();
                foreach ((ListEntry entry, string? digest) in entries)
                {
                    writer.WriteStartObject();
                    writer.WriteString("key", Convert.ToHexStringLower(entry.Key.Bytes.Span));
                    writer.WriteNumber("length", entry.Length);
                    if (digest is not null)
                    {
                        writer.WriteString("sha256", digest);
                    }

                    writer.WriteEndObject();
                }

                writer.WriteEndArray();
            });
        });
        return command;
    }

    private static async Task<string> DigestAsync(OcdbtStore store, ListEntry entry, CancellationToken cancellationToken)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await Database.ForEachWindowAsync(store, entry.Key, entry.Length, bytes => hash.AppendData(bytes.Span), cancellationToken);
        return Convert.ToHexStringLower(hash.GetCurrentHash());
    }
}

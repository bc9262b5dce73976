using System.CommandLine;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using OcdbtSharp.Cli.Output;
using OcdbtSharp.KvStore;
using OcdbtSharp.Ocdbt;

namespace OcdbtSharp.Cli.Commands.Kv;

/// <summary><c>ocdbt kv ls</c>: the keys with the lengths of their values.</summary>
internal static class KvListCommand
{
    private const int FlushBytes = 1 << 16;

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
            IAsyncEnumerable<(ListEntry Entry, string? Digest)> entries = ListAsync(store, range, parsed.GetValue(sha256), cancellationToken);
            await (parsed.GetValue(json) ? WriteJsonAsync(console, entries) : WriteTextAsync(console, entries));
        });
        return command;
    }

    private static async IAsyncEnumerable<(ListEntry Entry, string? Digest)> ListAsync(
        OcdbtStore store, KeyRange range, bool hasDigests, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (ListEntry entry in store.ListAsync(range, cancellationToken))
        {
            yield return (entry, hasDigests ? await DigestAsync(store, entry, cancellationToken) : null);
        }
    }

    private static async Task WriteTextAsync(ToolConsole console, IAsyncEnumerable<(ListEntry Entry, string? Digest)> entries)
    {
        await foreach ((ListEntry entry, string? digest) in entries)
        {
            console.Text.WriteLine($"{entry.Length,12}  {(digest is null ? "" : digest + "  ")}{entry.Key}");
        }
    }

    private static Task WriteJsonAsync(ToolConsole console, IAsyncEnumerable<(ListEntry Entry, string? Digest)> entries) =>
        JsonOutput.WriteAsync(console, async writer =>
        {
            writer.WriteStartArray();
            await foreach ((ListEntry entry, string? digest) in entries)
            {
                writer.WriteStartObject();
                writer.WriteString("key", Convert.ToHexStringLower(entry.Key.Bytes.Span));
                writer.WriteNumber("length", entry.Length);
                if (digest is not null)
                {
                    writer.WriteString("sha256", digest);
                }

                writer.WriteEndObject();
                if (writer.BytesPending > FlushBytes)
                {
                    await writer.FlushAsync();
                }
            }

            writer.WriteEndArray();
        });

    private static async Task<string> DigestAsync(OcdbtStore store, ListEntry entry, CancellationToken cancellationToken)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await foreach (ReadOnlyMemory<byte> piece in store.ReadPiecesAsync(entry.Key, Database.PieceBytes, cancellationToken))
        {
            hash.AppendData(piece.Span);
        }

        return Convert.ToHexStringLower(hash.GetCurrentHash());
    }
}

using System.CommandLine;
using System.Security.Cryptography;
using OcdbtSharp.Cli.Output;
using OcdbtSharp.KvStore;
using OcdbtSharp.Ocdbt;

namespace OcdbtSharp.Cli.Commands;

/// <summary><c>ocdbt kv</c>: what an OCDBT database holds, key by key.</summary>
internal static class KvCommand
{
    private const int Window = 16 << 20;

    public static Command Create(ToolConsole console) => new("kv", "Looks into an OCDBT database, key by key.")
    {
        List(console),
        Get(console),
        Versions(console),
    };

    private static Command List(ToolConsole console)
    {
        Argument<string> folder = Arguments.Database();
        Option<string?> prefix = Arguments.Prefix();
        Option<string?> version = Arguments.Version();
        Option<bool> json = Arguments.Json();
        Option<bool> sha256 = Arguments.Sha256();
        Command command = new("ls", "Lists the keys with the lengths of their values.") { folder, prefix, version, json, sha256 };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            OcdbtStore store = await OpenAsync(parsed.GetRequiredValue(folder), parsed.GetValue(version), cancellationToken);
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

    private static Command Get(ToolConsole console)
    {
        Argument<string> folder = Arguments.Database();
        Argument<string> key = new("KEY") { Description = "The key." };
        Option<string?> version = Arguments.Version();
        Command command = new("get", "Writes the value of a key to standard output.") { folder, key, version };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            OcdbtStore store = await OpenAsync(parsed.GetRequiredValue(folder), parsed.GetValue(version), cancellationToken);
            Key wanted = KeyText.Parse(parsed.GetRequiredValue(key));
            ReadResult stat = await store.StatAsync(wanted, cancellationToken);
            if (!stat.HasValue)
            {
                throw new StorageException("There is no such key.", store.Describe(wanted));
            }

            console.Flush();
            await ForEachWindowAsync(store, wanted, stat.TotalLength, bytes => console.Output.Write(bytes.Span), cancellationToken);
        });
        return command;
    }

    private static Command Versions(ToolConsole console)
    {
        Argument<string> folder = Arguments.Database();
        Option<bool> json = Arguments.Json();
        Command command = new("versions", "Lists the versions.") { folder, json };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            OcdbtStore store = await OpenAsync(parsed.GetRequiredValue(folder), null, cancellationToken);
            List<OcdbtVersion> versions = await store.ListVersionsAsync(cancellationToken).ToListAsync(cancellationToken);
            if (!parsed.GetValue(json))
            {
                foreach (OcdbtVersion version in versions)
                {
                    console.Text.WriteLine($"v{version.Generation}  {TimeText(version.CommitTime)}  {version.KeyCount} keys");
                }

                return;
            }

            JsonOutput.Write(console, writer =>
            {
                writer.WriteStartArray();
                foreach (OcdbtVersion version in versions)
                {
                    writer.WriteStartObject();
                    writer.WriteNumber("generation", version.Generation);
                    writer.WriteNumber("commit_time", version.CommitTime);
                    writer.WriteString("time", TimeText(version.CommitTime));
                    writer.WriteNumber("keys", version.KeyCount);
                    writer.WriteNumber("root_height", version.RootHeight);
                    writer.WriteEndObject();
                }

                writer.WriteEndArray();
            });
        });
        return command;
    }

    private static async Task<OcdbtStore> OpenAsync(string folder, string? version, CancellationToken cancellationToken)
    {
        VersionSpec? spec;
        try
        {
            spec = version is null ? null : VersionSpec.Parse(version);
        }
        catch (FormatException error)
        {
            throw new UsageException(error.Message);
        }

        return await OcdbtStore.OpenAsync(new FileKvStore(folder), new OcdbtOptions { Version = spec }, cancellationToken);
    }

    private static async Task<string> DigestAsync(OcdbtStore store, ListEntry entry, CancellationToken cancellationToken)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await ForEachWindowAsync(store, entry.Key, entry.Length, bytes => hash.AppendData(bytes.Span), cancellationToken);
        return Convert.ToHexStringLower(hash.GetCurrentHash());
    }

    private static async Task ForEachWindowAsync(
        OcdbtStore store, Key key, long length, Action<ReadOnlyMemory<byte>> use, CancellationToken cancellationToken)
    {
        for (long offset = 0; offset < length; offset += Window)
        {
            ReadOptions options = new() { Range = ByteRange.FromOffset(offset, Math.Min(Window, length - offset)) };
            use((await store.ReadAsync(key, options, cancellationToken)).Value);
        }
    }

    private static string TimeText(ulong nanoseconds)
    {
        DateTime time = DateTime.UnixEpoch.AddSeconds(nanoseconds / 1_000_000_000);
        return $"{time:yyyy-MM-ddTHH:mm:ss}.{nanoseconds % 1_000_000_000:d9}Z";
    }
}

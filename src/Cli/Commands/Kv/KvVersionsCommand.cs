using System.CommandLine;
using OcdbtSharp.Cli.Output;
using OcdbtSharp.Ocdbt;

namespace OcdbtSharp.Cli.Commands.Kv;

/// <summary><c>ocdbt kv versions</c>: the versions.</summary>
internal static class KvVersionsCommand
{
    public static Command Create(ToolConsole console)
    {
        Argument<string> folder = Arguments.Database();
        Option<bool> json = Arguments.Json();
        Command command = new("versions", "Lists the versions.") { folder, json };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            OcdbtStore store = await Database.OpenAsync(parsed.GetRequiredValue(folder), null, cancellationToken);
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

    private static string TimeText(ulong nanoseconds)
    {
        DateTime time = DateTime.UnixEpoch.AddSeconds(nanoseconds / 1_000_000_000);
        return $"{time:yyyy-MM-ddTHH:mm:ss}.{nanoseconds % 1_000_000_000:d9}Z";
    }
}

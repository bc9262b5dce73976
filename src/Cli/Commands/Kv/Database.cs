using System.CommandLine;
using OcdbtSharp.Cli.Output;
using OcdbtSharp.KvStore;
using OcdbtSharp.Ocdbt;

namespace OcdbtSharp.Cli.Commands.Kv;

/// <summary>The database that a command is about.</summary>
internal static class Database
{
    /// <summary>The file by which a folder is known to be a database.</summary>
    public const string ManifestFile = "manifest.ocdbt";

    /// <summary>Bytes of a value that are read at a time.</summary>
    public const int PieceBytes = 16 << 20;

    public static async Task<OcdbtStore> OpenAsync(string folder, string? version, CancellationToken cancellationToken) =>
        await OcdbtStore.OpenAsync(new FileKvStore(folder), new OcdbtOptions { Version = Version(version) }, cancellationToken);

    public static Argument<string> Key() => new("KEY") { Description = "The key: text, or hex: and its bytes." };

    public static Option<bool> DryRun() => new("--dry-run") { Description = "Only tell what would be done." };

    public static string ProgressText(OcdbtProgress progress) => $"{progress.Nodes} nodes, {ByteText.Of(progress.Bytes)}";

    /// <summary>The version of a command line; null where none is given.</summary>
    public static VersionSpec? Version(string? text)
    {
        try
        {
            return text is null ? null : VersionSpec.Parse(text);
        }
        catch (FormatException error)
        {
            throw new UsageException(error.Message);
        }
    }
}

using OcdbtSharp.KvStore;
using OcdbtSharp.Ocdbt;

namespace OcdbtSharp.Cli.Commands.Kv;

/// <summary>The database that a command is about.</summary>
internal static class Database
{
    private const int Window = 16 << 20;

    public static async Task<OcdbtStore> OpenAsync(string folder, string? version, CancellationToken cancellationToken) =>
        await OcdbtStore.OpenAsync(new FileKvStore(folder), new OcdbtOptions { Version = Version(version) }, cancellationToken);

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

    /// <summary>Reads a value piece by piece.</summary>
    public static async Task ForEachWindowAsync(
        OcdbtStore store, Key key, long length, Action<ReadOnlyMemory<byte>> use, CancellationToken cancellationToken)
    {
        for (long offset = 0; offset < length; offset += Window)
        {
            ReadOptions options = new() { Range = ByteRange.FromOffset(offset, Math.Min(Window, length - offset)) };
            use((await store.ReadAsync(key, options, cancellationToken)).Value);
        }
    }
}

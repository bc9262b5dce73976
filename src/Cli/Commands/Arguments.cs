using System.CommandLine;
using OcdbtSharp.Checkpoint;
using OcdbtSharp.Cli.Output;

namespace OcdbtSharp.Cli.Commands;

/// <summary>Arguments and options that several commands share.</summary>
internal static class Arguments
{
    private const long MinMemory = 1 << 20;

    public static Argument<string> CheckpointPath() => new("PATH")
    {
        Description = "The root of a manager, a step, an item, an OCDBT or zarr folder, or a msgpack file.",
    };

    public static Argument<string> Database() => new("DIR") { Description = "The folder with manifest.ocdbt." };

    public static Option<bool> Json() => new("--json") { Description = "Print JSON, for programs." };

    public static Option<bool> Sha256() => new("--sha256") { Description = "Print the SHA-256 digest of the bytes." };

    public static Option<string?> Version() => new("--version")
    {
        Description = "The version to read: a generation (v10) or a time (2026-11-24T02:00:00.123456789Z), which stands for the last version at or before it.",
    };

    public static Option<string?> Prefix() => new("--prefix") { Description = "Only the keys that begin so." };

    public static Option<long?> Step() => new("--step") { Description = "The step of a manager's root; the latest unless told." };

    public static Option<string?> Item() => new("--item") { Description = "The item of a step." };

    public static Option<string[]> Include() => new("--include")
    {
        Description = "Only the leaves whose names fit this pattern, where * stands for any characters and ? for one; may be given several times.",
    };

    public static Option<string[]> Exclude() => new("--exclude")
    {
        Description = "Leave out the leaves whose names fit this pattern; may be given several times.",
    };

    /// <summary>An option that takes a number of bytes.</summary>
    public static Option<long?> Size(string name, string description) => new(name)
    {
        Description = description + " A number of bytes, such as 1000, 512MiB or 1GB.",
        CustomParser = static result =>
        {
            try
            {
                return ByteText.Parse(result.Tokens[0].Value);
            }
            catch (UsageException error)
            {
                result.AddError(error.Message);
                return null;
            }
        },
    };

    /// <summary>How much memory a command takes.</summary>
    public static Option<long?> Memory() =>
        Size("--memory", "The most memory for what is moved; 1GiB unless told, or half of what the process may have where that is less.");

    /// <summary>The bytes that were asked for; the default where none were.</summary>
    /// <exception cref="UsageException">They are too few to do anything with.</exception>
    public static long MaxMemory(long? memory) => memory is null ? new RestoreOptions().MaxMemory
        : memory >= MinMemory ? memory.Value
        : throw new UsageException($"--memory is at least {ByteText.Of(MinMemory)}.");

    /// <summary>The leaves that patterns select, and the memory for them.</summary>
    public static RestoreOptions Selection(string[]? include, string[]? exclude, long? memory) =>
        new() { Include = include is [] ? null : include, Exclude = exclude is [] ? null : exclude, MaxMemory = MaxMemory(memory) };
}

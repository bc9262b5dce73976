using System.CommandLine;

namespace OcdbtSharp.Cli.Commands;

/// <summary>Arguments and options that several commands share.</summary>
internal static class Arguments
{
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
}

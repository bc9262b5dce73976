using System.Text;
using OcdbtSharp.KvStore;
using OcdbtSharp.KvStore.Files;

namespace OcdbtSharp.Checkpoint.Format;

/// <summary>Where the keys of an array lie below those of its item.</summary>
internal static class ArrayFolder
{
    private const int MaxFileNameBytes = 255;

    private static readonly string[] FilesOfItem =
        [CheckpointLayout.TreeMetadataFile, CheckpointLayout.ShardingFile, CheckpointLayout.StringsFile, CheckpointLayout.CommitSuccessFile];

    /// <summary>The prefix of the keys of an array: its name and a slash, unless it ends in one, as TensorStore has it. A tree that is one array has no name.</summary>
    public static string Of(string name) => name is "" or "/" ? "" : name.EndsWith('/') ? name : name + "/";

    /// <summary>Why an array of this name cannot lie in a folder of its own; null where it can.</summary>
    public static string? WhyNotAFolder(string name)
    {
        if (name.StartsWith('/'))
        {
            return "it begins with a slash, which leads out of the checkpoint";
        }

        if (name.Contains('\\', StringComparison.Ordinal))
        {
            return "it holds a backslash, which TensorStore takes for a slash";
        }

        string[] parts = Of(name).Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (parts.FirstOrDefault(part => Encoding.UTF8.GetByteCount(part) > MaxFileNameBytes) is { } part)
        {
            return $"'{part[..8]}…' has more than {MaxFileNameBytes} bytes";
        }

        return parts.Length == 0 ? null
            : FilesOfItem.Contains(parts[0]) ? $"'{parts[0]}' is a file of the checkpoint"
            : FilePath.WhyNotAPath(new Key(Of(name)[..^1]).Span);
    }
}

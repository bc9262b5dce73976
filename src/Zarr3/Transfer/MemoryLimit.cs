using System.Globalization;

namespace OcdbtSharp.Zarr3.Transfer;

/// <summary>How many bytes of memory an operation takes where nobody says it.</summary>
internal static class MemoryLimit
{
    private const long Usual = 1L << 30;

    // A share of what the process may have: the rest is for the arrays of the caller, and the runtime.
    private const int ShareOfGroup = 2;

    /// <summary>1 GiB, or half of what the control group of the process may use where that is less.</summary>
    public static long Default { get; } = Math.Max(1 << 20, Math.Min(Usual, GroupLimit() / ShareOfGroup));

    private static long GroupLimit()
    {
        // Version 2 of control groups, then version 1; a group without a limit says "max", or a number beyond any memory.
        foreach (string path in new[] { "/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes" })
        {
            try
            {
                if (File.Exists(path) && long.TryParse(File.ReadAllText(path), NumberStyles.Integer, CultureInfo.InvariantCulture, out long limit))
                {
                    return limit;
                }
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // What cannot be read sets no limit.
            }
        }

        return long.MaxValue;
    }
}

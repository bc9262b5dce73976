using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace OcdbtSharp.KvStore.Files;

/// <summary>The rules by which keys become paths below the root of a store. They are TensorStore's.</summary>
internal static class FilePath
{
    /// <summary>What the names of lock files end in; no key may.</summary>
    public const string LockSuffix = ".__lock";

    private static readonly SearchValues<byte> ReservedByWindows = SearchValues.Create("\\:*?\"<>|"u8);

    /// <summary>The path of a key.</summary>
    /// <param name="root">The folder of the store; ends in a separator.</param>
    /// <param name="key">The key.</param>
    /// <exception cref="ArgumentException">The key would leave the root, or cannot be a path.</exception>
    public static string Of(string root, Key key)
    {
        ReadOnlySpan<byte> bytes = key.Span;
        if (WhyNotAPath(bytes) is { } reason)
        {
            throw new ArgumentException($"A file store cannot hold the key '{key}': {reason}.", nameof(key));
        }

        return string.Concat(root, Encoding.UTF8.GetString(bytes));
    }

    /// <summary>Whether a file store can hold the key.</summary>
    public static bool IsValid(Key key) => WhyNotAPath(key.Span) is null;

    /// <summary>Why a file store cannot hold a key; null where it can.</summary>
    public static string? WhyNotAPath(ReadOnlySpan<byte> key)
    {
        if (key.IsEmpty)
        {
            return "it is empty";
        }

        if (key.Contains((byte)0))
        {
            return "it holds a NUL";
        }

        if (!Utf8.IsValid(key))
        {
            return "it is not UTF-8";
        }

        if (OperatingSystem.IsWindows() && key.ContainsAny(ReservedByWindows))
        {
            return "it holds a character that Windows keeps for itself";
        }

        // A backslash parts names on Windows, so `..` between two of them is refused everywhere.
        foreach (Range range in key.SplitAny("/\\"u8))
        {
            ReadOnlySpan<byte> name = key[range];
            if (name.IsEmpty)
            {
                return "it begins or ends in a slash, or has two in a row";
            }

            if (name.SequenceEqual("."u8) || name.SequenceEqual(".."u8))
            {
                return "'.' and '..' are not names";
            }

            if (name.EndsWith(".__lock"u8))
            {
                return "names that end in '.__lock' are lock files";
            }
        }

        return null;
    }
}

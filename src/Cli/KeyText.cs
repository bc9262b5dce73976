using OcdbtSharp.KvStore;

namespace OcdbtSharp.Cli;

/// <summary>Keys on the command line: text, or <c>hex:</c> and the bytes of keys that are no text, as the tool prints them.</summary>
internal static class KeyText
{
    private const string HexPrefix = "hex:";

    public static Key Parse(string text)
    {
        if (!text.StartsWith(HexPrefix, StringComparison.Ordinal))
        {
            return new Key(text);
        }

        try
        {
            return new Key(Convert.FromHexString(text.AsSpan(HexPrefix.Length)));
        }
        catch (FormatException)
        {
            throw new UsageException($"'{text}' is not a key: what follows 'hex:' must be pairs of hexadecimal digits.");
        }
    }
}

using System.Text.Json;
using System.Text.Unicode;
using OcdbtSharp.KvStore;

namespace OcdbtSharp.Checkpoint.Format;

/// <summary>
/// JSON as Python writes it: also <c>NaN</c>, <c>Infinity</c> and <c>-Infinity</c>, which are not JSON. They become strings of the same letters.
/// </summary>
internal static class PythonJson
{
    /// <summary>How deep values may be nested.</summary>
    public const int MaxDepth = 1000;

    private static readonly JsonDocumentOptions _options = new() { MaxDepth = MaxDepth };

    /// <summary>Options for reading token by token.</summary>
    public static JsonReaderOptions ReaderOptions => new() { MaxDepth = MaxDepth };

    /// <summary>Parses a whole file.</summary>
    /// <param name="utf8">The text.</param>
    /// <param name="location">The file, for errors.</param>
    /// <exception cref="CorruptDataException">It is not JSON, or not UTF-8.</exception>
    public static JsonElement Parse(ReadOnlyMemory<byte> utf8, string location)
    {
        // The parser looks into strings only when they are asked for.
        if (!Utf8.IsValid(utf8.Span))
        {
            throw new CorruptDataException("This is not the JSON that was expected: it is not UTF-8.", location);
        }

        try
        {
            return ParseStrict(utf8);
        }
        catch (JsonException first)
        {
            byte[]? quoted = QuoteNonFinite(utf8.Span);
            if (quoted is null)
            {
                throw NotJson(first, location);
            }

            try
            {
                return ParseStrict(quoted);
            }
            catch (JsonException second)
            {
                throw NotJson(second, location);
            }
        }
    }

    /// <summary>Parses a file that must hold an object.</summary>
    /// <exception cref="CorruptDataException">It is not JSON, or not an object.</exception>
    public static JsonElement ParseObject(ReadOnlyMemory<byte> utf8, string location)
    {
        JsonElement element = Parse(utf8, location);
        return element.ValueKind == JsonValueKind.Object
            ? element
            : throw new CorruptDataException($"A JSON object was expected, not {Name(element.ValueKind)}.", location);
    }

    /// <summary>The text with every bare <c>NaN</c> and <c>Infinity</c> in quotes; null where there is none.</summary>
    public static byte[]? QuoteNonFinite(ReadOnlySpan<byte> utf8)
    {
        List<byte>? result = null;
        int copied = 0;
        bool inString = false;
        for (int i = 0; i < utf8.Length; i++)
        {
            byte c = utf8[i];
            if (inString)
            {
                i += c == '\\' ? 1 : 0;
                inString = c != '"';
                continue;
            }

            inString = c == '"';
            ReadOnlySpan<byte> rest = utf8[i..];
            int length = rest.StartsWith("NaN"u8) ? 3 : rest.StartsWith("Infinity"u8) ? 8 : rest.StartsWith("-Infinity"u8) ? 9 : 0;
            if (length > 0)
            {
                result ??= [];
                result.AddRange(utf8[copied..i]);
                result.Add((byte)'"');
                result.AddRange(rest[..length]);
                result.Add((byte)'"');
                i += length - 1;
                copied = i + 1;
            }
        }

        result?.AddRange(utf8[copied..]);
        return result?.ToArray();
    }

    /// <summary>Whether reading JSON fails this way where the text is malformed: wrong syntax, wrong type, unpaired surrogate, number out of range.</summary>
    public static bool IsMalformed(Exception error) => error is JsonException or InvalidOperationException or FormatException or KeyNotFoundException;

    /// <summary>The error for such a failure.</summary>
    public static CorruptDataException NotJson(Exception error, string location) =>
        new($"This is not the JSON that was expected: {error.Message}", location, innerException: error);

    /// <summary>What a kind of value is called in JSON.</summary>
    public static string Name(JsonValueKind kind) => kind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "an array",
        JsonValueKind.String => "a string",
        JsonValueKind.Number => "a number",
        JsonValueKind.True or JsonValueKind.False => "a boolean",
        _ => "null",
    };

    private static JsonElement ParseStrict(ReadOnlyMemory<byte> utf8)
    {
        using JsonDocument document = JsonDocument.Parse(utf8, _options);
        return document.RootElement.Clone();
    }
}

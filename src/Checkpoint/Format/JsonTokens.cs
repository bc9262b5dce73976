using System.Globalization;
using System.Text.Json;
using OcdbtSharp.KvStore;

namespace OcdbtSharp.Checkpoint.Format;

/// <summary>Reads JSON token by token, with errors that say what was expected.</summary>
internal static class JsonTokens
{
    public static void Expect(ref Utf8JsonReader reader, JsonTokenType type, string what)
    {
        if (reader.TokenType != type)
        {
            throw new CorruptDataException($"{what}: {type} was expected, not {reader.TokenType}.", offset: reader.TokenStartIndex);
        }
    }

    /// <summary>Moves to the name of the next member of an object; false at its end.</summary>
    public static bool NextMember(ref Utf8JsonReader reader)
    {
        reader.Read();
        return reader.TokenType == JsonTokenType.PropertyName;
    }

    /// <summary>Reads the next token as a boolean; null for <c>null</c>.</summary>
    public static bool? ReadBoolean(ref Utf8JsonReader reader)
    {
        reader.Read();
        return reader.TokenType == JsonTokenType.Null ? null : reader.GetBoolean();
    }

    /// <summary>Whether a text is the decimal index of a sequence.</summary>
    public static bool IsIndex(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out _);
}

using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Unicode;
using OcdbtSharp.KvStore;

namespace OcdbtSharp.Zarr3;

/// <summary>Reads members of a metadata file, each with a check that says what was expected, and writes them.</summary>
internal static class MetadataJson
{
    private static readonly JsonDocumentOptions Options = new() { MaxDepth = 64, AllowDuplicateProperties = false };

    /// <summary>Reads a file that is one JSON object.</summary>
    public static JsonElement Parse(ReadOnlyMemory<byte> utf8)
    {
        if (utf8.Length > FormatLimits.MaxMetadataBytes)
        {
            throw new CorruptDataException($"metadata of {utf8.Length} bytes, more than the limit of {FormatLimits.MaxMetadataBytes}");
        }

        CheckTexts(utf8.Span);
        try
        {
            JsonElement root = ParseLastMember(utf8);
            return root.ValueKind == JsonValueKind.Object ? root : throw new CorruptDataException("the metadata is not a JSON object");
        }
        catch (JsonException exception)
        {
            string hint = utf8.Span.IndexOf("NaN"u8) >= 0 || utf8.Span.IndexOf("Infinity"u8) >= 0
                ? "; NaN and Infinity must stand in quotes"
                : "";
            throw new CorruptDataException($"the metadata is not valid JSON: {exception.Message}{hint}", innerException: exception);
        }
    }

    /// <summary>Checks what the parser leaves to whoever asks for a text: that its bytes and its escapes are Unicode.</summary>
    private static void CheckTexts(ReadOnlySpan<byte> utf8)
    {
        if (!Utf8.IsValid(utf8))
        {
            throw new CorruptDataException("the metadata is not valid UTF-8");
        }

        try
        {
            Utf8JsonReader reader = new(utf8, new JsonReaderOptions { MaxDepth = Options.MaxDepth });
            while (reader.Read())
            {
                if (reader is { TokenType: JsonTokenType.String or JsonTokenType.PropertyName, ValueIsEscaped: true })
                {
                    reader.GetString();
                }
            }
        }
        catch (InvalidOperationException exception)
        {
            throw new CorruptDataException("the metadata has half a surrogate pair in a text", innerException: exception);
        }
        catch (JsonException)
        {
            // The parser says it better.
        }
    }

    public static JsonElement Required(this JsonElement json, string name) =>
        json.TryGetProperty(name, out JsonElement value) ? value : throw new CorruptDataException($"\"{name}\" is missing");

    public static CorruptDataException Bad(string name, JsonElement value, string expected)
    {
        string text = value.GetRawText();
        return new CorruptDataException($"\"{name}\" is {(text.Length <= 200 ? text : text[..200] + "…")}, expected {expected}");
    }

    public static void CheckFormat(JsonElement json, int expected)
    {
        JsonElement format = json.Required("zarr_format");
        if (format.ValueKind != JsonValueKind.Number || !format.TryGetInt32(out int version) || version != expected)
        {
            throw Bad("zarr_format", format, $"{expected}");
        }
    }

    /// <summary>A list of extents.</summary>
    /// <param name="json">The object.</param>
    /// <param name="name">The member.</param>
    /// <param name="min">The smallest extent that is allowed.</param>
    /// <param name="rank">How many there must be; null where that is free.</param>
    public static long[] Extents(JsonElement json, string name, long min, int? rank)
    {
        JsonElement list = json.Required(name);
        if (list.ValueKind != JsonValueKind.Array || list.GetArrayLength() > FormatLimits.MaxRank || (rank is { } count && list.GetArrayLength() != count))
        {
            throw Bad(name, list, rank is null ? $"a list of at most {FormatLimits.MaxRank} extents" : $"a list of {rank} extents, as many as the array has axes");
        }

        long[] extents = new long[list.GetArrayLength()];
        for (int axis = 0; axis < extents.Length; axis++)
        {
            JsonElement item = list[axis];
            if (item.ValueKind != JsonValueKind.Number || !item.TryGetInt64(out extents[axis]) || extents[axis] < min)
            {
                throw Bad(name, list, $"whole numbers from {min} on");
            }
        }

        return extents;
    }

    /// <summary>A list of extents, as it is written.</summary>
    public static JsonArray Write(ReadOnlySpan<long> extents)
    {
        JsonArray list = [];
        foreach (long extent in extents)
        {
            list.Add((JsonNode)extent);
        }

        return list;
    }

    public static JsonElement Attributes(JsonElement json) =>
        !json.TryGetProperty("attributes", out JsonElement attributes) ? default
        : attributes.ValueKind == JsonValueKind.Object ? attributes
        : throw Bad("attributes", attributes, "an object");

    /// <summary>The bytes of a fill value, or null where all are zero.</summary>
    public static byte[]? Simplify(byte[]? fillValue) => fillValue is null || fillValue.AsSpan().IndexOfAnyExcept((byte)0) < 0 ? null : fillValue;

    /// <summary>Parses; of a member that is given several times, only the last stays, as in Python and TensorStore.</summary>
    private static JsonElement ParseLastMember(ReadOnlyMemory<byte> utf8)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(utf8, Options);
            return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            // Where repeated members are not what is wrong, this throws again.
            using JsonDocument repeated = JsonDocument.Parse(utf8, Options with { AllowDuplicateProperties = true });
            using JsonDocument document = JsonDocument.Parse(JsonSpelling.WriteUnsorted(repeated.RootElement), Options);
            return document.RootElement.Clone();
        }
    }
}

using System.Text.Json;
using System.Text.Json.Nodes;
using OcdbtSharp.KvStore;

namespace OcdbtSharp.Zarr3.Codecs;

/// <summary>The options of a codec as metadata gives them. Each is read with a check; what nobody has read is an error.</summary>
/// <param name="codec">The name of the codec, for messages.</param>
/// <param name="options">The JSON object; undefined where there is none.</param>
internal sealed class CodecOptions(string codec, JsonElement options)
{
    private readonly HashSet<string> _read = new(StringComparer.Ordinal);

    public string Codec => codec;

    /// <summary>A member that may be missing.</summary>
    public JsonElement? TryGet(string name)
    {
        _read.Add(name);
        return options.ValueKind == JsonValueKind.Object && options.TryGetProperty(name, out JsonElement value) ? value : null;
    }

    /// <summary>A whole number.</summary>
    public int GetInt32(string name, int? whenMissing, int min, int max)
    {
        int? value = TryGet(name) switch
        {
            null => whenMissing,
            { ValueKind: JsonValueKind.Number } element when element.TryGetInt32(out int number) => number,
            { } element => throw Bad(name, element, $"a whole number from {min} to {max}"),
        };
        return value is { } found && found >= min && found <= max ? found : throw Bad(name, TryGet(name), $"a whole number from {min} to {max}");
    }

    public bool GetBoolean(string name, bool whenMissing) => TryGet(name) switch
    {
        null => whenMissing,
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        { } element => throw Bad(name, element, "true or false"),
    };

    /// <summary>A number, and also as an integer where it is written as one.</summary>
    public (double Value, long? Whole) GetNumber(string name)
    {
        JsonElement? element = TryGet(name);
        return element is { ValueKind: JsonValueKind.Number } number && number.TryGetDouble(out double value) && double.IsFinite(value)
            ? (value, number.TryGetInt64(out long whole) && number.GetRawText().AsSpan().IndexOfAny('.', 'e', 'E') < 0 ? whole : null)
            : throw Bad(name, element, "a number");
    }

    /// <summary>The options as they are given, without the member that names the codec in version 2; null where there are none.</summary>
    public JsonObject? ToJson() => options.ValueKind == JsonValueKind.Object
        ? new JsonObject(options.EnumerateObject().Where(member => member.Name != "id").OrderBy(member => member.Name, StringComparer.Ordinal)
            .Select(member => KeyValuePair.Create(member.Name, ToNode(member.Value))))
        : null;

    private static JsonNode? ToNode(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => JsonObject.Create(value),
        JsonValueKind.Array => JsonArray.Create(value),
        _ => JsonValue.Create(value),
    };

    /// <summary>A text, of which the codec checks what it says.</summary>
    public string GetString(string name, string? whenMissing) => TryGet(name) switch
    {
        null when whenMissing is not null => whenMissing,
        { ValueKind: JsonValueKind.String } element => element.GetString()!,
        var element => throw Bad(name, element, "a text"),
    };

    /// <summary>Checks that there is no member that the codec has not read.</summary>
    public void EnsureAllRead()
    {
        if (options.ValueKind is not (JsonValueKind.Object or JsonValueKind.Undefined))
        {
            throw new CorruptDataException($"codec {codec}: its configuration is {options.GetRawText()}, not an object");
        }

        if (options.ValueKind == JsonValueKind.Object)
        {
            foreach (JsonProperty member in options.EnumerateObject())
            {
                if (!_read.Contains(member.Name))
                {
                    throw new UnsupportedFormatException($"codec {codec}: the option \"{member.Name}\" is not known");
                }
            }
        }
    }

    /// <summary>The error that a member is not what it must be.</summary>
    public CorruptDataException Bad(string name, JsonElement? value, string expected) =>
        new($"codec {codec}: \"{name}\" is {(value is { } element ? element.GetRawText() : "missing")}, expected {expected}");
}

using System.Text.Json;
using OcdbtSharp.KvStore;

namespace OcdbtSharp.Checkpoint.Format;

/// <summary>The file <c>_strings.json</c>: the string leaves of an item, each at the JSON pointer <c>/NAME</c>.</summary>
internal sealed class StringsFile
{
    private readonly JsonElement _root;
    private readonly string _location;

    private StringsFile(JsonElement root, string location)
    {
        _root = root;
        _location = location;
    }

    /// <summary>Parses the file.</summary>
    /// <exception cref="CorruptDataException">It is not a JSON object.</exception>
    public static StringsFile Decode(ReadOnlyMemory<byte> utf8, string location) => new(PythonJson.ParseObject(utf8, location), location);

    /// <summary>The string of a leaf.</summary>
    /// <exception cref="CorruptDataException">The file does not hold it.</exception>
    public string Get(string name)
    {
        JsonElement element = _root;
        foreach (string part in name.Split('/'))
        {
            // A name is used as a JSON pointer unescaped, so that its slashes nest and its tildes escape.
            string key = part.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
            if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty(key, out element))
            {
                throw new CorruptDataException($"The string of the leaf '{name}' is missing.", _location);
            }
        }

        try
        {
            return element.ValueKind switch
            {
                JsonValueKind.String => element.GetString()!,
                JsonValueKind.Object or JsonValueKind.Array =>
                    throw new CorruptDataException($"The leaf '{name}' should be a string, not {PythonJson.Name(element.ValueKind)}.", _location),
                _ => element.GetRawText(),
            };
        }
        catch (InvalidOperationException error)
        {
            throw PythonJson.NotJson(error, _location);
        }
    }
}

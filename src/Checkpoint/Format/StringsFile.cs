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

    /// <summary>The file's text: TensorStore puts each string at the JSON pointer <c>/NAME</c>, and members in the order of their bytes.</summary>
    /// <exception cref="ArgumentException">Two names cannot be in the same file: one is the beginning of the other.</exception>
    public static byte[] Encode(IEnumerable<(string Name, string Text)> strings)
    {
        Members root = new(OrderByBytes);
        foreach ((string name, string text) in strings)
        {
            if (name.Replace("~0", "", StringComparison.Ordinal).Replace("~1", "", StringComparison.Ordinal).Contains('~', StringComparison.Ordinal))
            {
                throw new ArgumentException($"The string '{name}' cannot be saved: its name is used as a JSON pointer, in which '~' is followed by 0 or 1.");
            }

            string[] parts = [.. name.Split('/').Select(Unescape)];
            Members members = root;
            foreach (string part in parts[..^1])
            {
                if (!members.TryGetValue(part, out object? below))
                {
                    members.Add(part, below = new Members(OrderByBytes));
                }

                members = below as Members ?? throw Clash(name);
            }

            if (!members.TryAdd(parts[^1], text))
            {
                throw Clash(name);
            }
        }

        using PythonJsonWriter json = new(compact: true);
        Encode(json, root);
        return json.ToArray();
    }

    /// <summary>The string of a leaf.</summary>
    /// <exception cref="CorruptDataException">The file does not hold it.</exception>
    public string Get(string name)
    {
        JsonElement element = _root;
        foreach (string part in name.Split('/'))
        {
            if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty(Unescape(part), out element))
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

    // A name is used as a JSON pointer unescaped, so that its slashes nest and its tildes escape.
    private static string Unescape(string part) =>
        part.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);

    private static void Encode(PythonJsonWriter json, Members members)
    {
        json.StartObject();
        foreach ((string name, object value) in members)
        {
            json.Name(name);
            if (value is Members below)
            {
                Encode(json, below);
            }
            else
            {
                json.String((string)value);
            }
        }

        json.EndObject();
    }

    private static int OrderByBytes(string left, string right) => new Key(left).CompareTo(new Key(right));

    private static ArgumentException Clash(string name) =>
        new($"The string '{name}' cannot be saved beside another one: slashes in names of strings nest, and these would lie in each other.");

    /// <summary>Strings, and members with further ones.</summary>
    private sealed class Members(Comparison<string> order) : SortedDictionary<string, object>(Comparer<string>.Create(order));
}

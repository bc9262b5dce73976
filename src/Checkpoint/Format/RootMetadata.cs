using System.Text.Json;
using OcdbtSharp.KvStore;

namespace OcdbtSharp.Checkpoint.Format;

/// <summary>The file <c>metadata/_ROOT_METADATA</c> of a manager's root; <c>metadata/metadata</c> in older releases.</summary>
internal static class RootMetadata
{
    private static readonly string[] _known = ["internal_metadata", "custom_metadata"];

    /// <summary>What the user gave when the root was made.</summary>
    /// <exception cref="CorruptDataException">It is not what Orbax writes.</exception>
    public static JsonElement Decode(ReadOnlyMemory<byte> utf8, string location)
    {
        JsonElement root = PythonJson.ParseObject(utf8, location);
        try
        {
            return StepMetadata.Custom(root, _known);
        }
        catch (Exception error) when (PythonJson.IsMalformed(error))
        {
            throw PythonJson.NotJson(error, location);
        }
    }

    /// <summary>The file's text.</summary>
    /// <param name="custom">What the user gave, a JSON object.</param>
    public static byte[] Encode(JsonElement custom)
    {
        using PythonJsonWriter json = new();
        json.StartObject();
        json.Name("internal_metadata");
        json.StartObject();
        json.EndObject();
        json.Name("custom_metadata");
        json.Element(custom);
        json.EndObject();
        return json.ToArray();
    }

    /// <summary>The same from the file of older releases, which holds nothing else.</summary>
    public static JsonElement DecodeLegacy(ReadOnlyMemory<byte> utf8, string location) => PythonJson.ParseObject(utf8, location);
}

using System.Text.Json;

namespace OcdbtSharp.Checkpoint.Format;

/// <summary>The file of a JSON item, and that of the metrics: what Python's <c>json.dumps</c> writes.</summary>
internal static class JsonFile
{
    /// <summary>The file's text.</summary>
    public static byte[] Encode(JsonElement value)
    {
        using PythonJsonWriter json = new();
        json.Element(value);
        return json.ToArray();
    }
}

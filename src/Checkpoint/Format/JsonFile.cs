using System.Text.Json;

namespace OcdbtSharp.Checkpoint.Format;

/// <summary>The file of a JSON item, and that of the metrics: what Python's <c>json.dumps</c> writes.</summary>
internal static class JsonFile
{
    /// <summary>The file's text.</summary>
    /// <param name="value">The value.</param>
    /// <param name="isMetrics">Whether strings that name a number which JSON does not have (<c>NaN</c>, <c>Infinity</c>) are written as Python writes such a number.</param>
    public static byte[] Encode(JsonElement value, bool isMetrics = false)
    {
        using PythonJsonWriter json = new();
        json.Element(value, bareNonFinite: isMetrics);
        return json.ToArray();
    }
}

using System.Text.Json;
using OcdbtSharp.KvStore;

namespace OcdbtSharp.Zarr3.V3;

/// <summary>The form in which version 3 names a codec, a grid or a key encoding: a text, or an object with <c>name</c> and <c>configuration</c>.</summary>
internal static class NamedConfiguration
{
    public static (string Name, JsonElement Configuration) Read(JsonElement element, string what)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.String:
                return (element.GetString()!, default);
            case JsonValueKind.Object when element.TryGetProperty("name", out JsonElement name) && name.ValueKind == JsonValueKind.String:
                foreach (JsonProperty member in element.EnumerateObject())
                {
                    if (member.Name is not ("name" or "configuration" or "must_understand"))
                    {
                        throw new UnsupportedFormatException($"{what} {name.GetString()}: the member \"{member.Name}\" is not known");
                    }
                }

                return (name.GetString()!, element.TryGetProperty("configuration", out JsonElement configuration) ? configuration : default);
            default:
                throw new CorruptDataException($"a {what} is {element.GetRawText()}, expected a name or an object with a \"name\"");
        }
    }
}

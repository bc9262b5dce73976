using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using OcdbtSharp.KvStore.Buffers;

namespace OcdbtSharp.Zarr3;

/// <summary>
/// Writes JSON as TensorStore does, byte for byte: no blanks, members in the order of the bytes of their names, text in UTF-8 with as few escapes
/// as possible, and floating-point numbers always with a fraction or an exponent.
/// </summary>
internal static class JsonSpelling
{
    // Powers of ten between these are written without an exponent.
    private const int MinPlainExponent = -4;
    private const int MaxPlainExponent = 15;

    public static byte[] Write(JsonElement element) => Write(element, sorted: true);

    /// <summary>Writes members in the order in which they are, for files that somebody else has ordered.</summary>
    public static byte[] WriteUnsorted(JsonElement element) => Write(element, sorted: false);

    public static byte[] Write(JsonNode node) => Write(ToElement(node));

    public static JsonElement ToElement(JsonNode? node)
    {
        using JsonDocument document = JsonDocument.Parse(node?.ToJsonString() ?? "null");
        return document.RootElement.Clone();
    }

    /// <summary>A floating-point number as a value that keeps its spelling.</summary>
    public static JsonNode Number(double value) => JsonNode.Parse(Format(value))!;

    private static byte[] Write(JsonElement element, bool sorted)
    {
        using ByteWriter writer = new();
        Write(writer, element, sorted);
        return writer.ToArray();
    }

    private static void Write(ByteWriter writer, JsonElement element, bool sorted)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                WriteObject(writer, element, sorted);
                break;
            case JsonValueKind.Array:
                WriteArray(writer, element, sorted);
                break;
            case JsonValueKind.String:
                WriteString(writer, element.GetString()!);
                break;
            case JsonValueKind.Number:
                string text = element.GetRawText();
                WriteText(writer, text.AsSpan().IndexOfAny('.', 'e', 'E') < 0 ? text : Format(element.GetDouble()));
                break;
            default:
                WriteText(writer, element.GetRawText());
                break;
        }
    }

    private static void WriteObject(ByteWriter writer, JsonElement element, bool sorted)
    {
        // Where a member is given twice, the last one counts.
        Dictionary<string, JsonElement> members = new(StringComparer.Ordinal);
        foreach (JsonProperty member in element.EnumerateObject())
        {
            members[member.Name] = member.Value;
        }

        string separator = "{";
        foreach ((string name, JsonElement value) in sorted ? members.OrderBy(member => member.Key, Utf8Order.Instance) : members.AsEnumerable())
        {
            WriteText(writer, separator);
            WriteString(writer, name);
            WriteText(writer, ":");
            Write(writer, value, sorted);
            separator = ",";
        }

        WriteText(writer, members.Count == 0 ? "{}" : "}");
    }

    private static void WriteArray(ByteWriter writer, JsonElement element, bool sorted)
    {
        char separator = '[';
        foreach (JsonElement item in element.EnumerateArray())
        {
            writer.WriteByte((byte)separator);
            Write(writer, item, sorted);
            separator = ',';
        }

        WriteText(writer, separator == '[' ? "[]" : "]");
    }

    private static void WriteString(ByteWriter writer, string text)
    {
        StringBuilder builder = new("\"", text.Length + 2);
        foreach (char character in text)
        {
            string? escape = character switch
            {
                '"' => "\\\"",
                '\\' => "\\\\",
                '\b' => "\\b",
                '\f' => "\\f",
                '\n' => "\\n",
                '\r' => "\\r",
                '\t' => "\\t",
                < ' ' => string.Create(CultureInfo.InvariantCulture, $"\\u{(int)character:x4}"),
                _ => null,
            };
            _ = escape is null ? builder.Append(character) : builder.Append(escape);
        }

        WriteText(writer, builder.Append('"').ToString());
    }

    private static void WriteText(ByteWriter writer, string text)
    {
        Span<byte> target = writer.GetSpan(Encoding.UTF8.GetMaxByteCount(text.Length));
        writer.Advance(Encoding.UTF8.GetBytes(text, target));
    }

    private static string Format(double value)
    {
        if (value == 0)
        {
            return double.IsNegative(value) ? "-0.0" : "0.0";
        }

        // The shortest digits that read back as the same number, and where the point lies among them.
        string text = Math.Abs(value).ToString("R", CultureInfo.InvariantCulture);
        int mark = text.IndexOf('E', StringComparison.Ordinal);
        int point = mark < 0 ? 0 : int.Parse(text.AsSpan(mark + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        string mantissa = mark < 0 ? text : text[..mark];
        int dot = mantissa.IndexOf('.', StringComparison.Ordinal);
        point += dot < 0 ? mantissa.Length : dot;
        string digits = mantissa.Replace(".", "", StringComparison.Ordinal);
        point -= digits.Length - digits.TrimStart('0').Length;
        digits = digits.Trim('0');
        string sign = value < 0 ? "-" : "";
        if (digits.Length <= point && point <= MaxPlainExponent)
        {
            return $"{sign}{digits.PadRight(point, '0')}.0";
        }

        if (point > 0 && point <= MaxPlainExponent)
        {
            return $"{sign}{digits[..point]}.{digits[point..]}";
        }

        if (point > MinPlainExponent && point <= 0)
        {
            return $"{sign}0.{new string('0', -point)}{digits}";
        }

        string fraction = digits.Length > 1 ? "." + digits[1..] : "";
        int exponent = point - 1;
        return string.Create(
            CultureInfo.InvariantCulture, $"{sign}{digits[0]}{fraction}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}");
    }

    /// <summary>The order of UTF-8 bytes, which is not that of UTF-16 units.</summary>
    private sealed class Utf8Order : IComparer<string>
    {
        public static Utf8Order Instance { get; } = new();

        public int Compare(string? x, string? y) =>
            Encoding.UTF8.GetBytes(x ?? "").AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(y ?? ""));
    }
}

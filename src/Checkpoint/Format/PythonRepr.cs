using System.Globalization;
using System.Text;

namespace OcdbtSharp.Checkpoint.Format;

/// <summary>Text as Python's <c>repr</c> prints it.</summary>
internal static class PythonRepr
{
    /// <summary>A tuple of the names of a path: <c>('a', '0')</c>, <c>('a',)</c>, <c>()</c>.</summary>
    public static string Tuple(ReadOnlySpan<TreeKey> path)
    {
        StringBuilder text = new("(");
        for (int i = 0; i < path.Length; i++)
        {
            text.Append(i == 0 ? "" : ", ");
            Append(text, path[i].Name);
        }

        return text.Append(path.Length == 1 ? ",)" : ")").ToString();
    }

    private static void Append(StringBuilder text, string value)
    {
        char quote = value.Contains('\'', StringComparison.Ordinal) && !value.Contains('"', StringComparison.Ordinal) ? '"' : '\'';
        text.Append(quote);
        foreach (Rune rune in value.EnumerateRunes())
        {
            if (rune.Value == quote || rune.Value == '\\')
            {
                text.Append('\\').Append((char)rune.Value);
            }
            else if (IsPrintable(rune))
            {
                text.Append(rune.ToString());
            }
            else
            {
                text.Append(Escape(rune.Value));
            }
        }

        text.Append(quote);
    }

    private static string Escape(int value) => value switch
    {
        '\n' => "\\n",
        '\r' => "\\r",
        '\t' => "\\t",
        <= 0xff => string.Create(CultureInfo.InvariantCulture, $"\\x{value:x2}"),
        <= 0xffff => string.Create(CultureInfo.InvariantCulture, $"\\u{value:x4}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"\\U{value:x8}"),
    };

    private static bool IsPrintable(Rune rune) => rune.Value == ' ' || Rune.GetUnicodeCategory(rune) is not (
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse
        or UnicodeCategory.OtherNotAssigned or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.SpaceSeparator);
}

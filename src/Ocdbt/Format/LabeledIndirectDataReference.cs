using System.Globalization;
using System.Text;

namespace OcdbtSharp.Ocdbt.Format;

/// <summary>What lies at a place in a data file.</summary>
internal enum IndirectDataKind
{
    Value,
    BtreeNode,
    VersionNode,
}

/// <summary>
/// A place in a data file with what lies there, as text: <c>kind:base path:relative path:offset:length</c>, the paths percent-encoded. This is
/// how dumps of TensorStore name nodes and values.
/// </summary>
internal readonly record struct LabeledIndirectDataReference(IndirectDataKind Kind, IndirectDataReference Location)
{
    private static readonly string[] Kinds = ["value", "btreenode", "versionnode"];

    /// <exception cref="FormatException">It is no such text.</exception>
    public static LabeledIndirectDataReference Parse(string text)
    {
        string[] parts = text.Split(':');
        int kind = Array.IndexOf(Kinds, parts[0]);
        if (parts.Length == 5 && kind >= 0
            && PercentDecode(parts[1]) is { } basePath && PercentDecode(parts[2]) is { } relativePath
            && basePath.Length + relativePath.Length <= FormatLimits.MaxPathLength
            && long.TryParse(parts[3], NumberStyles.None, CultureInfo.InvariantCulture, out long offset)
            && long.TryParse(parts[4], NumberStyles.None, CultureInfo.InvariantCulture, out long length)
            && length <= long.MaxValue - offset)
        {
            DataFileId file = new([.. basePath, .. relativePath], basePath.Length);
            return new LabeledIndirectDataReference((IndirectDataKind)kind, new IndirectDataReference(file, offset, length));
        }

        throw new FormatException(
            $"'{text}' is no place in a data file: give kind:base path:path:offset:length, such as btreenode::d/0123456789abcdef:0:120, with the "
            + $"kind {string.Join(", ", Kinds)}.");
    }

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Kinds[(int)Kind]}:{PercentEncode(Location.File.BasePath)}:{PercentEncode(Location.File.RelativePath)}:{Location.Offset}:{Location.Length}");

    private static string PercentEncode(ReadOnlySpan<byte> path)
    {
        StringBuilder text = new(path.Length);
        foreach (byte value in path)
        {
            _ = char.IsAsciiLetterOrDigit((char)value) || "-_./"u8.Contains(value)
                ? text.Append((char)value)
                : text.Append('%').Append(value.ToString("X2", CultureInfo.InvariantCulture));
        }

        return text.ToString();
    }

    private static byte[]? PercentDecode(string text)
    {
        List<byte> path = new(text.Length);
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] != '%')
            {
                path.AddRange(Encoding.UTF8.GetBytes(text, i, 1));
            }
            else if (i + 2 < text.Length && byte.TryParse(text.AsSpan(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte value))
            {
                path.Add(value);
                i += 2;
            }
            else
            {
                return null;
            }
        }

        return [.. path];
    }
}

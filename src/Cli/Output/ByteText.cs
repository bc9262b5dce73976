using System.Globalization;

namespace OcdbtSharp.Cli.Output;

/// <summary>Numbers of bytes as people read them.</summary>
internal static class ByteText
{
    private static readonly string[] Units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

    /// <summary>Three digits and a unit: <c>512 B</c>, <c>1.50 GiB</c>.</summary>
    public static string Of(long bytes)
    {
        double value = bytes;
        int unit = 0;
        while (value >= 1024 && unit < Units.Length - 1)
        {
            value /= 1024;
            unit++;
        }

        string format = unit == 0 || value >= 100 ? "0" : value >= 10 ? "0.0" : "0.00";
        return value.ToString(format, CultureInfo.InvariantCulture) + " " + Units[unit];
    }

    /// <summary>A number of bytes as people write it: <c>1000</c>, <c>512MiB</c>, <c>1.5 GiB</c>.</summary>
    /// <exception cref="UsageException">It is none.</exception>
    public static long Parse(string text)
    {
        int unit = Array.FindLastIndex(Units, candidate => text.EndsWith(candidate, StringComparison.OrdinalIgnoreCase));
        string number = unit < 0 ? text : text[..^Units[unit].Length];
        return double.TryParse(number.Trim(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double value)
            && value * Math.Pow(1024, Math.Max(0, unit)) is >= 1 and < long.MaxValue and var bytes
            ? (long)bytes
            : throw new UsageException($"'{text}' is not a number of bytes such as 512MiB.");
    }
}

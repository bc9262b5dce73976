using System.Globalization;

namespace OcdbtSharp.Cli.Output;

/// <summary>Numbers of bytes as people read them.</summary>
internal static class ByteText
{
    private static readonly string[] Units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

    private static readonly string[] DecimalUnits = ["B", "kB", "MB", "GB", "TB", "PB", "EB"];

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

    /// <summary>A number of bytes as people write it: <c>1000</c>, <c>512MiB</c>, <c>1.5 GB</c>; <c>KiB</c> to <c>EiB</c> count in steps of 1024, <c>kB</c> to <c>EB</c> in steps of 1000.</summary>
    /// <exception cref="UsageException">It is none.</exception>
    public static long Parse(string text)
    {
        double factor = 1;
        string number = text;
        for (int unit = 0; unit < Units.Length; unit++)
        {
            if (text.EndsWith(Units[unit], StringComparison.OrdinalIgnoreCase))
            {
                (factor, number) = (Math.Pow(1024, unit), text[..^Units[unit].Length]);
            }
        }

        for (int unit = 1; unit < DecimalUnits.Length; unit++)
        {
            if (text.EndsWith(DecimalUnits[unit], StringComparison.OrdinalIgnoreCase))
            {
                (factor, number) = (Math.Pow(1000, unit), text[..^DecimalUnits[unit].Length]);
            }
        }

        return double.TryParse(number.Trim(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double value)
            && value * factor is >= 0 and < long.MaxValue and var bytes && (bytes >= 1 || value == 0)
            ? (long)bytes
            : throw new UsageException($"'{text}' is not a number of bytes such as 1000, 512MiB or 1GB.");
    }
}

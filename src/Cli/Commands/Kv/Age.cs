using System.CommandLine;
using System.Globalization;

namespace OcdbtSharp.Cli.Commands.Kv;

/// <summary>Ages on the command line: a number and a unit, such as <c>30d</c>, <c>12h</c>, <c>15m</c>, <c>10s</c>; <c>0</c> for none.</summary>
internal static class Age
{
    public static Option<string?> Option(string name, string description) => new(name) { Description = description + " (30d, 12h, 15m, 10s or 0)." };

    /// <exception cref="UsageException">It is no age.</exception>
    public static TimeSpan Parse(string text)
    {
        TimeSpan? unit = text.Length == 0 ? null : text[^1] switch
        {
            'd' => TimeSpan.FromDays(1),
            'h' => TimeSpan.FromHours(1),
            'm' => TimeSpan.FromMinutes(1),
            's' => TimeSpan.FromSeconds(1),
            '0' when text == "0" => TimeSpan.Zero,
            _ => null,
        };
        string number = text == "0" ? text : text[..^Math.Min(1, text.Length)];
        return unit is { } known && int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out int count) && count <= TimeSpan.MaxValue.Days
            ? known * count
            : throw new UsageException($"'{text}' is no age: give a number and a unit, such as 30d, 12h, 15m or 10s.");
    }
}

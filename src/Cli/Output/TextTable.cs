namespace OcdbtSharp.Cli.Output;

/// <summary>A column of a table.</summary>
/// <param name="Title">Its heading.</param>
/// <param name="IsRight">Whether its texts end at the same place, as numbers do.</param>
internal readonly record struct Column(string Title, bool IsRight = false);

/// <summary>A table for people: in a terminal fitted to its width, elsewhere plain columns for <c>grep</c> and <c>awk</c>.</summary>
internal sealed class TextTable(params Column[] columns)
{
    private const string Gap = "  ";

    private readonly List<string[]> _rows = [];

    /// <summary>Adds a row; control characters in it are shown, not obeyed.</summary>
    public void Add(params string[] cells) => _rows.Add([.. cells.Select(Printable)]);

    /// <summary>Prints headings, rows, and, set apart, a last row with totals.</summary>
    public void Write(ToolConsole console, string[]? totals = null)
    {
        if (console.IsTerminal)
        {
            TerminalTable.Write(console, columns, _rows, totals);
            return;
        }

        string[][] lines = [[.. columns.Select(column => column.Title)], .. _rows, .. totals is null ? [] : (string[][])[totals]];
        int[] widths = [.. columns.Select((_, i) => lines.Max(line => line[i].Length))];
        foreach (string[] line in lines)
        {
            IEnumerable<string> cells = line.Select((cell, i) => columns[i].IsRight ? cell.PadLeft(widths[i]) : cell.PadRight(widths[i]));
            console.Text.WriteLine(string.Join(Gap, cells).TrimEnd());
        }
    }

    private static string Printable(string text) =>
        text.Any(char.IsControl)
            ? string.Concat(text.Select(c => char.IsControl(c) ? $"\\x{(int)c:x2}" : c.ToString()))
            : text;
}

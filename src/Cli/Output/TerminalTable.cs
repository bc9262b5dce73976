using Spectre.Console;

namespace OcdbtSharp.Cli.Output;

/// <summary>Tables as a terminal shows them. Apart, so that a piped or JSON output never loads what draws them.</summary>
internal static class TerminalTable
{
    public static void Write(ToolConsole console, IReadOnlyList<Column> columns, IEnumerable<string[]> rows, string[]? totals)
    {
        IAnsiConsole terminal = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(console.Text) });
        terminal.Profile.Width = console.Width;
        Table table = new() { Border = TableBorder.Simple };
        for (int i = 0; i < columns.Count; i++)
        {
            TableColumn column = new(new Text(columns[i].Title, new Style(decoration: Decoration.Bold)))
            {
                NoWrap = true,
                Alignment = columns[i].IsRight ? Justify.Right : Justify.Left,
            };
            if (totals is not null)
            {
                column.Footer = new Text(totals[i], new Style(decoration: Decoration.Dim));
            }

            table.AddColumn(column);
        }

        foreach (string[] row in rows)
        {
            table.AddRow(row.Select(cell => new Text(cell) { Overflow = Overflow.Ellipsis }));
        }

        terminal.Write(table);
    }
}

using OcdbtSharp.Checkpoint;

namespace OcdbtSharp.Cli.Output;

/// <summary>The values of an array as a table, cut to the width of the terminal and to one screen. Only what is shown is read.</summary>
internal sealed class ArrayTable
{
    private const int MostLines = 24;
    private const int PipedWidth = 120;
    private const string Gap = "  ";
    private const string Cut = "…";

    private readonly ToolConsole _console;
    private readonly CheckpointLeaf _leaf;
    private readonly Region _region;
    private readonly ElementFormat _format;
    private readonly int _width;
    private int _linesLeft = MostLines;
    private long _shown;

    private ArrayTable(ToolConsole console, CheckpointLeaf leaf, Region region)
    {
        _console = console;
        _leaf = leaf;
        _region = region;
        _format = ElementFormat.For(leaf.DataType!);
        _width = console.IsTerminal ? console.Width : PipedWidth;
    }

    /// <summary>Prints a region of an array.</summary>
    public static async Task WriteAsync(ToolConsole console, CheckpointLeaf leaf, Region region, CancellationToken cancellationToken)
    {
        ArrayTable table = new(console, leaf, region);
        console.Text.WriteLine($"{leaf.DataType!.Name} [{string.Join(", ", region.Kept)}]");
        if (region.Dimensions.Length < 2)
        {
            await table.WriteVectorAsync(cancellationToken);
        }
        else
        {
            await table.WritePlanesAsync(cancellationToken);
        }

        long count = region.Kept.Aggregate(1L, (product, extent) => product * extent);
        if (table._shown < count)
        {
            console.Text.WriteLine($"{table._shown} of {count} values; --slice, --json and --raw show the others");
        }
    }

    // The longest line of the narrowest cells.
    private int MostCells => (_width / (Gap.Length + 1)) + 1;

    private async Task WriteVectorAsync(CancellationToken cancellationToken)
    {
        long[] shape = [.. _region.Shape];
        if (_region.Dimensions is [var only])
        {
            shape[only] = Math.Min(shape[only], (long)MostCells * MostLines);
        }

        string[] cells = await ReadAsync(_region.Origin, shape, cancellationToken);
        int cellWidth = cells.Length == 0 ? 0 : cells.Max(cell => cell.Length);
        int perLine = Math.Max(1, (_width + Gap.Length) / (cellWidth + Gap.Length));
        foreach (string[] line in cells.Chunk(perLine).Take(MostLines))
        {
            _console.Text.WriteLine(string.Join(Gap, line.Select(cell => cell.PadLeft(cellWidth))));
            _shown += line.Length;
        }
    }

    // The last two dimensions make tables, one for each index of those before them.
    private async Task WritePlanesAsync(CancellationToken cancellationToken)
    {
        int[] outer = _region.Dimensions[..^2];
        int rows = _region.Dimensions[^2];
        int columns = _region.Dimensions[^1];
        long[] index = new long[outer.Length];
        if (_region.Shape.Contains(0))
        {
            return;
        }

        do
        {
            long[] origin = [.. _region.Origin];
            long[] shape = [.. _region.Shape];
            for (int i = 0; i < outer.Length; i++)
            {
                origin[outer[i]] += index[i];
                shape[outer[i]] = 1;
            }

            if (outer.Length > 0)
            {
                _console.Text.WriteLine($"[{string.Join(", ", index)}, :, :]");
                _linesLeft--;
            }

            shape[rows] = Math.Min(shape[rows], Math.Max(1, _linesLeft));
            shape[columns] = Math.Min(shape[columns], MostCells);
            string[] cells = await ReadAsync(origin, shape, cancellationToken);
            WriteLines([.. cells.Chunk((int)shape[columns])], _region.Shape[columns]);
            _linesLeft -= (int)shape[rows];
        }
        while (_linesLeft > 0 && Next(index, outer));
    }

    private void WriteLines(string[][] lines, long columns)
    {
        int[] widths = [.. Enumerable.Range(0, lines[0].Length).Select(column => lines.Max(line => line[column].Length))];
        int shown = 0;
        for (int used = 0; shown < widths.Length; shown++)
        {
            used += widths[shown] + Gap.Length;
            int mark = shown + 1 < columns ? Cut.Length : -Gap.Length;
            if (shown > 0 && used + mark > _width)
            {
                break;
            }
        }

        foreach (string[] line in lines)
        {
            IEnumerable<string> cells = line.Take(shown).Select((cell, column) => cell.PadLeft(widths[column]));
            _console.Text.WriteLine(string.Join(Gap, shown < columns ? cells.Append(Cut) : cells));
            _shown += shown;
        }
    }

    private bool Next(long[] index, int[] outer)
    {
        for (int i = outer.Length - 1; i >= 0; i--)
        {
            if (++index[i] < _region.Shape[outer[i]])
            {
                return true;
            }

            index[i] = 0;
        }

        return false;
    }

    private async Task<string[]> ReadAsync(long[] origin, long[] shape, CancellationToken cancellationToken)
    {
        using RestoredLeaf value = await _leaf.RestoreAsync(origin, shape, cancellationToken);
        string[] cells = new string[value.ByteLength / _format.Size];
        for (int i = 0; i < cells.Length; i++)
        {
            cells[i] = _format.ToText(value.AsMemory((long)i * _format.Size, _format.Size).Span);
        }

        return cells;
    }
}

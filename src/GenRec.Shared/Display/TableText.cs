using System.Text;

namespace GenRec.Shared.Display;

/// <summary>Writes a table as aligned plain text.</summary>
internal static class TableText
{
    private const int WidestCell = 60;

    public static string Render(Table table, TableCells cells)
    {
        var rows = cells
            .Shown.Select((row, at) => row.Select((cell, column) => OneLine(Mark(table, cell, at, column))).ToArray())
            .ToArray();
        var heads = table.Columns.Select(column => OneLine(column.Header)).ToArray();
        var widths = heads.Select((head, at) => rows.Select(row => row[at].Length).Append(head.Length).Max()).ToArray();
        var lines = new List<string>();
        if (table.Title is { } title)
            lines.Add(title);
        lines.Add(Line(heads, widths, cells.Right));
        lines.Add(string.Join("  ", widths.Select(width => new string('-', width))));
        lines.AddRange(rows.Select(row => Line(row, widths, cells.Right)));
        if (table.Remainder is { } remainder)
            lines.Add(remainder);
        if (table.Caption is { } caption)
            lines.Add(caption);
        return string.Join('\n', lines);
    }

    private static string Mark(Table table, string cell, int row, int column) =>
        table.Emphasised.Contains((row, column)) ? cell + "*" : cell;

    private static string Line(string[] cells, int[] widths, bool[] right) =>
        string.Join("  ", cells.Select((cell, at) => right[at] ? cell.PadLeft(widths[at]) : cell.PadRight(widths[at])))
            .TrimEnd();

    private static string OneLine(string text)
    {
        var line = new StringBuilder(text).Replace("\r\n", " ").Replace('\n', ' ').Replace('\t', ' ').ToString();
        return line.Length <= WidestCell ? line : string.Concat(line.AsSpan(0, WidestCell - 1), "…");
    }
}

using System.Text;

namespace GenRec.Shared.Display;

/// <summary>Writes a table as GitHub's Markdown.</summary>
internal static class TableMarkdown
{
    /// <summary>Title in bold, the table, the caption; all rows.</summary>
    public static string Render(Table table)
    {
        var full = table.Top(Math.Max(1, table.Rows.Count));
        var cells = new TableCells(full);
        var text = new StringBuilder();
        if (table.Title is { } title)
            text.Append("**").Append(Escape(title)).Append("**\n\n");
        Line(text, table.Columns.Select(column => Escape(column.Header)));
        Line(text, cells.Right.Select(right => right ? "---:" : "---"));
        foreach (var (row, at) in cells.Shown.Select((row, at) => (row, at)))
            Line(
                text,
                row.Select(
                    (cell, column) => table.Emphasised.Contains((at, column)) ? $"**{Escape(cell)}**" : Escape(cell)
                )
            );
        if (table.Caption is { } caption)
            text.Append('\n').Append(Escape(caption)).Append('\n');
        return text.ToString();
    }

    private static void Line(StringBuilder text, IEnumerable<string> cells) =>
        text.Append("| ").AppendJoin(" | ", cells).Append(" |\n");

    private static string Escape(string text) =>
        text.Replace("\\", "\\\\", StringComparison.Ordinal)
            .Replace("|", "\\|", StringComparison.Ordinal)
            .Replace("*", "\\*", StringComparison.Ordinal)
            .Replace("<", "&lt;", StringComparison.Ordinal)
            .ReplaceLineEndings(" ");
}

using System.Text;

namespace GenRec.Shared.Display;

/// <summary>Writes a table as HTML. All colours are inherited, so it reads on dark and light pages and in print.</summary>
internal static class TableHtml
{
    private const string Cell = "padding:2px 10px;";

    public static string Render(Table table, TableCells cells)
    {
        var html = new StringBuilder("<table style=\"border-collapse:collapse;font-variant-numeric:tabular-nums\">");
        if (table.Title is { } title)
            html.Append("<caption style=\"caption-side:top;text-align:left;font-weight:bold;padding:2px 10px\">")
                .Append(HtmlText.Escape(title))
                .Append("</caption>");
        html.Append("<thead><tr style=\"border-bottom:1px solid\">");
        for (var at = 0; at < table.Columns.Count; at++)
            html.Append($"<th scope=\"col\" style=\"{Style(cells, at)}\">")
                .Append(HtmlText.Escape(table.Columns[at].Header))
                .Append("</th>");
        html.Append("</tr></thead><tbody>");
        for (var row = 0; row < cells.Shown.Length; row++)
        {
            html.Append("<tr>");
            for (var at = 0; at < table.Columns.Count; at++)
            {
                var text = HtmlText.Escape(cells.Shown[row][at]);
                if (table.Emphasised.Contains((row, at)))
                    text = $"<strong>{text}</strong>";
                html.Append($"<td style=\"{Style(cells, at)}\">{text}</td>");
            }
            html.Append("</tr>");
        }
        html.Append("</tbody></table>");
        foreach (var note in new[] { table.Remainder, table.Caption })
            if (note is not null)
                html.Append($"<div style=\"{Cell}font-size:smaller;opacity:0.8\">")
                    .Append(HtmlText.Escape(note))
                    .Append("</div>");
        return html.ToString();
    }

    private static string Style(TableCells cells, int at) => $"{Cell}text-align:{(cells.Right[at] ? "right" : "left")}";
}

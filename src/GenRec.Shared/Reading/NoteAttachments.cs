using System.Collections;
using System.Globalization;
using System.Text;
using GenRec.Shared.Display;

namespace GenRec.Shared.Reading;

/// <summary>Turns what a cell hands to a note into Markdown, and figures into files beside the note.</summary>
/// <param name="folder">The note's folder.</param>
/// <param name="name">What the files' names begin with.</param>
internal sealed class NoteAttachments(string folder, string name)
{
    /// <summary>AppContext key of a host's <c>Func&lt;string, byte[]?&gt;</c> that draws plotly JSON as PNG.</summary>
    public const string PictureKey = "GenRec.Picture";

    private const string Folder = "attachments";
    private const int MostRows = 40;
    private int count;

    /// <summary>The Markdown of one value.</summary>
    public string Markdown(object value) =>
        value switch
        {
            string text => text.ReplaceLineEndings("\n").Trim('\n'),
            Figure figure => Of(figure),
            Table table => Of(table),
            IEnumerable<MetricRow> rows => Of(Tables.Metrics([.. rows])),
            double or float or decimal or Half => ((IFormattable)value).ToString("G6", CultureInfo.InvariantCulture),
            IConvertible number => number.ToString(CultureInfo.InvariantCulture),
            IDictionary numbers => Of(
                Table.Of(numbers.Keys.Cast<object>(), ("name", key => key), ("value", key => numbers[key]))
            ),
            Microsoft.Data.Analysis.DataFrame frame => Of(frame.AsTable()),
            RichValue rich => $"```text\n{rich.ToText().Trim('\n')}\n```",
            _ => Of(ObjectCard.Of(value)),
        };

    private string Of(Figure figure)
    {
        var caption = $"**{OneLine(figure.Title)}** {OneLine(figure.Caption)}";
        var numbers = figure.Data is { } data && data.Rows.Count <= MostRows ? "\n\n" + Of(data) : "";
        if (Draw(figure) is { } png)
            return $"![{OneLine(figure.Title)}]({Save("png", png)})\n\n{caption}{numbers}";
        var page = Save("html", Encoding.UTF8.GetBytes(figure.ToPage())); // whole, and so of use without a network
        return $"{caption} [Figure]({page})\n{numbers}".TrimEnd('\n');
    }

    private static byte[]? Draw(Figure figure) =>
        AppContext.GetData(PictureKey) is Func<string, byte[]?> draw ? draw(figure.ToPlotlyJson()) : null;

    private static string Of(Table table)
    {
        if (table.Rows.Count <= MostRows)
            return TableMarkdown.Render(table).TrimEnd('\n');
        var first = new Table(table.Columns, table.Rows.Take(MostRows))
        {
            Title = table.Title,
            Caption = table.Caption,
        };
        return $"{TableMarkdown.Render(first).TrimEnd('\n')}\n\n{MostRows} of {table.Rows.Count} rows.";
    }

    private static string OneLine(string text) =>
        string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    // A new file each time: what a note points to is never replaced.
    private string Save(string ending, byte[] content)
    {
        Directory.CreateDirectory(Path.Combine(folder, Folder));
        while (true)
        {
            var file = $"{name}{(count == 0 ? "" : $"-{count}")}.{ending}";
            count++;
            var path = Path.Combine(folder, Folder, file);
            if (File.Exists(path))
                continue;
            NoteFile.Create(path, content);
            return $"{Folder}/{file}";
        }
    }
}

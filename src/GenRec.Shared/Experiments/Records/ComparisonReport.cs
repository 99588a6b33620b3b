using System.Text;
using GenRec.Shared.Display;
using GenRec.Shared.Reading;
using GenRec.Shared.Runtime;

namespace GenRec.Shared.Experiments.Records;

/// <summary>Published and own numbers of everything that was recorded, as a page and as Markdown.</summary>
public sealed class ComparisonReport : RichObject
{
    private const string Title = "Published and own results";
    private readonly IReadOnlyList<SystemStatus> systems;
    private readonly IReadOnlyList<(Table Table, Figure? Figure)> parts;

    /// <summary>Puts the report together.</summary>
    /// <param name="records">Our records.</param>
    /// <param name="published">The files by name, see <see cref="PublishedResults.LoadAll"/>.</param>
    /// <param name="metric">What the charts show; a protocol where no line has it gets no chart.</param>
    public ComparisonReport(
        IReadOnlyList<ResultRecord> records,
        IReadOnlyDictionary<string, PublishedFile> published,
        string metric = "NDCG@10"
    )
    {
        ArgumentNullException.ThrowIfNull(records);
        ArgumentNullException.ThrowIfNull(published);
        systems = Reproduction.Of(records, published);
        var rows = published.Values.SelectMany(file => file.Rows).ToArray();
        parts =
        [
            .. new Leaderboard(records)
                .Datasets.SelectMany(dataset =>
                    ResultComparison
                        .Settings(records, rows, dataset)
                        .Select(setting => (Name: $"{dataset}: {setting.Name}", setting.Rows))
                )
                .Select(setting => (Table: ResultComparison.Of(setting.Rows, setting.Name), setting.Rows))
                .Where(part => part.Table is not null)
                .Select(part => (part.Table!, Chart(part.Rows, metric))),
        ];
    }

    /// <summary>The state of every system.</summary>
    public IReadOnlyList<SystemStatus> Systems => systems;

    /// <summary>The page: tables, and one chart a data set and protocol; it needs neither server nor network.</summary>
    public string ToPage()
    {
        var body = new StringBuilder($"<h1>{Title}</h1>");
        body.Append(ReproductionTables.Of(systems).ToHtml()).Append(ClaimsTable().ToHtml());
        foreach (var (table, figure) in parts)
            body.Append("<section>").Append(table.ToHtml()).Append(figure?.ToHtml()).Append("</section>");
        return $$"""
            <!DOCTYPE html>
            <html lang="en"><head><meta charset="utf-8"><title>{{Title}}</title>
            <style>body { font-family: system-ui, sans-serif; margin: 2em auto; max-width: 72em; padding: 0 1em } section { margin: 2em 0 }</style>
            <script>{{PlotlyScript.Text}}</script></head>
            <body>{{body}}</body></html>

            """;
    }

    /// <summary>The tables as Markdown.</summary>
    public string ToMarkdown()
    {
        var text = new StringBuilder($"# {Title}\n\n");
        text.Append(TableMarkdown.Render(ReproductionTables.Of(systems))).Append('\n');
        text.Append(TableMarkdown.Render(ClaimsTable())).Append('\n');
        foreach (var (table, _) in parts)
            text.Append(TableMarkdown.Render(table)).Append('\n');
        return text.ToString();
    }

    /// <summary>Writes <c>report.html</c> and <c>report.md</c>.</summary>
    /// <param name="folder">Made where missing.</param>
    /// <param name="overwrite">Whether files that are there may be replaced.</param>
    /// <returns>The two files.</returns>
    /// <exception cref="IOException">A file is there and must not be replaced.</exception>
    public IReadOnlyList<string> Save(string folder, bool overwrite = false)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        Directory.CreateDirectory(folder);
        (string Path, string Text)[] files =
        [
            (Path.Combine(folder, "report.html"), ToPage()),
            (Path.Combine(folder, "report.md"), ToMarkdown()),
        ];
        if (!overwrite && files.FirstOrDefault(file => File.Exists(file.Path)).Path is { } there)
            throw new IOException($"{there} is there already; name another folder, or say that it may be replaced.");
        foreach (var (path, text) in files)
            AtomicFile.Write(path, file => file.Write(Encoding.UTF8.GetBytes(text)));
        return [.. files.Select(file => file.Path)];
    }

    /// <inheritdoc/>
    protected override Table AsTable() => ReproductionTables.Of(systems);

    private Table ClaimsTable() => ReproductionTables.Claims(systems.SelectMany(system => system.Claims));

    private static Figure? Chart(IReadOnlyList<ComparedRow> rows, string metric) =>
        rows.Any(row => row.Metrics.ContainsKey(metric)) ? ComparisonChart.Of(rows, metric) : null;
}

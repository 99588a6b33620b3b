using System.Text.Json;
using Plotly.NET;

namespace GenRec.Shared.Display;

/// <summary>
/// A chart as a value: plotly JSON for hosts that draw it themselves, HTML elsewhere, title and caption in a terminal.
/// </summary>
/// <remarks>
/// The HTML takes a <c>Plotly</c> that is already on the page; else the file that our kernel's installation put where the
/// Jupyter server serves it; else cdn.plot.ly. Until (or unless) one of them comes it shows title, caption and the numbers
/// as a table. <see cref="ToPage"/> needs neither server nor network.
/// </remarks>
[TypeFormatterSource(
    typeof(RichValueFormatterSource),
    PreferredMimeTypes = [MimeTypes.Plotly, MimeTypes.Html, MimeTypes.Text]
)]
public sealed class Figure : RichValue
{
    private string? json;

    /// <summary>Wraps a chart.</summary>
    /// <param name="chart">The chart, complete with layout.</param>
    /// <param name="title">What is plotted; not blank.</param>
    /// <param name="caption">What to see in it; not blank.</param>
    /// <param name="data">The plotted numbers as a table, shown where no script runs; null when there are too many to help.</param>
    /// <exception cref="ArgumentException">Title or caption is blank.</exception>
    public Figure(GenericChart chart, string title, string caption, Table? data = null)
    {
        ArgumentNullException.ThrowIfNull(chart);
        ArgumentException.ThrowIfNullOrWhiteSpace(title);
        ArgumentException.ThrowIfNullOrWhiteSpace(caption);
        (Chart, Title, Caption, Data) = (chart, title, caption, data);
    }

    /// <summary>Wraps a chart made with Plotly.NET's own functions; the title is the chart's own.</summary>
    /// <param name="chart">Any chart.</param>
    public static Figure Of(GenericChart chart)
    {
        ArgumentNullException.ThrowIfNull(chart);
        using var json = JsonDocument.Parse(GenericChart.toJson(chart));
        var title = "Chart";
        if (
            json.RootElement.TryGetProperty("layout", out var layout)
            && layout.TryGetProperty("title", out var named)
            && (named.ValueKind != JsonValueKind.Object || named.TryGetProperty("text", out named))
            && named.ValueKind == JsonValueKind.String
            && !string.IsNullOrWhiteSpace(named.GetString())
        )
            title = named.GetString()!;
        var traces = json.RootElement.GetProperty("data").EnumerateArray();
        var kinds = traces.Select(trace => trace.TryGetProperty("type", out var kind) ? kind.GetString() : "trace");
        return new Figure(chart, title, $"Plotly chart: {string.Join(", ", kinds)}.");
    }

    /// <summary>The chart itself, for Plotly.NET's own functions.</summary>
    public GenericChart Chart { get; }

    /// <summary>What is plotted.</summary>
    public string Title { get; }

    /// <summary>What to see in it.</summary>
    public string Caption { get; }

    /// <summary>The plotted numbers, or null.</summary>
    public Table? Data { get; }

    /// <summary>Height in CSS pixels; the width follows the page.</summary>
    public int Height { get; init; } = 420;

    /// <summary>The chart as plotly.js JSON: <c>{"data": [...], "layout": {...}, "config": {...}}</c>.</summary>
    public string ToPlotlyJson() => json ??= GenericChart.toJson(Chart);

    /// <inheritdoc/>
    public override string ToHtml() => FigureHtml.Fragment(this);

    /// <summary>A whole HTML page with plotly.js inside (about 3.6 MB): works without a network, and is what a PNG is made from.</summary>
    /// <param name="width">Width of the drawing in CSS pixels, or null for the width of the window.</param>
    /// <param name="forPicture">Leaves out the buttons, which a picture cannot use.</param>
    public string ToPage(int? width = null, bool forPicture = false) => FigureHtml.Page(this, width, forPicture);

    /// <summary>Writes <see cref="ToPage"/> to a file, atomically.</summary>
    /// <exception cref="IOException">The file is there already and <paramref name="overwrite"/> is false, or the disk is full.</exception>
    public void SavePage(string path, bool overwrite = false)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        var temporary = $"{path}.{Guid.NewGuid():N}.tmp";
        try
        {
            File.WriteAllText(temporary, ToPage());
            File.Move(temporary, path, overwrite);
        }
        finally
        {
            File.Delete(temporary); // no error when it was moved
        }
    }

    /// <inheritdoc/>
    public override string ToText() => $"{Title}\n{Caption}";

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, string> ToMimeBundle() =>
        new Dictionary<string, string>
        {
            [MimeTypes.Plotly] = ToPlotlyJson(),
            [MimeTypes.Html] = ToHtml(),
            [MimeTypes.Text] = ToText(),
        };
}

using GenRec.Shared.Display;

namespace GenRec.Shared.Plotting;

/// <summary>Bars of one colour, one for each group.</summary>
/// <param name="Name">Name in the legend: a model or a variant.</param>
/// <param name="Values">One value for each group; NaN leaves the place empty.</param>
/// <param name="Errors">Half length of the error bars (standard error), or null.</param>
public sealed record BarSeries(string Name, IReadOnlyList<double> Values, IReadOnlyList<double>? Errors = null)
    : RichRecord;

/// <summary>A published value, drawn as a diamond on the bar it belongs to.</summary>
/// <param name="Series">Name of the series.</param>
/// <param name="Group">Name of the group.</param>
/// <param name="Value">The value as printed.</param>
/// <param name="Source">Paper and table.</param>
public sealed record PublishedMark(string Series, string Group, double Value, string Source) : RichRecord;

public static partial class Figures
{
    private const double GroupWidth = 0.8;

    /// <summary>Grouped bars with error bars, lines such as the oracle's, and published values as diamonds.</summary>
    /// <param name="text">What the figure says.</param>
    /// <param name="groups">Names under the groups; at least one.</param>
    /// <param name="series">The bars; at least one series, each with a value for each group.</param>
    /// <param name="references">Horizontal lines across all groups.</param>
    /// <param name="published">Published values.</param>
    /// <exception cref="ArgumentException">A text is blank, lengths differ, or a mark names an unknown series or group.</exception>
    public static Display.Figure Bars(
        FigureText text,
        IReadOnlyList<string> groups,
        IReadOnlyList<BarSeries> series,
        IReadOnlyList<ReferenceLine>? references = null,
        IReadOnlyList<PublishedMark>? published = null
    )
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(groups);
        ArgumentNullException.ThrowIfNull(series);
        text.Check();
        RequireSome(groups.Count, "group");
        RequireSome(series.Count, "series");
        var sketch = new Sketch();
        for (var at = 0; at < series.Count; at++)
            AddBars(sketch, groups, series[at], at, series.Count);
        AddPublished(sketch, groups, series, published ?? []);
        foreach (var line in references ?? [])
            sketch.Reference(line, -0.5, groups.Count - 0.5);
        var x = Sketch.Axis(text.XAxis);
        (x["tickmode"], x["tickvals"], x["ticktext"]) = (
            "array",
            Enumerable.Range(0, groups.Count).ToArray(),
            groups.ToArray()
        );
        (x["range"], x["showgrid"], x["zeroline"]) = (new[] { -0.5, groups.Count - 0.5 }, false, false);
        sketch.Layout("xaxis", x);
        sketch.Layout("yaxis", Sketch.Axis(text.YAxis));
        sketch.Layout("barmode", "overlay"); // places and widths are given, so that marks can stand on their bars
        var rows = groups.Select((group, at) => (object?[])[group, .. series.Select(bars => (object?)bars.Values[at])]);
        var table = new Table([text.XAxis, .. series.Select(bars => new TableColumn(bars.Name))], [.. rows]);
        return sketch.Finish(text.Title, text.Caption, table.Top(MostRowsOfNumbers));
    }

    private static double Place(int group, int series, int count) =>
        group + (series - (count - 1) / 2.0) * GroupWidth / count;

    private static void AddBars(Sketch sketch, IReadOnlyList<string> groups, BarSeries bars, int at, int count)
    {
        if (bars.Values.Count != groups.Count || bars.Errors is { } errors && errors.Count != groups.Count)
            throw new ArgumentException(
                $"'{bars.Name}' needs one value (and error) for each of {groups.Count} groups."
            );
        var trace = new Attributes
        {
            ["name"] = bars.Name,
            ["x"] = Enumerable.Range(0, groups.Count).Select(group => Place(group, at, count)).ToArray(),
            ["y"] = Sketch.Numbers(bars.Values),
            ["width"] = GroupWidth / count * 0.92,
            ["customdata"] = groups.ToArray(),
            ["hovertemplate"] = "%{customdata}: %{y:.4g}",
            ["marker"] = new Attributes
            {
                ["color"] = Palette.Color(at),
                ["pattern"] = new Attributes
                {
                    ["shape"] = Palette.Pattern(at),
                    ["fillmode"] = "overlay",
                    ["solidity"] = 0.25,
                },
            },
        };
        if (bars.Errors is not null)
            trace["error_y"] = ErrorBars(bars.Errors);
        sketch.Add("bar", trace);
    }

    private static Attributes ErrorBars(IReadOnlyList<double> errors) =>
        new()
        {
            ["type"] = "data",
            ["array"] = Sketch.Numbers(errors),
            ["color"] = Palette.Ink,
            ["thickness"] = 1.5,
            ["width"] = 4,
        };

    private static void AddPublished(
        Sketch sketch,
        IReadOnlyList<string> groups,
        IReadOnlyList<BarSeries> series,
        IReadOnlyList<PublishedMark> marks
    )
    {
        if (marks.Count == 0)
            return;
        var places = marks.Select(mark =>
        {
            var (group, at) = (
                groups.ToList().IndexOf(mark.Group),
                series.ToList().FindIndex(bars => bars.Name == mark.Series)
            );
            return group >= 0 && at >= 0
                ? Place(group, at, series.Count)
                : throw new ArgumentException(
                    $"No bar is called '{mark.Series}' in group '{mark.Group}'.",
                    nameof(marks)
                );
        });
        sketch.Add(
            "scatter",
            new Attributes
            {
                ["name"] = "published",
                ["mode"] = "markers",
                ["x"] = places.ToArray(),
                ["y"] = Sketch.Numbers(marks.Select(mark => mark.Value)),
                ["text"] = marks.Select(mark => HtmlText.Escape(mark.Source)).ToArray(),
                ["hovertemplate"] = "%{y:.4g}<br>%{text}<extra>published</extra>",
                ["marker"] = new Attributes
                {
                    ["symbol"] = "diamond-open",
                    ["size"] = 11,
                    ["color"] = Palette.Ink,
                    ["line"] = new Attributes { ["width"] = 2.5 },
                },
            }
        );
    }
}

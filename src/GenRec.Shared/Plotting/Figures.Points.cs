using GenRec.Shared.Display;

namespace GenRec.Shared.Plotting;

/// <summary>Points of one colour and marker.</summary>
/// <param name="Name">Name in the legend.</param>
/// <param name="X">Horizontal places.</param>
/// <param name="Y">Vertical places, as many.</param>
/// <param name="XErrors">Half lengths of the horizontal error bars, or null.</param>
/// <param name="YErrors">Half lengths of the vertical error bars, or null.</param>
/// <param name="Labels">A word beside each point, or null.</param>
public sealed record PointSeries(
    string Name,
    IReadOnlyList<double> X,
    IReadOnlyList<double> Y,
    IReadOnlyList<double>? XErrors = null,
    IReadOnlyList<double>? YErrors = null,
    IReadOnlyList<string>? Labels = null
) : RichRecord
{
    internal void Check()
    {
        foreach (var count in new[] { Y.Count, XErrors?.Count, YErrors?.Count, Labels?.Count })
            if (count is { } length && length != X.Count)
                throw new ArgumentException(
                    $"'{Name}' has lists of {X.Count} and {length}; all need one entry for each point."
                );
    }
}

public static partial class Figures
{
    /// <summary>Points with error bars, one colour and marker for each series.</summary>
    /// <param name="text">What the figure says.</param>
    /// <param name="series">The points; at least one series.</param>
    /// <param name="logX">Logarithmic horizontal axis.</param>
    /// <param name="logY">Logarithmic vertical axis.</param>
    /// <param name="diagonal">Draws y = x, for "ours against published".</param>
    /// <exception cref="ArgumentException">A text is blank, there is no series, or lengths differ.</exception>
    public static Display.Figure Scatter(
        FigureText text,
        IReadOnlyList<PointSeries> series,
        bool logX = false,
        bool logY = false,
        bool diagonal = false
    )
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(series);
        text.Check();
        RequireSome(series.Sum(points => points.X.Count), "point");
        var sketch = new Sketch();
        for (var at = 0; at < series.Count; at++)
            AddPoints(sketch, series[at], at);
        if (diagonal)
            AddDiagonal(
                sketch,
                series.SelectMany(points => points.X.Concat(points.Y)).Where(double.IsFinite).ToArray()
            );
        sketch.Layout("xaxis", Sketch.Axis(text.XAxis, logX));
        sketch.Layout("yaxis", Sketch.Axis(text.YAxis, logY));
        var rows = series.SelectMany(points =>
            points.X.Select((x, at) => (object?[])[points.Name, points.Labels?[at], x, points.Y[at]])
        );
        var table = new Table(["series", "point", text.XAxis, text.YAxis], [.. rows]).Top(MostRowsOfNumbers);
        return sketch.Finish(text.Title, text.Caption, table);
    }

    private static void AddPoints(Sketch sketch, PointSeries points, int at)
    {
        points.Check();
        var trace = new Attributes
        {
            ["name"] = points.Name,
            ["showlegend"] = true,
            ["mode"] = points.Labels is null ? "markers" : "markers+text",
            ["x"] = Sketch.Numbers(points.X),
            ["y"] = Sketch.Numbers(points.Y),
            ["marker"] = new Attributes
            {
                ["color"] = Palette.Color(at),
                ["symbol"] = Palette.Marker(at),
                ["size"] = 10,
            },
        };
        if (points.Labels is not null)
            (trace["text"], trace["textposition"]) = (points.Labels.Select(HtmlText.Escape).ToArray(), "top center");
        if (points.XErrors is not null)
            trace["error_x"] = ErrorBars(points.XErrors);
        if (points.YErrors is not null)
            trace["error_y"] = ErrorBars(points.YErrors);
        sketch.Add("scatter", trace);
    }

    private static void AddDiagonal(Sketch sketch, double[] values)
    {
        if (values.Length == 0)
            return;
        var ends = new[] { values.Min(), values.Max() };
        sketch.Add(
            "scatter",
            new Attributes
            {
                ["name"] = "y = x",
                ["mode"] = "lines",
                ["x"] = ends,
                ["y"] = ends,
                ["hoverinfo"] = "skip",
                ["line"] = new Attributes
                {
                    ["color"] = Palette.Ink,
                    ["dash"] = "dot",
                    ["width"] = 1.5,
                },
            }
        );
    }
}

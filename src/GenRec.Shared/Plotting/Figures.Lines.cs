using GenRec.Shared.Display;

namespace GenRec.Shared.Plotting;

/// <summary>Figures from plain records. Each has a title, axes with units, a caption, and its numbers as a table.</summary>
public static partial class Figures
{
    private const int MostRowsOfNumbers = 50;

    /// <summary>Curves over training, several runs, with a band for several seeds.</summary>
    /// <param name="text">What the figure says.</param>
    /// <param name="curves">The runs; at least one.</param>
    /// <param name="references">Horizontal lines: the oracle, a published value.</param>
    /// <param name="logY">Logarithmic vertical axis, for losses over many epochs.</param>
    /// <exception cref="ArgumentException">A text is blank, there is no curve, or lengths differ.</exception>
    public static Display.Figure LearningCurves(
        FigureText text,
        IReadOnlyList<LearningCurve> curves,
        IReadOnlyList<ReferenceLine>? references = null,
        bool logY = false
    )
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(curves);
        text.Check();
        RequireSome(curves.Count, "curve");
        var sketch = new Sketch();
        for (var at = 0; at < curves.Count; at++)
            AddCurve(sketch, curves[at], at, axes: "", inLegend: true);
        var steps = curves.SelectMany(curve => curve.Steps).DefaultIfEmpty(0);
        foreach (var line in references ?? [])
            sketch.Reference(line, steps.Min(), steps.Max());
        sketch.Layout("xaxis", Sketch.Axis(text.XAxis));
        sketch.Layout("yaxis", Sketch.Axis(text.YAxis, logY));
        sketch.Layout("hovermode", "x unified");
        return sketch.Finish(text.Title, text.Caption, CurveTable(text.XAxis, curves));
    }

    /// <summary>Small plots side by side on shared axes; a name keeps its style in all of them.</summary>
    /// <param name="text">What the figure says; the axes are those of every panel.</param>
    /// <param name="panels">The plots, row by row; at least one.</param>
    /// <param name="columns">Plots in a row, at least 1.</param>
    /// <exception cref="ArgumentException">A text is blank, there is no panel, or lengths differ.</exception>
    public static Display.Figure SmallMultiples(FigureText text, IReadOnlyList<Panel> panels, int columns = 3)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(panels);
        ArgumentOutOfRangeException.ThrowIfLessThan(columns, 1);
        text.Check();
        RequireSome(panels.Count, "panel");
        columns = Math.Min(columns, panels.Count);
        var rows = (panels.Count + columns - 1) / columns;
        var sketch = new Sketch { Height = 140 + 200 * rows };
        var names = panels.SelectMany(panel => panel.Curves).Select(curve => curve.Name).Distinct().ToList();
        var named = new HashSet<string>();
        for (var at = 0; at < panels.Count; at++)
        {
            var number = at == 0 ? "" : $"{at + 1}";
            foreach (var curve in panels[at].Curves)
                AddCurve(sketch, curve, names.IndexOf(curve.Name), number, inLegend: named.Add(curve.Name));
            AddPanelAxes(sketch, text, panels[at].Title, at, rows, columns, isLowest: at + columns >= panels.Count);
        }
        var numbers = panels.SelectMany(panel =>
            panel.Curves.SelectMany(curve =>
                curve.Steps.Select((step, at) => (object?[])[panel.Title, curve.Name, step, curve.Values[at]])
            )
        );
        var table = new Table(["panel", "curve", text.XAxis, text.YAxis], [.. numbers]) { MaxRows = MostRowsOfNumbers };
        return sketch.Finish(text.Title, text.Caption, table);
    }

    private static void AddPanelAxes(
        Sketch sketch,
        FigureText text,
        string title,
        int at,
        int rows,
        int columns,
        bool isLowest
    )
    {
        const double Gap = 0.07;
        var (row, column) = (at / columns, at % columns);
        var (width, height) = ((1 - Gap * (columns - 1)) / columns, (1 - 0.16 * (rows - 1)) / rows);
        var (left, top) = (column * (width + Gap), 1 - row * (height + 0.16));
        var number = at == 0 ? "" : $"{at + 1}";
        var x = Sketch.Axis(isLowest ? text.XAxis : "");
        (x["domain"], x["anchor"]) = (new[] { left, left + width }, "y" + number);
        var y = Sketch.Axis(column == 0 ? text.YAxis : "");
        (y["domain"], y["anchor"]) = (new[] { Math.Max(0, top - height), top }, "x" + number);
        if (at > 0)
            (x["matches"], y["matches"]) = ("x", "y"); // shared ranges, so that panels can be compared
        sketch.Layout("xaxis" + number, x);
        sketch.Layout("yaxis" + number, y);
        sketch.Annotate(
            new Attributes
            {
                ["text"] = HtmlText.Escape(title),
                ["xref"] = "paper",
                ["yref"] = "paper",
                ["x"] = left + width / 2,
                ["y"] = top,
                ["xanchor"] = "center",
                ["yanchor"] = "bottom",
                ["showarrow"] = false,
            }
        );
    }

    private static void AddCurve(Sketch sketch, LearningCurve curve, int style, string axes, bool inLegend)
    {
        curve.Check();
        if (curve.Low is not null)
            AddBand(sketch, curve, style, axes);
        sketch.Add(
            "scatter",
            new Attributes
            {
                ["name"] = curve.Name,
                ["legendgroup"] = curve.Name,
                ["showlegend"] = inLegend,
                ["mode"] = curve.Steps.Count <= 60 ? "lines+markers" : "lines",
                ["x"] = Sketch.Numbers(curve.Steps),
                ["y"] = Sketch.Numbers(curve.Values),
                ["xaxis"] = "x" + axes,
                ["yaxis"] = "y" + axes,
                ["line"] = new Attributes
                {
                    ["color"] = Palette.Color(style),
                    ["dash"] = Palette.Dash(style),
                    ["width"] = 2,
                },
                ["marker"] = new Attributes { ["symbol"] = Palette.Marker(style), ["size"] = 7 },
                ["hovertemplate"] = "%{y:.4g}",
            }
        );
    }

    private static void AddBand(Sketch sketch, LearningCurve curve, int style, string axes) =>
        sketch.Add(
            "scatter",
            new Attributes
            {
                ["legendgroup"] = curve.Name,
                ["showlegend"] = false,
                ["hoverinfo"] = "skip",
                ["mode"] = "lines",
                ["x"] = Sketch.Numbers(curve.Steps.Concat(curve.Steps.Reverse())),
                ["y"] = Sketch.Numbers(curve.High!.Concat(curve.Low!.Reverse())),
                ["xaxis"] = "x" + axes,
                ["yaxis"] = "y" + axes,
                ["fill"] = "toself",
                ["fillcolor"] = Palette.Color(style, 0.2),
                ["line"] = new Attributes { ["width"] = 0 },
            }
        );

    private static Table CurveTable(string step, IReadOnlyList<LearningCurve> curves) =>
        Tables
            .Curves(
                step,
                [
                    .. curves.Select(curve =>
                        (curve.Name, (IReadOnlyList<(double, double)>)[.. curve.Steps.Zip(curve.Values)])
                    ),
                ]
            )
            .Top(MostRowsOfNumbers);

    private static void RequireSome(int count, string what)
    {
        if (count == 0)
            throw new ArgumentException($"There is no {what} to plot.");
    }
}

using GenRec.Shared.Display;
using Plotly.NET;

namespace GenRec.Shared.Plotting;

/// <summary>Nested values of a plotly.js trace or layout, by its own attribute names.</summary>
internal sealed class Attributes : Dictionary<string, object?>
{
    public Attributes()
        : base(StringComparer.Ordinal) { }
}

/// <summary>Collects traces and layout in plotly.js's own words, and makes the one Plotly.NET chart of a figure.</summary>
internal sealed class Sketch
{
    private const int UsualCaptionColumns = 94;
    private const int CaptionLine = 16; // pixels
    private readonly List<Trace> traces = [];
    private readonly Attributes layout = [];
    private readonly List<Attributes> annotations = [];
    private readonly List<Attributes> shapes = [];

    /// <summary>Height in pixels without the caption.</summary>
    public int Height { get; set; } = 400;

    /// <summary>Room for tick labels and axis title below the plot, in pixels.</summary>
    public int Below { get; set; } = 64;

    /// <summary>Most letters of a line of the caption, which begins where the plot does; fewer beside a wide left margin.</summary>
    public int CaptionColumns { get; set; } = UsualCaptionColumns;

    public void Add(string type, Attributes attributes)
    {
        var trace = new Trace(type);
        foreach (var (name, value) in attributes)
            trace.SetProperty(name, value);
        traces.Add(trace);
    }

    public void Layout(string name, object? value) => layout[name] = value;

    public void Annotate(Attributes annotation) => annotations.Add(annotation);

    public void Shape(Attributes shape) => shapes.Add(shape);

    /// <summary>An axis with its title; other attributes are added to the result.</summary>
    public static Attributes Axis(string title, bool log = false)
    {
        var axis = new Attributes
        {
            ["title"] = new Attributes { ["text"] = title },
            ["gridcolor"] = Palette.Grid,
            ["zerolinecolor"] = Palette.Grid,
            ["linecolor"] = Palette.Ink,
            ["automargin"] = true,
        };
        if (log)
        {
            axis["type"] = "log";
            axis["exponentformat"] = "power";
            axis["dtick"] = 1;
        }
        return axis;
    }

    /// <summary>A dashed line across the plot with its name in the legend.</summary>
    public void Reference(ReferenceLine line, double from, double to, string axes = "") =>
        Add(
            "scatter",
            new Attributes
            {
                ["name"] = line.Name,
                ["mode"] = "lines",
                ["x"] = new[] { from, to },
                ["y"] = new[] { line.Value, line.Value },
                ["xaxis"] = "x" + axes,
                ["yaxis"] = "y" + axes,
                ["line"] = new Attributes
                {
                    ["color"] = Palette.Ink,
                    ["dash"] = "longdash",
                    ["width"] = 2,
                },
                ["hovertemplate"] = $"{line.Name}: %{{y:.4g}}<extra></extra>",
            }
        );

    public Display.Figure Finish(string title, string caption, Table? data)
    {
        var lines = Wrap(caption, CaptionColumns);
        var below = Below + 12 + CaptionLine * lines.Count;
        var height = Height + CaptionLine * lines.Count;
        Annotate(
            new Attributes
            {
                ["text"] = string.Join("<br>", lines.Select(HtmlText.Escape)),
                ["xref"] = "paper",
                ["yref"] = "paper",
                ["x"] = 0,
                ["y"] = 0,
                ["xanchor"] = "left",
                ["yanchor"] = "top",
                ["yshift"] = -Below,
                ["align"] = "left",
                ["showarrow"] = false,
                ["font"] = new Attributes { ["size"] = 12 },
            }
        );
        layout["title"] = new Attributes
        {
            ["text"] = HtmlText.Escape(title),
            ["x"] = 0,
            ["xref"] = "paper",
            ["font"] = new Attributes { ["size"] = 16 },
        };
        layout["font"] = new Attributes { ["color"] = Palette.Ink };
        layout["paper_bgcolor"] = "rgba(0,0,0,0)";
        layout["plot_bgcolor"] = "rgba(0,0,0,0)";
        layout["margin"] = new Attributes
        {
            ["t"] = 56,
            ["r"] = 24,
            ["b"] = below,
            ["l"] = 64,
        };
        layout["height"] = height;
        layout["modebar"] = new Attributes { ["bgcolor"] = "rgba(0,0,0,0)", ["color"] = Palette.Ink };
        layout["annotations"] = annotations;
        if (shapes.Count > 0)
            layout["shapes"] = shapes;
        if (!layout.ContainsKey("legend"))
            layout["legend"] = new Attributes { ["bgcolor"] = "rgba(0,0,0,0)" };
        var chart = GenericChart.ofTraceObjects(false, traces.ToArray());
        var all = new Layout();
        foreach (var (name, value) in layout)
            all.SetProperty(name, value);
        var config = new Config();
        config.SetProperty("responsive", true);
        config.SetProperty("displaylogo", false);
        chart = GenericChart.addConfig(config, GenericChart.addLayout(all, chart));
        return new Display.Figure(chart, title, caption, data) { Height = height };
    }

    /// <summary>JSON has no NaN: plotly leaves a gap at null.</summary>
    public static double?[] Numbers(IEnumerable<double> values) =>
        [.. values.Select(value => double.IsFinite(value) ? value : (double?)null)];

    /// <summary>Breaks a caption into lines at blanks.</summary>
    internal static List<string> Wrap(string text, int columns = UsualCaptionColumns)
    {
        var lines = new List<string>();
        var line = "";
        foreach (var word in text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
            if (line.Length == 0)
                line = word;
            else if (line.Length + 1 + word.Length <= columns)
                line += " " + word;
            else
            {
                lines.Add(line);
                line = word;
            }
        lines.Add(line);
        return lines;
    }
}

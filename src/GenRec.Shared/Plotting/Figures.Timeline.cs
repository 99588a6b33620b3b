using GenRec.Shared.Display;

namespace GenRec.Shared.Plotting;

/// <summary>An event on a time line.</summary>
/// <param name="Label">Short name at its marker.</param>
/// <param name="Date">When.</param>
/// <param name="Lane">The line it stands on.</param>
/// <param name="Importance">What its colour stands for; events of equal importance share a colour.</param>
/// <param name="State">What its marker stands for; events of equal state share a marker.</param>
/// <param name="Detail">Shown when pointed at, or null.</param>
/// <param name="Status">What a second mark on its marker stands for, or null.</param>
/// <param name="Mark">That second mark.</param>
public sealed record TimelineEvent(
    string Label,
    DateOnly Date,
    string Lane,
    string Importance,
    string State,
    string? Detail = null,
    string? Status = null,
    TimelineMark Mark = TimelineMark.None
) : RichRecord;

/// <summary>A second mark on a marker, beside its colour and shape.</summary>
[Flags]
public enum TimelineMark
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>A dot inside.</summary>
    Dot = 1,

    /// <summary>A ring around.</summary>
    Ring = 2,
}

public static partial class Figures
{
    /// <summary>Events by date on one line for each lane, coloured by importance, marked by state.</summary>
    /// <param name="title">What is plotted.</param>
    /// <param name="caption">What to see.</param>
    /// <param name="events">The events; lanes, importances and states keep the order in which they first appear.</param>
    /// <exception cref="ArgumentException">Title or caption is blank, or there is no event.</exception>
    public static Display.Figure Timeline(string title, string caption, IReadOnlyList<TimelineEvent> events)
    {
        ArgumentNullException.ThrowIfNull(events);
        new FigureText(title, caption, "date", "part").Check();
        RequireSome(events.Count, "event");
        var lanes = events.Select(point => point.Lane).Distinct().ToList();
        var states = events.Select(point => point.State).Distinct().ToList();
        var importances = events.Select(point => point.Importance).Distinct().ToList();
        var (heights, centres, rows, end) = PackLanes(events, lanes);
        // Letters of lane names are as wide as those of the caption that has to begin behind them.
        var sketch = new Sketch
        {
            Height = 150 + 24 * rows,
            CaptionColumns = 94 - Math.Min(40, lanes.Max(lane => lane.Length)),
        };
        foreach (var (color, importance) in importances.Index())
            AddEvents(sketch, events, heights, importance, color, states);
        foreach (var (color, importance) in importances.Index()) // in the legend, where colour alone must speak
            sketch.Add(
                "scatter",
                LegendEntry(
                    importance,
                    GroupOf(importance),
                    color == 0 ? "importance (colour)" : null,
                    Palette.Marker(0),
                    Palette.Color(color)
                )
            );
        foreach (var state in states) // the legend's explanation of the markers
            sketch.Add("scatter", LegendEntry(state, "state", "state (marker)", Palette.Marker(states.IndexOf(state))));
        foreach (var (status, mark) in events.Where(IsMarked).Select(point => (point.Status!, point.Mark)).Distinct())
        {
            var entry = LegendEntry(status, "status", "my reading (mark)", SymbolOf(Palette.Marker(0), mark));
            ((Attributes)entry["marker"]!)["line"] = Ring([mark]);
            sketch.Add("scatter", entry);
        }
        sketch.Layout("legend", new Attributes { ["bgcolor"] = "rgba(0,0,0,0)", ["tracegroupgap"] = 2 });
        var x = Sketch.Axis("date of the first version");
        (x["type"], x["hoverformat"]) = ("date", "%Y-%m-%d");
        x["range"] = new[] // room for the labels, which stand to the right of their markers
        {
            events.Min(point => point.Date).AddDays(-60).ToString("yyyy-MM-dd"),
            DateOnly.FromDayNumber(end).ToString("yyyy-MM-dd"),
        };
        sketch.Layout("xaxis", x);
        var y = Sketch.Axis("part");
        (y["tickmode"], y["tickvals"], y["ticktext"]) = ("array", centres, lanes.Select(HtmlText.Escape).ToArray());
        (y["range"], y["zeroline"], y["showgrid"]) = (new[] { rows, -1.0 }, false, false);
        sketch.Layout("yaxis", y);
        var table = Table.Of(
            events.OrderBy(point => point.Date),
            ("date", point => point.Date),
            ("paper", point => point.Label),
            ("part", point => point.Lane),
            ("importance", point => point.Importance),
            ("state", point => point.State),
            ("my status", point => point.Status)
        );
        return sketch.Finish(title, caption, table.Top(MostRowsOfNumbers));
    }

    private static void AddEvents(
        Sketch sketch,
        IReadOnlyList<TimelineEvent> events,
        double[] heights,
        string importance,
        int color,
        List<string> states
    )
    {
        var chosen = events.Index().Where(point => point.Item.Importance == importance).ToArray();
        sketch.Add(
            "scatter",
            new Attributes
            {
                ["name"] = importance,
                ["legendgroup"] = GroupOf(importance), // so that its entry in the legend shows and hides it
                ["showlegend"] = false,
                ["mode"] = "markers+text",
                ["x"] = chosen.Select(point => point.Item.Date.ToString("yyyy-MM-dd")).ToArray(),
                ["y"] = chosen.Select(point => heights[point.Index]).ToArray(),
                ["text"] = chosen.Select(point => HtmlText.Escape(point.Item.Label)).ToArray(),
                ["textposition"] = "middle right",
                ["customdata"] = chosen.Select(point => HtmlText.Escape(point.Item.Detail ?? "")).ToArray(),
                ["hovertemplate"] = "%{text}, %{x}<br>%{customdata}<extra></extra>",
                ["marker"] = new Attributes
                {
                    ["color"] = Palette.Color(color),
                    ["size"] = 11,
                    ["symbol"] = chosen
                        .Select(point => SymbolOf(Palette.Marker(states.IndexOf(point.Item.State)), point.Item.Mark))
                        .ToArray(),
                    ["line"] = Ring(chosen.Select(point => point.Item.Mark)),
                },
            }
        );
    }

    private static string GroupOf(string importance) => $"importance {importance}";

    private static bool IsMarked(TimelineEvent point) => point.Mark != TimelineMark.None && point.Status is not null;

    private static string SymbolOf(string marker, TimelineMark mark) =>
        mark.HasFlag(TimelineMark.Dot) ? marker + "-dot" : marker;

    private static Attributes Ring(IEnumerable<TimelineMark> marks) =>
        new()
        {
            ["color"] = Palette.Ink,
            ["width"] = marks.Select(mark => mark.HasFlag(TimelineMark.Ring) ? 3.0 : 0.0).ToArray(),
        };

    private static Attributes LegendEntry(
        string name,
        string group,
        string? title,
        string symbol,
        string color = Palette.Ink
    ) =>
        new()
        {
            ["name"] = name,
            ["legendgroup"] = group,
            ["legendgrouptitle"] = title is null ? null : new Attributes { ["text"] = title },
            ["mode"] = "markers",
            ["x"] = new double?[] { null },
            ["y"] = new double?[] { null },
            ["marker"] = new Attributes
            {
                ["symbol"] = symbol,
                ["color"] = color,
                ["size"] = 11,
            },
        };

    /// <summary>
    /// Packs each lane into as few rows as its labels allow: an event takes the first row whose last label ends before it.
    /// </summary>
    private static (double[] Heights, double[] Centres, int Rows, int End) PackLanes(
        IReadOnlyList<TimelineEvent> events,
        List<string> lanes
    )
    {
        const double LabelWidth = 7; // pixels for a letter
        const double PlotWidth = 400; // beside lane names and legend, in a picture of usual width
        var first = events.Min(point => point.Date.DayNumber) - 60.0;
        var end = (double)events.Max(point => point.Date.DayNumber);
        // The labels' room widens the axis, and a wider axis makes every label longer in days: a few passes settle it.
        for (var pass = 0; pass < 8; pass++)
            end = events.Max(point => EndOf(point, (end - first) / PlotWidth));
        var daysPerPixel = (end - first) / PlotWidth;
        var heights = new double[events.Count];
        var centres = new double[lanes.Count];
        var above = 0;
        for (var lane = 0; lane < lanes.Count; lane++)
        {
            var ends = new List<double>();
            foreach (
                var (at, point) in events
                    .Index()
                    .Where(pair => pair.Item.Lane == lanes[lane])
                    .OrderBy(pair => pair.Item.Date)
            )
            {
                var row = ends.FindIndex(end => end < point.Date.DayNumber);
                if (row < 0)
                {
                    row = ends.Count;
                    ends.Add(0);
                }
                ends[row] = EndOf(point, daysPerPixel);
                heights[at] = above + row;
            }
            centres[lane] = above + (ends.Count - 1) / 2.0;
            above += ends.Count + 1;
        }
        return (heights, centres, above - 1, (int)Math.Ceiling(end));

        static double EndOf(TimelineEvent point, double daysPerPixel) =>
            point.Date.DayNumber + (point.Label.Length * LabelWidth + 20) * daysPerPixel;
    }
}

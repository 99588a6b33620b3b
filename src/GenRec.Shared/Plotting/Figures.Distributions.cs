using GenRec.Shared.Display;

namespace GenRec.Shared.Plotting;

public static partial class Figures
{
    private const int MostTailPoints = 400;

    /// <summary>A histogram; bins of equal width, or of equal ratio on a logarithmic axis.</summary>
    /// <param name="text">What the figure says.</param>
    /// <param name="values">The values; non-finite ones are an error, and so are values up to 0 with <paramref name="logX"/>.</param>
    /// <param name="bins">Number of bins, at least 1.</param>
    /// <param name="logX">Bins of equal ratio.</param>
    /// <param name="logY">Logarithmic counts.</param>
    /// <exception cref="ArgumentException">A text is blank, there is no value, or a value cannot be placed.</exception>
    public static Display.Figure Histogram(
        FigureText text,
        IReadOnlyList<double> values,
        int bins = 40,
        bool logX = false,
        bool logY = false
    )
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(values);
        ArgumentOutOfRangeException.ThrowIfLessThan(bins, 1);
        text.Check();
        RequireSome(values.Count, "value");
        for (var at = 0; at < values.Count; at++)
            if (!double.IsFinite(values[at]) || logX && values[at] <= 0)
                throw new ArgumentException(
                    $"Value {at} is {values[at]}, which has no place on this axis.",
                    nameof(values)
                );
        var (edges, counts) = Count(values, bins, logX);
        var sketch = new Sketch();
        sketch.Add(
            "bar",
            new Attributes
            {
                ["x"] = counts.Select((_, at) => Middle(at)).ToArray(),
                ["y"] = counts,
                ["width"] = counts.Select((_, at) => edges[at + 1] - edges[at]).ToArray(),
                ["customdata"] = counts.Select((_, at) => new[] { edges[at], edges[at + 1] }).ToArray(),
                ["hovertemplate"] = "%{customdata[0]:.4g} to %{customdata[1]:.4g}: %{y}<extra></extra>",
                ["marker"] = new Attributes
                {
                    ["color"] = Palette.Color(0),
                    ["line"] = new Attributes { ["color"] = Palette.Ink, ["width"] = 0.5 },
                },
                ["showlegend"] = false,
            }
        );
        sketch.Layout("xaxis", Sketch.Axis(text.XAxis, logX));
        sketch.Layout("yaxis", Sketch.Axis(text.YAxis, logY));
        var rows = counts.Select((count, at) => (object?[])[edges[at], edges[at + 1], count]);
        var table = new Table([$"{text.XAxis}, from", "to", text.YAxis], [.. rows]);
        return sketch.Finish(text.Title, text.Caption, table.Top(MostRowsOfNumbers));

        // plotly puts a bar around its middle in data units, on logarithmic axes too.
        double Middle(int at) => (edges[at] + edges[at + 1]) / 2;
    }

    /// <summary>Popularity by rank on two logarithmic axes: the long tail.</summary>
    /// <param name="text">What the figure says.</param>
    /// <param name="counts">Events of each item, in any order; items without events are left out.</param>
    /// <exception cref="ArgumentException">A text is blank, or no item has an event.</exception>
    public static Display.Figure LongTail(FigureText text, IReadOnlyList<int> counts)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(counts);
        text.Check();
        var sorted = counts.Where(count => count > 0).OrderDescending().ToArray();
        RequireSome(sorted.Length, "item with an event");
        var total = sorted.Sum(count => (double)count);
        var shares = new double[sorted.Length];
        for (var (at, sum) = (0, 0.0); at < sorted.Length; at++)
            shares[at] = (sum += sorted[at]) / total;
        var ranks = Ranks(sorted.Length);
        var sketch = new Sketch();
        sketch.Add(
            "scatter",
            new Attributes
            {
                ["mode"] = ranks.Count <= 60 ? "lines+markers" : "lines",
                ["x"] = ranks,
                ["y"] = ranks.Select(rank => sorted[rank - 1]).ToArray(),
                ["customdata"] = ranks.Select(rank => shares[rank - 1]).ToArray(),
                ["hovertemplate"] = "rank %{x}: %{y}<br>first %{x}: %{customdata:.1%} of all<extra></extra>",
                ["line"] = new Attributes { ["color"] = Palette.Color(0), ["width"] = 2 },
                ["showlegend"] = false,
            }
        );
        sketch.Layout("xaxis", Sketch.Axis(text.XAxis, log: true));
        sketch.Layout("yaxis", Sketch.Axis(text.YAxis, log: true));
        var tenths = Enumerable
            .Range(1, 10)
            .Select(tenth => Math.Max(1, sorted.Length * tenth / 10))
            .Distinct()
            .Select(rank => (object?[])[rank, sorted[rank - 1], shares[rank - 1]]);
        var table = new Table(
            [new("first items", "N0"), new("events of the last of them", "N0"), new("share of all events", "P1")],
            [.. tenths]
        );
        return sketch.Finish(text.Title, text.Caption, table);
    }

    /// <summary>A heat map, row 0 on top; darker is less, brighter is more, in colour and in grey (cividis).</summary>
    /// <param name="text">What the figure says.</param>
    /// <param name="values">Values <c>[rows, columns]</c>; NaN (a masked place) stays empty.</param>
    /// <param name="unit">What the colour stands for, with its unit.</param>
    /// <param name="rows">Labels of the rows; by default their numbers.</param>
    /// <param name="columns">Labels of the columns; by default their numbers.</param>
    /// <exception cref="ArgumentException">A text is blank, there is no value, or the labels are too many or too few.</exception>
    public static Display.Figure HeatMap(
        FigureText text,
        double[,] values,
        string unit,
        IReadOnlyList<string>? rows = null,
        IReadOnlyList<string>? columns = null
    )
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(values);
        ArgumentException.ThrowIfNullOrWhiteSpace(unit);
        text.Check();
        RequireSome(values.Length, "value");
        var (height, width) = (values.GetLength(0), values.GetLength(1));
        if (rows is not null && rows.Count != height || columns is not null && columns.Count != width)
            throw new ArgumentException(
                $"A heat map of {height} x {width} needs {height} row and {width} column labels."
            );
        var lines = Enumerable
            .Range(0, height)
            .Select(row => Enumerable.Range(0, width).Select(at => values[row, at]).ToArray())
            .ToArray();
        var sketch = new Sketch { Height = Math.Clamp(160 + 24 * height, 320, 720) };
        sketch.Add(
            "heatmap",
            new Attributes
            {
                ["z"] = lines.Select(Sketch.Numbers).ToArray(),
                ["colorscale"] = "Cividis",
                ["colorbar"] = new Attributes
                {
                    ["title"] = new Attributes { ["text"] = unit, ["side"] = "right" },
                    ["outlinewidth"] = 0,
                },
                ["hovertemplate"] = "row %{y}, column %{x}: %{z:.4g}<extra></extra>",
            }
        );
        sketch.Layout("xaxis", LabelAxis(text.XAxis, columns, isReversed: false));
        sketch.Layout("yaxis", LabelAxis(text.YAxis, rows, isReversed: true));
        var head = Enumerable.Range(0, width).Select(at => new TableColumn(columns?[at] ?? $"{at}", AlignRight: true));
        var cells = lines.Select(
            (line, row) => (object?[])[rows?[row] ?? $"{row}", .. line.Select(value => (object?)value)]
        );
        var table =
            width <= MostRowsOfNumbers ? new Table([text.YAxis, .. head], [.. cells]).Top(MostRowsOfNumbers) : null;
        return sketch.Finish(text.Title, text.Caption, table);
    }

    private static Attributes LabelAxis(string title, IReadOnlyList<string>? labels, bool isReversed)
    {
        var axis = Sketch.Axis(title);
        (axis["showgrid"], axis["zeroline"]) = (false, false); // the first place is 0, and no more than the others
        if (isReversed)
            axis["autorange"] = "reversed";
        if (labels is not null) // by place, so that equal labels stay apart
            (axis["tickmode"], axis["tickvals"], axis["ticktext"]) = (
                "array",
                Enumerable.Range(0, labels.Count).ToArray(),
                labels.Select(HtmlText.Escape).ToArray()
            );
        return axis;
    }

    private static (double[] Edges, int[] Counts) Count(IReadOnlyList<double> values, int bins, bool log)
    {
        var (low, high) = (values.Min(), values.Max());
        if (low == high)
            (low, high, bins) = log ? (low / 1.5, high * 1.5, 1) : (low - 0.5, high + 0.5, 1);
        var edges = Enumerable
            .Range(0, bins + 1)
            .Select(at => log ? low * Math.Pow(high / low, (double)at / bins) : low + (high - low) * at / bins)
            .ToArray();
        var counts = new int[bins];
        foreach (var value in values)
        {
            var share = log ? Math.Log(value / low) / Math.Log(high / low) : (value - low) / (high - low);
            counts[Math.Clamp((int)(share * bins), 0, bins - 1)]++;
        }
        return (edges, counts);
    }

    /// <summary>Ranks 1..count, thinned to equal distances on a logarithmic axis.</summary>
    private static List<int> Ranks(int count) =>
        count <= MostTailPoints
            ? [.. Enumerable.Range(1, count)]
            :
            [
                .. Enumerable
                    .Range(0, MostTailPoints + 1)
                    .Select(at => (int)Math.Round(Math.Pow(count, (double)at / MostTailPoints)))
                    .Distinct(),
            ];
}

using GenRec.Shared.Display;
using GenRec.Shared.Plotting;

namespace GenRec.Shared.Experiments.Records;

/// <summary>Bars of own and published numbers, of one data set and one protocol only.</summary>
public static class ComparisonChart
{
    private const int LongestSource = 24;

    /// <summary>One bar a line, ours with 95% confidence intervals.</summary>
    /// <param name="rows">Lines of one data set, split and protocol.</param>
    /// <param name="metric">What is drawn, for example <c>NDCG@10</c>.</param>
    /// <exception cref="ArgumentException">The lines are of several data sets or protocols, or none has the metric.</exception>
    public static Figure Of(IReadOnlyList<ComparedRow> rows, string metric)
    {
        NeedOneProtocol(rows);
        ComparedRow[] drawn = [.. rows.Where(row => row.Metrics.ContainsKey(metric))];
        if (drawn.Length == 0)
        {
            var there = string.Join(", ", rows.SelectMany(row => row.Metrics.Keys).Distinct());
            throw new ArgumentException($"No line has {metric}; there are {there}.", nameof(metric));
        }
        return Figures.Bars(
            new FigureText(
                $"{drawn[0].Dataset}: {metric}",
                $"{drawn[0].Setting}. Bars on ours: 95% intervals over seeds.",
                "ours and published",
                metric
            ),
            [metric],
            [
                .. drawn
                    .Zip(Names(drawn))
                    .Select(row => new BarSeries(
                        row.Second,
                        [row.First.Metrics[metric]],
                        row.First.HalfWidths.TryGetValue(metric, out var width) ? [width] : null
                    )),
            ]
        );
    }

    /// <summary>Refuses lines that do not compare.</summary>
    /// <exception cref="ArgumentException">They are of several data sets or protocols; names two.</exception>
    internal static void NeedOneProtocol(IReadOnlyList<ComparedRow> rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        if (rows.Count == 0)
            throw new ArgumentException("There is no line to compare.", nameof(rows));
        var settings = rows.Select(row => $"{row.Dataset}: {row.Setting}").Distinct().ToArray();
        if (settings.Length > 1)
            throw new ArgumentException(
                $"Two protocols do not share a table or a chart: '{settings[0]}' and '{settings[1]}'. "
                    + "Choose the lines of one data set and one protocol."
            );
    }

    // Bars of one name could not be told apart.
    private static string[] Names(ComparedRow[] rows)
    {
        var names = rows.Select(row => $"{row.Name} ({(row.IsOurs ? "ours" : Short(row.Source))})").ToArray();
        return
        [
            .. names
                .Index()
                .Select(name => names[..name.Index].Contains(name.Item) ? $"{name.Item}, {name.Index + 1}" : name.Item),
        ];
    }

    // "owner/name (commit), table" is known by its name, a paper by what stands before its venue.
    private static string Short(string source)
    {
        var end = source.IndexOfAny([',', '(', ':']);
        var head = (end > 0 ? source[..end] : source).Trim();
        var name = head[(head.LastIndexOf('/') + 1)..];
        return name.Length <= LongestSource ? name : $"{name[..(LongestSource - 1)]}…";
    }
}

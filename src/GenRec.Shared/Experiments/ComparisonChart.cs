using GenRec.Shared.Display;
using GenRec.Shared.Plotting;

namespace GenRec.Shared.Experiments;

/// <summary>Bars of own and published numbers, of one data set and one protocol only.</summary>
public static class ComparisonChart
{
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
                $"{drawn[0].Setting}. Ours with 95% intervals over seeds; published values as printed.",
                "system",
                metric
            ),
            Names(drawn),
            [
                .. new[] { true, false }
                    .Where(ours => drawn.Any(row => row.IsOurs == ours))
                    .Select(ours => new BarSeries(
                        ours ? "ours" : "published",
                        [.. drawn.Select(row => row.IsOurs == ours ? row.Metrics[metric] : double.NaN)],
                        ours
                            ?
                            [
                                .. drawn.Select(row =>
                                    row.HalfWidths.TryGetValue(metric, out var width) ? width : double.NaN
                                ),
                            ]
                            : null
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

    // Bars of one name would hide each other's.
    private static string[] Names(ComparedRow[] rows)
    {
        var names = rows.Select(row => row.IsOurs ? $"{row.Name} (ours)" : $"{row.Name}, {Short(row.Source)}")
            .ToArray();
        return
        [
            .. names
                .Index()
                .Select(name =>
                    names[..name.Index].Contains(name.Item) ? $"{name.Item} ({name.Index + 1})" : name.Item
                ),
        ];
    }

    private static string Short(string source) =>
        source.IndexOfAny([',', '(']) is > 0 and var end ? source[..end].Trim() : source;
}

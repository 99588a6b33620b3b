using Microsoft.Data.Analysis;

namespace GenRec.Shared.Display;

/// <summary>One line of a metric table: a system, its metrics, and where they come from.</summary>
/// <param name="System">Name of the model or variant.</param>
/// <param name="Metrics">Metric name (<c>"Recall@10"</c>) to mean.</param>
/// <param name="StandardErrors">Metric name to the standard error of its mean over seeds, or null.</param>
/// <param name="Source">A paper's table, "ours, three seeds", or null.</param>
public sealed record MetricRow(
    string System,
    IReadOnlyDictionary<string, double> Metrics,
    IReadOnlyDictionary<string, double>? StandardErrors = null,
    string? Source = null
) : RichRecord
{
    /// <inheritdoc/>
    protected override Table AsTable() => Tables.Metrics([this]);
}

/// <summary>Tables from the project's usual values.</summary>
public static class Tables
{
    /// <summary>A data frame, all columns, in its row order.</summary>
    public static Table AsTable(this DataFrame frame)
    {
        ArgumentNullException.ThrowIfNull(frame);
        return new Table(
            [.. frame.Columns.Select(column => new TableColumn(column.Name))],
            [.. frame.Rows.Select(row => (object?[])[.. row])]
        );
    }

    /// <summary>
    /// Systems against metrics, four decimals, "mean ± standard error" where errors are known; the best mean of each column stands out,
    /// the smallest where <see cref="MetricSenses"/> says that smaller is better.
    /// </summary>
    /// <param name="rows">The systems in the order to show.</param>
    /// <param name="metrics">The metrics to show; null shows all in order of first appearance. A missing value stays empty.</param>
    public static Table Metrics(IReadOnlyList<MetricRow> rows, IReadOnlyList<string>? metrics = null)
    {
        ArgumentNullException.ThrowIfNull(rows);
        metrics ??= [.. rows.SelectMany(row => row.Metrics.Keys).Distinct()];
        var sources = rows.Any(row => row.Source is not null);
        var columns = new List<TableColumn> { "system" };
        columns.AddRange(metrics.Select(metric => new TableColumn(metric, AlignRight: true)));
        if (sources)
            columns.Add("source");
        var best = new HashSet<(int Row, int Column)>();
        for (var at = 0; at < metrics.Count && rows.Count > 1; at++)
        {
            var sense = MetricSenses.Of(metrics[at]);
            double[] means = [.. rows.Where(Has).Select(row => row.Metrics[metrics[at]])];
            if (sense == MetricSense.None || means.Length == 0)
                continue;
            var top = sense == MetricSense.Smaller ? means.Min() : means.Max();
            best.UnionWith(
                rows.Index()
                    .Where(row => Has(row.Item) && row.Item.Metrics[metrics[at]] == top)
                    .Select(row => (row.Index, at + 1))
            );

            bool Has(MetricRow row) => row.Metrics.ContainsKey(metrics[at]);
        }
        return new Table(columns, [.. rows.Select(Cells)]) { MaxRows = Math.Max(1, rows.Count), Emphasised = best };

        object?[] Cells(MetricRow row)
        {
            var cells = new List<object?> { row.System };
            cells.AddRange(metrics.Select(metric => Cell(row, metric)));
            if (sources)
                cells.Add(row.Source);
            return [.. cells];
        }
    }

    /// <summary>Run curves side by side: one row for each step, one column for each run.</summary>
    /// <param name="step">Head of the first column, with its unit: <c>"epoch"</c>.</param>
    /// <param name="runs">Name of the run and its (step, value) points.</param>
    public static Table Curves(
        string step,
        IReadOnlyList<(string Name, IReadOnlyList<(double Step, double Value)> Points)> runs
    )
    {
        ArgumentNullException.ThrowIfNull(runs);
        var byStep = new SortedDictionary<double, object?[]>();
        for (var run = 0; run < runs.Count; run++)
            foreach (var (at, value) in runs[run].Points)
            {
                if (!byStep.TryGetValue(at, out var cells))
                    byStep[at] = cells = new object?[runs.Count];
                cells[run] = value;
            }
        return new Table(
            [step, .. runs.Select(run => new TableColumn(run.Name, AlignRight: true))],
            [.. byStep.Select(pair => (object?[])[pair.Key, .. pair.Value])]
        );
    }

    private static string? Cell(MetricRow row, string metric)
    {
        if (!row.Metrics.TryGetValue(metric, out var mean))
            return null;
        return row.StandardErrors?.TryGetValue(metric, out var error) == true
            ? $"{mean:F4} ± {error:F4}"
            : $"{mean:F4}";
    }
}

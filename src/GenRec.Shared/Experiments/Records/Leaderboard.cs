using GenRec.Shared.Display;
using GenRec.Shared.Plotting;

namespace GenRec.Shared.Experiments.Records;

/// <summary>Our records in one place: filters, tables, and which of them nothing beats in accuracy and cost at once.</summary>
public sealed class Leaderboard : RichObject
{
    /// <summary>Takes records; those that no ranking measured are left out.</summary>
    public Leaderboard(IEnumerable<ResultRecord> records)
    {
        ArgumentNullException.ThrowIfNull(records);
        Records = [.. records.Where(record => record.Protocol.Ranking != "none")];
    }

    /// <summary>The records, in their order.</summary>
    public IReadOnlyList<ResultRecord> Records { get; }

    /// <summary>Names of the data sets, of most records first.</summary>
    public IReadOnlyList<string> Datasets => ByCount(record => record.Dataset);

    /// <summary>The protocols in words, of most records first.</summary>
    public IReadOnlyList<string> Protocols => ByCount(record => record.Protocol.Words);

    /// <summary>The systems, of most records first.</summary>
    public IReadOnlyList<string> Systems => ByCount(record => record.System);

    /// <summary>The records that agree with every filter given.</summary>
    /// <param name="dataset">Name of a data set, or null for all.</param>
    /// <param name="protocol">A protocol in words, or null for all.</param>
    /// <param name="system">Folder name of a system, or null for all.</param>
    /// <exception cref="ArgumentException">No record has this data set, protocol or system; names those that there are.</exception>
    public Leaderboard Where(string? dataset = null, string? protocol = null, string? system = null)
    {
        Need(dataset, Datasets, nameof(dataset));
        Need(protocol, Protocols, nameof(protocol));
        Need(system, Systems, nameof(system));
        return new Leaderboard(
            Records.Where(record =>
                (dataset is null || record.Dataset == dataset)
                && (protocol is null || record.Protocol.Words == protocol)
                && (system is null || record.System == system)
            )
        );
    }

    /// <summary>The records as a table, the best of the metric first.</summary>
    /// <param name="metric">The metric to sort by, for example <c>NDCG@10</c>.</param>
    /// <exception cref="ArgumentException">The records are of several data sets or protocols, or none has the metric.</exception>
    public Table Ranked(string metric)
    {
        var ranked = With(metric).OrderByDescending(record => record.Metrics[metric].Mean).ToArray();
        string[] shown = [metric, .. ranked[0].Metrics.Keys.Where(name => name != metric).Take(3)];
        return new Table(
            [
                "system",
                .. shown.Select(name => new TableColumn(name, AlignRight: true)),
                "seeds",
                new("parameters", "N0"),
                new("training [s]", "N0"),
            ],
            [
                .. ranked.Select(record =>
                    (object?[])
                        [
                            $"{record.System}, {record.Variant}",
                            .. shown.Select(name => Cell(record, name)),
                            record.Seeds.Count,
                            record.Parameters,
                            record.Seconds,
                        ]
                ),
            ]
        )
            .Top(ranked.Length)
            .Titled(
                $"{ranked[0].Dataset}: {ranked[0].Protocol.Words}",
                "± is the 95% interval over seeds (Student's t)."
            );
    }

    /// <summary>The records that no other beats in the metric without costing more.</summary>
    /// <param name="metric">Higher is better.</param>
    /// <param name="cost">Lower is better.</param>
    /// <exception cref="ArgumentException">The records are of several data sets or protocols, or none has the metric.</exception>
    public IReadOnlyList<ResultRecord> Front(string metric, Func<ResultRecord, double> cost)
    {
        ArgumentNullException.ThrowIfNull(cost);
        var front = new List<ResultRecord>();
        foreach (var record in With(metric).OrderBy(cost).ThenByDescending(one => one.Metrics[metric].Mean))
            if (front.Count == 0 || record.Metrics[metric].Mean > front[^1].Metrics[metric].Mean)
                front.Add(record);
        return front;
    }

    /// <summary>The metric against the number of trained parameters, the front marked.</summary>
    /// <inheritdoc cref="Front" path="/exception"/>
    public Figure AgainstParameters(string metric) => Against(metric, "trained parameters", one => one.Parameters);

    /// <summary>The metric against training time, the front marked. Times of different machines stand side by side: see the records.</summary>
    /// <inheritdoc cref="Front" path="/exception"/>
    public Figure AgainstSeconds(string metric) => Against(metric, "training time [s]", one => one.Seconds);

    /// <inheritdoc/>
    protected override Table AsTable() =>
        Table
            .Of(
                Records,
                ("system", record => record.System),
                ("variant", record => record.Variant),
                ("data set", record => record.Dataset),
                ("protocol", record => record.Protocol.Words),
                ("seeds", record => record.Seeds.Count),
                (
                    new("NDCG@10", "F4"),
                    record => record.Metrics.TryGetValue("NDCG@10", out var value) ? value.Mean : null
                )
            )
            .Top(Math.Max(1, Records.Count));

    private Figure Against(string metric, string axis, Func<ResultRecord, double> cost)
    {
        var records = With(metric);
        var front = Front(metric, cost);
        var costs = records.Select(cost).ToArray();
        return Figures.Scatter(
            new FigureText(
                $"{records[0].Dataset}: {metric} against {axis.Split('[')[0].Trim()}",
                $"{records[0].Protocol.Words}. Front: nothing reaches as much for less.",
                axis,
                metric
            ),
            [
                .. records
                    .OrderBy(cost)
                    .Select(record => new PointSeries(
                        $"{record.System}, {record.Variant}{(front.Contains(record) ? " (front)" : "")}",
                        [cost(record)],
                        [record.Metrics[metric].Mean],
                        YErrors: [Width(record, metric) ?? double.NaN]
                    )),
            ],
            logX: costs.Min() > 0 && costs.Max() > 10 * costs.Min() // else a logarithmic axis has no mark to read
        );
    }

    private IReadOnlyList<ResultRecord> With(string metric)
    {
        ArgumentException.ThrowIfNullOrEmpty(metric);
        if (Records.Count > 0)
            ComparisonChart.NeedOneProtocol(ComparedRow.Of(Records));
        ResultRecord[] found = [.. Records.Where(record => record.Metrics.ContainsKey(metric))];
        if (found.Length > 0)
            return found;
        var there = string.Join(", ", Records.SelectMany(record => record.Metrics.Keys).Distinct());
        throw new ArgumentException($"No record has {metric}; there are {there}.", nameof(metric));
    }

    private static double? Width(ResultRecord record, string metric) =>
        SeedInterval.HalfWidth(record.Metrics[metric], record.Seeds.Count);

    private static string? Cell(ResultRecord record, string metric) =>
        !record.Metrics.TryGetValue(metric, out var value) ? null
        : Width(record, metric) is { } width ? $"{value.Mean:F4} ± {width:F4}"
        : $"{value.Mean:F4}";

    private string[] ByCount(Func<ResultRecord, string> key) =>
        [.. Records.GroupBy(key).OrderByDescending(group => group.Count()).Select(group => group.Key)];

    private static void Need(string? wanted, IReadOnlyList<string> there, string name)
    {
        if (wanted is not null && !there.Contains(wanted))
            throw new ArgumentException(
                $"No record has the {name} '{wanted}'; there are {string.Join(", ", there)}.",
                name
            );
    }
}

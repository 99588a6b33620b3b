using GenRec.Shared.Display;
using GenRec.Shared.Reading;

namespace GenRec.Shared.Experiments.Records;

/// <summary>Our records beside published rows, one table a protocol: two numbers compare only where the protocol agrees.</summary>
public static class ResultComparison
{
    private static readonly string[] First =
    [
        PublishedResults.FullRankingKept,
        PublishedResults.FullRankingUnseen,
        PublishedResults.FullRankingUnstated,
    ];

    private static readonly string[] Served =
    [
        "utility",
        "utilityBefore",
        "reward",
        "rewardBefore",
        "truthOfWatched",
        "rewardMax",
        "truthOfRewardMax",
        "diversity",
        "repeatShare",
        "catalogueShare",
        "nextTokenLoss",
        "samplingSeconds",
        "rewardSeconds",
        "updateSeconds",
    ];

    /// <summary>Tables of one data set, by protocol; a protocol that neither side has is left out.</summary>
    /// <param name="records">Our records, of any data set.</param>
    /// <param name="published">Published rows, of any data set and ranking.</param>
    /// <param name="dataset">Name of the data set, the same on both sides.</param>
    /// <param name="metrics">The metrics to show; null shows Recall and NDCG at 5 and 10, and all where none of those is there.</param>
    /// <remarks>
    /// A published full ranking whose source does not say whether seen items are left out stands in a table of its own.
    /// </remarks>
    public static IReadOnlyList<Table> Of(
        IReadOnlyList<ResultRecord> records,
        IReadOnlyList<PublishedResult> published,
        string dataset,
        IReadOnlyList<string>? metrics = null
    )
    {
        ArgumentNullException.ThrowIfNull(records);
        ArgumentNullException.ThrowIfNull(published);
        return
        [
            .. Settings(records, published, dataset)
                .Select(setting => Of(setting.Rows, $"{dataset}: {setting.Name}", metrics))
                .OfType<Table>(),
        ];
    }

    /// <summary>The lines of one data set by split and protocol, ours first; full rankings come first.</summary>
    public static IReadOnlyList<(string Name, IReadOnlyList<ComparedRow> Rows)> Settings(
        IReadOnlyList<ResultRecord> records,
        IReadOnlyList<PublishedResult> published,
        string dataset
    )
    {
        var rows = ComparedRow
            .Of(records.Where(record => record.Dataset == dataset && record.Protocol.Ranking != "none"))
            .Concat(ComparedRow.Of(published.Where(row => row.Dataset == dataset)));
        return
        [
            .. rows.GroupBy(row => row.Setting)
                .OrderBy(group => Array.IndexOf(First, group.Key) is >= 0 and var at ? at : First.Length)
                .Select(group => (group.Key, (IReadOnlyList<ComparedRow>)[.. group])),
        ];
    }

    /// <summary>Our records on the embedded feeds, a table each; no published number stands in them.</summary>
    /// <param name="records">Our records, of any data set.</param>
    /// <param name="dataset">One feed, <c>world-feed</c>; null shows all.</param>
    /// <param name="metrics">The metrics to show; null shows what is served, what the reward model says of it, and the seconds.</param>
    /// <remarks>
    /// A simulated user's utility and a score of somebody's reward model on private logs have no common scale, so that the two are
    /// never beside each other; see <see cref="Unranked"/>.
    /// </remarks>
    public static IReadOnlyList<Table> OfFeeds(
        IReadOnlyList<ResultRecord> records,
        string? dataset = null,
        IReadOnlyList<string>? metrics = null
    )
    {
        ArgumentNullException.ThrowIfNull(records);
        return
        [
            .. records
                .Where(record => record.Protocol.Ranking == "none" && IsFeed(record.Dataset))
                .Where(record => dataset is null || record.Dataset == dataset)
                .GroupBy(record => record.Dataset)
                .Select(group =>
                {
                    var all = group.SelectMany(record => record.Metrics.Keys).Distinct().ToArray();
                    var shown = (metrics ?? Served).Where(all.Contains).ToArray();
                    return shown.Length == 0
                        ? null
                        : Tables
                            .Metrics([.. ComparedRow.Of(group).Select(Row)], shown)
                            .Titled(
                                $"{group.Key}: simulated users, true utility of what is served",
                                "Utility is the oracle's; reward is the score of the model that chose the pairs. Numbers of this simulated "
                                    + "feed compare with each other and with nothing published."
                            );
                })
                .OfType<Table>(),
        ];
    }

    /// <summary>What sources print that no ranking measured, a table for each source and data set.</summary>
    /// <param name="published">Published rows of one system's file.</param>
    public static IReadOnlyList<Table> Unranked(IReadOnlyList<PublishedResult> published)
    {
        ArgumentNullException.ThrowIfNull(published);
        return
        [
            .. published
                .Where(row => !ComparedRow.IsRanked(row))
                .GroupBy(row => (row.Source, row.Dataset, row.Ranking))
                .Select(group =>
                    Tables
                        .Metrics([
                            .. group
                                .GroupBy(row => (row.System, row.Variant))
                                .Select(rows => new MetricRow(
                                    rows.Key.Variant == "as printed"
                                        ? rows.Key.System
                                        : $"{rows.Key.System}, {rows.Key.Variant}",
                                    rows.ToDictionary(row => row.Metric, row => row.Value)
                                )),
                        ])
                        .Titled(
                            $"{group.Key.Dataset}: as printed in {group.Key.Source}",
                            "Nothing of ours is measured so."
                        )
                ),
        ];
    }

    internal static bool IsFeed(string dataset) => dataset.StartsWith("world-feed", StringComparison.Ordinal);

    /// <summary>Lines of one protocol as a table; null where no line has one of the metrics.</summary>
    /// <exception cref="ArgumentException">The lines are of several data sets or protocols.</exception>
    public static Table? Of(IReadOnlyList<ComparedRow> rows, string title, IReadOnlyList<string>? metrics = null)
    {
        ComparisonChart.NeedOneProtocol(rows);
        var shown = Shown(rows, metrics);
        if (shown.Length == 0)
            return null;
        var caption =
            rows.Any(row => row.IsOurs) ? null
            : rows[0].Protocol == PublishedResults.FullRankingUnstated
                ? "The sources do not say whether seen items are ranked: read these beside both of the other full rankings."
            : "No run of ours is recorded under this protocol.";
        return Tables
            .Metrics([.. rows.Where(row => shown.Any(row.Metrics.ContainsKey)).Select(Row)], shown)
            .Titled(title, caption);
    }

    /// <summary>A record as a line of a metric table: mean and standard error over its seeds.</summary>
    public static MetricRow Row(ResultRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        var errors = record
            .Metrics.Where(metric => metric.Value.StandardError is not null)
            .ToDictionary(metric => metric.Key, metric => metric.Value.StandardError!.Value);
        var row = ComparedRow.Of([record])[0];
        return new MetricRow(row.Name, row.Metrics, errors.Count > 0 ? errors : null, row.Source);
    }

    private static MetricRow Row(ComparedRow row) =>
        new(row.Name, row.Metrics, row.HalfWidths.Count > 0 ? row.HalfWidths : null, row.Source + Interval(row));

    private static string Interval(ComparedRow row) => row.HalfWidths.Count > 0 ? ", ± 95% interval" : "";

    private static string[] Shown(IReadOnlyList<ComparedRow> rows, IReadOnlyList<string>? metrics)
    {
        bool IsThere(string metric) => rows.Any(row => row.Metrics.ContainsKey(metric));
        if (metrics is not null)
            return [.. metrics.Where(IsThere)];
        string[] usual = [.. new[] { "Recall@5", "NDCG@5", "Recall@10", "NDCG@10", "HR@10" }.Where(IsThere)];
        return usual.Length > 0 ? usual : [.. rows.SelectMany(row => row.Metrics.Keys).Distinct()];
    }
}

using GenRec.Shared.Display;
using GenRec.Shared.Evaluation;
using GenRec.Shared.Reading;

namespace GenRec.Shared.Experiments;

/// <summary>Our records beside published rows, one table a protocol: two numbers compare only where the protocol agrees.</summary>
public static class ResultComparison
{
    private const string Unstated = "full ranking, seen items not mentioned";

    private static readonly string[] Shown = ["Recall@5", "NDCG@5", "Recall@10", "NDCG@10"];

    /// <summary>Tables of one data set, by protocol; a protocol that neither side has is left out.</summary>
    /// <param name="records">Our records, of any data set.</param>
    /// <param name="published">Published rows, of any data set and ranking.</param>
    /// <param name="dataset">Name of the data set, the same on both sides.</param>
    /// <remarks>
    /// A published full ranking whose source does not say whether seen items are left out stands in a table of its own.
    /// </remarks>
    public static IReadOnlyList<Table> Of(
        IReadOnlyList<ResultRecord> records,
        IReadOnlyList<PublishedResult> published,
        string dataset
    )
    {
        ArgumentNullException.ThrowIfNull(records);
        ArgumentNullException.ThrowIfNull(published);
        var ours = records.Where(record => record.Dataset == dataset).ToArray();
        var theirs = published.Where(row => row.Dataset == dataset).ToArray();
        return
        [
            .. new[]
            {
                Part(
                    "full ranking, seen items kept",
                    IsFull(SeenFilter.None),
                    row => row.SeenFilter == false && IsFullRow(row)
                ),
                Part(
                    "full ranking, seen items left out",
                    IsFull(SeenFilter.History),
                    row => row.SeenFilter == true && IsFullRow(row)
                ),
                Part(Unstated, _ => false, row => row.SeenFilter is null && IsFullRow(row)),
                Part(
                    "target among 100 uniform negatives",
                    IsSampled,
                    row => row.Ranking == PublishedResults.SampledRanking
                ),
                Part(
                    "target among 100 negatives drawn by popularity",
                    IsPopular,
                    row => row.Ranking == PublishedResults.PopularityRanking
                ),
            }.OfType<Table>(),
        ];

        Table? Part(string protocol, Func<ResultRecord, bool> isOurs, Func<PublishedResult, bool> isTheirs)
        {
            var own = ours.Where(isOurs).Select(Row).ToArray();
            MetricRow[] rows = [.. own, .. theirs.Where(isTheirs).AsMetricRows()];
            var caption =
                own.Length > 0 ? null
                : protocol == Unstated
                    ? "The sources do not say whether seen items are ranked: read these beside both of the above."
                : "No run of ours is recorded under this protocol.";
            return rows.Length == 0
                ? null
                : Tables
                    .Metrics(rows, [.. Shown.Where(metric => rows.Any(row => row.Metrics.ContainsKey(metric)))])
                    .Titled($"{dataset}: {protocol}", caption);
        }
    }

    /// <summary>A record as a line of a metric table: mean and standard error over its seeds.</summary>
    public static MetricRow Row(ResultRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        var errors = record
            .Metrics.Where(metric => metric.Value.StandardError is not null)
            .ToDictionary(metric => metric.Key, metric => metric.Value.StandardError!.Value);
        var seeds = record.Seeds.Count == 1 ? "one seed" : $"{record.Seeds.Count} seeds";
        return new MetricRow(
            $"{record.System}, {record.Variant}",
            record.Metrics.ToDictionary(metric => metric.Key, metric => metric.Value.Mean),
            errors.Count > 0 ? errors : null,
            $"ours, {seeds}"
        );
    }

    private static Func<ResultRecord, bool> IsFull(SeenFilter filter) =>
        record => record.Protocol.Ranking == PublishedResults.FullRanking && record.Protocol.SeenFilter == filter;

    private static bool IsSampled(ResultRecord record) =>
        record.Protocol.Ranking.StartsWith(PublishedResults.SampledRanking, StringComparison.Ordinal);

    private static bool IsPopular(ResultRecord record) =>
        record.Protocol.Ranking.StartsWith(PublishedResults.PopularityRanking, StringComparison.Ordinal);

    private static bool IsFullRow(PublishedResult row) => row.Ranking == PublishedResults.FullRanking;
}

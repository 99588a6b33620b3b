using GenRec.Shared.Display;

namespace GenRec.Shared.Experiments.Records;

/// <summary>Recorded semantic ids of one data set side by side: ours over their seeds, and published sets measured the same way.</summary>
public static class SemanticIdComparison
{
    /// <summary>The system that records of semantic ids name.</summary>
    public const string System = "semantic-ids";

    private const string Published = "-published";

    /// <summary>How the ids are by themselves; empty where the data set has no record.</summary>
    /// <param name="records">Records of any system and data set.</param>
    /// <param name="dataset">Name of the data set.</param>
    public static Table Of(IReadOnlyList<ResultRecord> records, string dataset)
    {
        var rows = Rows(records, dataset);
        return Table
            .Of(
                rows,
                ("ids", record => Name(record)),
                ("from", record => Origin(record)),
                (new("least used level", "P1"), record => LeastUsage(record)),
                ("perplexity by level", record => Perplexities(record)),
                (new("collisions before", "P2"), record => Mean(record, "collision-rate-before")),
                (new("largest group", "F0"), record => Mean(record, "largest-group-before")),
                (new("collisions now", "P2"), record => Mean(record, "collision-rate")),
                (new("explained", "P1"), record => Mean(record, $"explained-{ContentLevels(record)}")),
                (new("reconstruction error", "P1"), record => Mean(record, "reconstruction-error")),
                (new("NMI level 1", "F3"), record => Mean(record, "category-nmi-1")),
                (new("neighbours kept", "P1"), record => Mean(record, "neighbour-share")),
                (new("seconds", "F0"), record => IsPublished(record) ? null : record.Seconds)
            )
            .Top(Math.Max(1, rows.Length))
            .Titled(
                $"{dataset}: recorded semantic ids",
                "Means over the seeds. Collisions are (N - different tuples) / N: before is the quantiser's own codes; of a published "
                    + "set the codes without a number, where it has one, and otherwise the set as it was published, perhaps repaired."
            );
    }

    /// <summary>What shared codes do to recall, before any repair; empty where no record holds it.</summary>
    /// <inheritdoc cref="Of"/>
    public static Table Recall(IReadOnlyList<ResultRecord> records, string dataset)
    {
        var rows = Rows(records, dataset)
            .Where(record => record.Metrics.ContainsKey("itemknn-recall-10-by-tuple"))
            .OrderBy(record => Mean(record, "collision-rate-before"))
            .ToArray();
        return Table
            .Of(
                rows,
                ("ids", record => Name(record)),
                ("from", record => Origin(record)),
                (new("collisions before", "P2"), record => Mean(record, "collision-rate-before")),
                (new("by tuple", "F4"), record => Mean(record, "itemknn-recall-10-by-tuple")),
                (new("by member", "F4"), record => Mean(record, "itemknn-recall-10-by-member")),
                (new("by list", "F4"), record => Mean(record, "itemknn-recall-10-by-list")),
                (
                    new("tuple over member", "P1"),
                    record =>
                        Mean(record, "itemknn-recall-10-by-tuple") / Mean(record, "itemknn-recall-10-by-member") - 1
                )
            )
            .Top(Math.Max(1, rows.Length))
            .Titled(
                $"{dataset}: Recall@10 of ItemKNN over tuples, counted in three ways",
                "By tuple: the target's tuple is listed. By member: one random member stands for its tuple. By list: all members "
                    + "are listed, ten items in all."
            );
    }

    /// <summary>Levels that come from content, as the record's measures tell.</summary>
    public static int ContentLevels(ResultRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        var levels = 0;
        while (record.Metrics.ContainsKey($"explained-{levels + 1}"))
            levels++;
        return levels;
    }

    /// <summary>Share of the codes in use on the level that uses the fewest.</summary>
    public static double LeastUsage(ResultRecord record) =>
        Enumerable.Range(1, ContentLevels(record)).Min(level => record.Metrics[$"usage-{level}"].Mean);

    private static ResultRecord[] Rows(IReadOnlyList<ResultRecord> records, string dataset)
    {
        ArgumentNullException.ThrowIfNull(records);
        return
        [
            .. records
                .Where(record => record.System == System && record.Dataset == dataset)
                .OrderBy(IsPublished)
                .ThenBy(record => record.Variant, StringComparer.Ordinal),
        ];
    }

    private static bool IsPublished(ResultRecord record) =>
        record.Variant.EndsWith(Published, StringComparison.Ordinal);

    private static string Name(ResultRecord record) =>
        IsPublished(record) ? record.Variant[..^Published.Length] : record.Variant;

    private static string Origin(ResultRecord record) =>
        IsPublished(record) ? "published"
        : record.Seeds.Count == 1 ? "ours, one seed"
        : $"ours, {record.Seeds.Count} seeds";

    private static double? Mean(ResultRecord record, string metric) =>
        record.Metrics.TryGetValue(metric, out var mean) ? mean.Mean : null;

    /// <summary>How many equally used codes each level would be worth; of many levels the first and the last two.</summary>
    private static string Perplexities(ResultRecord record)
    {
        var all = Enumerable
            .Range(1, ContentLevels(record))
            .Select(level => $"{record.Metrics[$"perplexity-{level}"].Mean:F0}")
            .ToArray();
        return all.Length <= 5 ? string.Join(", ", all) : $"{all[0]}, {all[1]}, ..., {all[^2]}, {all[^1]}";
    }
}

using GenRec.Shared.Display;
using GenRec.Shared.Evaluation;
using GenRec.Shared.Reading;

namespace GenRec.Shared.Experiments.Records;

/// <summary>One line of a comparison: a record of ours, or what one source publishes of one system.</summary>
/// <param name="System">As a source spells it, or a record's folder.</param>
/// <param name="Variant">What sets it apart.</param>
/// <param name="Dataset">Name of the data set.</param>
/// <param name="Split">How it was divided.</param>
/// <param name="Protocol">The protocol in words; two lines compare only where these and the split agree.</param>
/// <param name="Metrics">Values by metric.</param>
/// <param name="HalfWidths">Half lengths of the 95% confidence intervals over seeds; empty where there is one seed, or a source prints none.</param>
/// <param name="Source">"ours" and the seeds, or the source.</param>
/// <param name="IsOurs">Whether it is a record of ours.</param>
public sealed record ComparedRow(
    string System,
    string Variant,
    string Dataset,
    string Split,
    string Protocol,
    IReadOnlyDictionary<string, double> Metrics,
    IReadOnlyDictionary<string, double> HalfWidths,
    string Source,
    bool IsOurs
) : RichRecord
{
    /// <summary>System and variant.</summary>
    public string Name => Variant == "as printed" ? System : $"{System}, {Variant}";

    /// <summary>Split and protocol together: what must agree.</summary>
    public string Setting => Split == "leave-one-out" ? Protocol : $"{Protocol}; {Split}";

    /// <summary>The records as lines.</summary>
    public static IReadOnlyList<ComparedRow> Of(IEnumerable<ResultRecord> records) => [.. records.Select(Of)];

    /// <summary>The published numbers as lines, one for each system, variant, source and data set; repeated lines once.</summary>
    /// <param name="published">Rows of any files; what no ranking measured is left out.</param>
    public static IReadOnlyList<ComparedRow> Of(IEnumerable<PublishedResult> published) =>
        [
            .. published
                .Where(IsRanked)
                .GroupBy(row => (row.System, row.Variant, row.Dataset, row.Split, row.Protocol, row.Source))
                .Select(group => new ComparedRow(
                    group.Key.System,
                    group.Key.Variant,
                    group.Key.Dataset,
                    group.Key.Split,
                    group.Key.Protocol,
                    ByMetric(group),
                    new Dictionary<string, double>(),
                    (group.Any(row => row.Unconfirmed) ? "unconfirmed: " : "") + group.Key.Source,
                    false
                ))
                .DistinctBy(row =>
                    (
                        row.Name,
                        row.Dataset,
                        row.Setting,
                        string.Join('/', row.Metrics.Select(metric => $"{metric.Key}={metric.Value}"))
                    )
                ),
        ];

    /// <summary>The name a published system has as a folder of ours: lower case, hyphens for all else.</summary>
    public static string FolderName(string system)
    {
        ArgumentNullException.ThrowIfNull(system);
        var letters = system.Select(letter => char.IsAsciiLetterOrDigit(letter) ? char.ToLowerInvariant(letter) : '-');
        return string.Concat(letters).Trim('-');
    }

    internal static bool IsRanked(PublishedResult row) =>
        row.Ranking == PublishedResults.FullRanking || row.Ranking.StartsWith("sampled-", StringComparison.Ordinal);

    // The same number may stand in two files, once as HR and once as Recall.
    private static Dictionary<string, double> ByMetric(IEnumerable<PublishedResult> rows)
    {
        var metrics = new Dictionary<string, double>();
        foreach (var row in rows)
            metrics.TryAdd(row.Metric, row.Value);
        return metrics;
    }

    private static ComparedRow Of(ResultRecord record)
    {
        var widths = new Dictionary<string, double>();
        foreach (var (name, value) in record.Metrics)
            if (SeedInterval.HalfWidth(value, record.Seeds.Count) is { } width)
                widths[name] = width;
        var seeds = record.Seeds.Count == 1 ? "one seed" : $"{record.Seeds.Count} seeds";
        return new ComparedRow(
            record.System,
            record.Variant,
            record.Dataset,
            record.Split,
            record.Protocol.Words,
            record.Metrics.ToDictionary(metric => metric.Key, metric => metric.Value.Mean),
            widths,
            $"ours, {seeds}",
            true
        );
    }
}

/// <summary>Confidence intervals of a mean over seeds.</summary>
public static class SeedInterval
{
    // Student's t, two-sided 95%, by degrees of freedom 1, 2, ...: Fisher and Yates, Statistical Tables, table III.
    private static readonly double[] Quantiles =
    [
        12.706,
        4.303,
        3.182,
        2.776,
        2.571,
        2.447,
        2.365,
        2.306,
        2.262,
        2.228,
        2.201,
        2.179,
        2.160,
        2.145,
        2.131,
        2.120,
        2.110,
        2.101,
        2.093,
        2.086,
    ];

    /// <summary>Half the length of the 95% interval of the mean, by Student's t; null for one seed, which has none.</summary>
    /// <param name="mean">Mean and standard error.</param>
    /// <param name="seeds">Number of seeds; above 21, the last quantile of the table is taken, which is a little wide.</param>
    public static double? HalfWidth(SeedMean mean, int seeds)
    {
        ArgumentNullException.ThrowIfNull(mean);
        return mean.StandardError is { } error && seeds >= 2
            ? error * Quantiles[Math.Min(seeds - 1, Quantiles.Length) - 1]
            : null;
    }
}

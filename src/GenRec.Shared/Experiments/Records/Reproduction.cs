using GenRec.Shared.Display;
using GenRec.Shared.Reading;

namespace GenRec.Shared.Experiments.Records;

/// <summary>Whether our runs bring a published number back.</summary>
public enum ReproductionStatus
{
    /// <summary>No run of ours is recorded under its protocol.</summary>
    NotRun,

    /// <summary>More than a tenth away.</summary>
    NotReproduced,

    /// <summary>Within a tenth.</summary>
    Close,

    /// <summary>Within seed noise or a fiftieth, over at least three seeds.</summary>
    Reproduced,
}

/// <summary>One metric of a claim beside ours.</summary>
/// <param name="Metric">As the source names it.</param>
/// <param name="Published">The published value.</param>
/// <param name="Ours">Our mean over seeds.</param>
/// <param name="HalfWidth">Half of its 95% confidence interval; null for one seed.</param>
/// <param name="Status">What the rule makes of it.</param>
public sealed record MetricVerdict(
    string Metric,
    double Published,
    double Ours,
    double? HalfWidth,
    ReproductionStatus Status
) : RichRecord
{
    /// <summary>How far ours is above the published value, as a share of it.</summary>
    public double Gap => Published == 0 ? (Ours == 0 ? 0 : double.PositiveInfinity) : (Ours - Published) / Published;
}

/// <summary>What a source says of a system on a data set, and the record of ours that comes nearest to it.</summary>
/// <param name="Claim">The published line.</param>
/// <param name="By">Whose claim it is.</param>
/// <param name="Record">Our record; null where none is comparable.</param>
/// <param name="Metrics">The metrics that both sides have; empty without a record.</param>
/// <param name="Status">The weakest of the metrics.</param>
public sealed record ClaimVerdict(
    ComparedRow Claim,
    PublishedBy By,
    ResultRecord? Record,
    IReadOnlyList<MetricVerdict> Metrics,
    ReproductionStatus Status
) : RichRecord
{
    /// <summary>The metric that decides: the weakest, and of those the farthest away; null without a record.</summary>
    public MetricVerdict? Decisive =>
        Metrics.OrderBy(metric => metric.Status).ThenByDescending(metric => Math.Abs(metric.Gap)).FirstOrDefault();
}

/// <summary>A system's state.</summary>
/// <param name="System">As the reading list names it.</param>
/// <param name="Status">What <see cref="Reproduction.Rule"/> makes of its claims.</param>
/// <param name="By">Whose claims decided; null where none was run.</param>
/// <param name="Claims">All claims that a ranking measured.</param>
public sealed record SystemStatus(
    string System,
    ReproductionStatus Status,
    PublishedBy? By,
    IReadOnlyList<ClaimVerdict> Claims
) : RichRecord;

/// <summary>Judges our records against published claims by one stated rule.</summary>
public static class Reproduction
{
    private const double CloseGap = 0.10;
    private const double EqualGap = 0.02;
    private const int FewestSeeds = 3;

    /// <summary>The rule, for the reader of a table.</summary>
    public const string Rule =
        "A number is reproduced when, over at least three seeds, our 95% confidence interval (Student's t over seeds) holds the "
        + "published value or our mean lies within 2% of it, and in any case within 10%; close when our mean lies within 10%; "
        + "not reproduced beyond, above as well as below. Of a claim every metric that both sides have counts, and the weakest "
        + "decides. Data set, split, protocol and variant must agree; where a source does not say whether seen items are "
        + "ranked, both of our protocols are tried and the nearer one is named. A system has the weakest status of its paper's "
        + "claims that we ran; where we ran none of those, the status that most claims of other people's runs have (of "
        + "equally many the weaker).";

    /// <summary>The state of every system, in the order of the reading list.</summary>
    /// <param name="records">Our records.</param>
    /// <param name="published">The files by name, see <see cref="PublishedResults.LoadAll"/>.</param>
    public static IReadOnlyList<SystemStatus> Of(
        IReadOnlyList<ResultRecord> records,
        IReadOnlyDictionary<string, PublishedFile> published
    )
    {
        ArgumentNullException.ThrowIfNull(records);
        ArgumentNullException.ThrowIfNull(published);
        return [.. published.Values.Select(file => Of(file, records))];
    }

    /// <summary>The state of one system.</summary>
    public static SystemStatus Of(PublishedFile file, IReadOnlyList<ResultRecord> records)
    {
        ArgumentNullException.ThrowIfNull(file);
        ArgumentNullException.ThrowIfNull(records);
        var claims = file
            .Rows.Where(row => row.System == file.System && ComparedRow.IsRanked(row))
            .GroupBy(row => (row.Variant, row.Dataset, row.Split, row.Protocol, row.Source))
            .Select(rows => Judge([.. rows], records))
            .ToArray();
        foreach (var by in Enum.GetValues<PublishedBy>())
        {
            var run = claims.Where(claim => claim.By == by && claim.Record is not null).ToArray();
            if (run.Length > 0)
                return new SystemStatus(
                    file.System,
                    by == PublishedBy.Paper ? run.Min(claim => claim.Status) : MostFrequent(run),
                    by,
                    claims
                );
        }
        return new SystemStatus(file.System, ReproductionStatus.NotRun, null, claims);
    }

    private static ReproductionStatus MostFrequent(IEnumerable<ClaimVerdict> claims) =>
        claims
            .GroupBy(claim => claim.Status)
            .OrderByDescending(group => group.Count())
            .ThenBy(group => group.Key)
            .First()
            .Key;

    /// <summary>Judges one number.</summary>
    /// <param name="published">The published value.</param>
    /// <param name="rounding">Half a unit of its last printed digit.</param>
    /// <param name="ours">Our mean.</param>
    /// <param name="halfWidth">Half of its 95% confidence interval; null for one seed.</param>
    /// <param name="seeds">Number of our seeds.</param>
    public static ReproductionStatus Judge(double published, double rounding, double ours, double? halfWidth, int seeds)
    {
        var away = Math.Max(0, Math.Abs(ours - published) - rounding);
        if (away > CloseGap * Math.Abs(published))
            return ReproductionStatus.NotReproduced;
        var isWithinNoise = halfWidth is { } width && away <= width;
        return seeds >= FewestSeeds && (isWithinNoise || away <= EqualGap * Math.Abs(published))
            ? ReproductionStatus.Reproduced
            : ReproductionStatus.Close;
    }

    private static ClaimVerdict Judge(PublishedResult[] rows, IReadOnlyList<ResultRecord> records)
    {
        var claim = ComparedRow.Of(rows)[0];
        return records
                .Where(record => IsComparable(rows[0], record))
                .Select(record => (Record: record, Metrics: Judge(rows, record)))
                .Where(judged => judged.Metrics.Length > 0)
                .Select(judged => new ClaimVerdict(
                    claim,
                    rows[0].By,
                    judged.Record,
                    judged.Metrics,
                    judged.Metrics.Min(metric => metric.Status)
                ))
                .OrderByDescending(verdict => verdict.Status)
                .ThenBy(verdict => verdict.Metrics.Max(metric => Math.Abs(metric.Gap)))
                .FirstOrDefault()
            ?? new ClaimVerdict(claim, rows[0].By, null, [], ReproductionStatus.NotRun);
    }

    private static MetricVerdict[] Judge(PublishedResult[] rows, ResultRecord record) =>
        [
            .. rows.Where(row => Find(record, row) is not null)
                .Select(row =>
                {
                    var ours = record.Metrics[Find(record, row)!];
                    var width = SeedInterval.HalfWidth(ours, record.Seeds.Count);
                    var status = Judge(row.Value, row.Rounding, ours.Mean, width, record.Seeds.Count);
                    return new MetricVerdict(row.Metric, row.Value, ours.Mean, width, status);
                }),
        ];

    // With one target for each user, HR@k and Recall@k are the same number.
    private static string? Find(ResultRecord record, PublishedResult row) =>
        record.Metrics.ContainsKey(row.Metric) ? row.Metric
        : row.Metric.StartsWith("HR@", StringComparison.Ordinal)
        && row.Split.StartsWith("leave-one-out", StringComparison.Ordinal)
        && $"Recall@{row.Metric[3..]}" is var recall
        && record.Metrics.ContainsKey(recall)
            ? recall
        : null;

    private static bool IsComparable(PublishedResult row, ResultRecord record) =>
        record.System == ComparedRow.FolderName(row.System)
        && record.Dataset == row.Dataset
        && record.Split == row.Split
        && (row.Ours.Count == 0 || row.Ours.Contains(record.BaseVariant))
        && (
            record.Protocol.Words == row.Protocol
            || row.Ranking == PublishedResults.FullRanking
                && row.SeenFilter is null
                && row.Level is "item" or "unstated"
                && record.Protocol.Words is PublishedResults.FullRankingKept or PublishedResults.FullRankingUnseen
        );
}

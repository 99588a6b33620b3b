using System.Globalization;
using GenRec.Shared.Data.Downloads;
using GenRec.Shared.Display;

namespace GenRec.Shared.Reading;

/// <summary>One published number. With one target for each user, HR@k and Recall@k are the same, and are called Recall@k here.</summary>
/// <param name="System">The model: <c>SASRec</c>.</param>
/// <param name="Variant">What sets it apart: loss, size.</param>
/// <param name="Dataset">Name of the data set and of its version: <c>amazon14-beauty</c> is the 5-core one with 12,101 items.</param>
/// <param name="Split"><c>leave-one-out</c>, ...</param>
/// <param name="Ranking"><c>full</c>, or <c>sampled-100-uniform</c>: the target among 100 uniform negatives.</param>
/// <param name="SeenFilter">Whether items of the history are left out of the ranking; null when the source does not say.</param>
/// <param name="Metric"><c>Recall@10</c>, <c>NDCG@10</c>, ...</param>
/// <param name="Printed">The value as printed: <c>.0605</c>.</param>
/// <param name="Source">Paper or repository with its commit.</param>
/// <param name="Unconfirmed">True for a value quoted from memory that nobody has looked up again.</param>
public sealed record PublishedResult(
    string System,
    string Variant,
    string Dataset,
    string Split,
    string Ranking,
    bool? SeenFilter,
    string Metric,
    string Printed,
    string Source,
    bool Unconfirmed
) : RichRecord
{
    /// <summary>The printed value as a number.</summary>
    public double Value => double.Parse(Printed, NumberStyles.Float, CultureInfo.InvariantCulture);
}

/// <summary>Published numbers to put beside our own, each with its source. One file for each paper of the reading list.</summary>
public static class PublishedResults
{
    /// <summary>The ranking of the whole catalogue.</summary>
    public const string FullRanking = "full";

    /// <summary>The target among 100 uniform negatives, as in the SASRec paper.</summary>
    public const string SampledRanking = "sampled-100-uniform";

    /// <summary>The target among 100 negatives drawn by popularity, as in the BERT4Rec paper.</summary>
    public const string PopularityRanking = "sampled-100-popularity";

    /// <summary>Papers with a file of published numbers.</summary>
    public static IReadOnlyList<string> Papers { get; } =
    [
        .. ShippedData
            .Names.Where(name => name.StartsWith("published/", StringComparison.Ordinal))
            .Select(name => Path.GetFileNameWithoutExtension(name)),
    ];

    /// <summary>All rows of a paper's file: its own numbers and those it is usually compared with.</summary>
    /// <param name="paper">Name of the file without ending, lower case: <c>sasrec</c>.</param>
    /// <exception cref="ArgumentException">There is no such file.</exception>
    public static IReadOnlyList<PublishedResult> Load(string paper)
    {
        var name = $"published/{paper}.json";
        return Parse(ShippedData.Read(name), "data/" + name);
    }

    /// <summary>The rows of one data set under one protocol, in the file's order; empty when there is none.</summary>
    /// <param name="paper">Name of the file: <c>sasrec</c>.</param>
    /// <param name="dataset">Name of the data set: <c>amazon14-beauty</c>, <c>ml-1m</c>.</param>
    /// <param name="ranking"><see cref="FullRanking"/> or <see cref="SampledRanking"/>.</param>
    public static IReadOnlyList<PublishedResult> For(string paper, string dataset, string ranking = FullRanking) =>
        [.. Load(paper).Where(row => row.Dataset == dataset && row.Ranking == ranking)];

    /// <summary>Rows joined by system, variant and source, for <see cref="Display.Tables.Metrics"/>; unconfirmed ones say so.</summary>
    public static IReadOnlyList<Display.MetricRow> AsMetricRows(this IEnumerable<PublishedResult> rows) =>
        [
            .. rows.GroupBy(row => (row.System, row.Variant, row.Source, row.Dataset, row.Ranking))
                .Select(group => new Display.MetricRow(
                    $"{group.Key.System}, {group.Key.Variant}",
                    group.ToDictionary(row => row.Metric, row => row.Value),
                    Source: (group.Any(row => row.Unconfirmed) ? "unconfirmed: " : "") + group.Key.Source
                )),
        ];

    /// <summary>Reads a file of the same form.</summary>
    /// <param name="json">Its bytes.</param>
    /// <param name="file">Its name, for messages.</param>
    /// <exception cref="InvalidDataException">A row is wrong; the message says file, line and what is wrong.</exception>
    public static IReadOnlyList<PublishedResult> Parse(byte[] json, string file)
    {
        var records = JsonRecords.Read<PublishedResult>(json, file, "rows");
        var seen = new HashSet<object>();
        foreach (var (row, line) in records)
        {
            foreach (var text in new[] { row.System, row.Variant, row.Dataset, row.Split, row.Metric, row.Source })
                if (string.IsNullOrWhiteSpace(text))
                    throw new InvalidDataException(
                        $"{file}:{line}: system, variant, dataset, split, metric and source must not be blank."
                    );
            if (row.Ranking != FullRanking && !row.Ranking.StartsWith("sampled-", StringComparison.Ordinal))
                throw new InvalidDataException(
                    $"{file}:{line}: ranking '{row.Ranking}' is neither 'full' nor 'sampled-...'."
                );
            if (
                !double.TryParse(
                    row.Printed,
                    NumberStyles.AllowDecimalPoint,
                    CultureInfo.InvariantCulture,
                    out var value
                )
                || value > 1
            )
                throw new InvalidDataException($"{file}:{line}: '{row.Printed}' is not a number from 0 to 1.");
            if (!seen.Add((row.System, row.Variant, row.Dataset, row.Ranking, row.Metric, row.Source)))
                throw new InvalidDataException($"{file}:{line}: the same row is there twice.");
        }
        return [.. records.Select(record => record.Value)];
    }
}

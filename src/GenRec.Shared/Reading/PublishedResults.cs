using System.Text;
using GenRec.Shared.Data.Downloads;

namespace GenRec.Shared.Reading;

/// <summary>Published numbers to put beside our own, each with its source. One file for each entry of the reading list.</summary>
public static class PublishedResults
{
    /// <summary>The ranking of the whole catalogue.</summary>
    public const string FullRanking = "full";

    /// <summary>The target among 100 uniform negatives, as in the SASRec paper.</summary>
    public const string SampledRanking = "sampled-100-uniform";

    /// <summary>How <see cref="PublishedResult.Protocol"/> names a full ranking that keeps the items of the history.</summary>
    public const string FullRankingKept = "full ranking, seen items kept";

    /// <summary>The same without the items of the history.</summary>
    public const string FullRankingUnseen = "full ranking, seen items left out";

    /// <summary>The same where the source does not say.</summary>
    public const string FullRankingUnstated = "full ranking, seen items not mentioned";

    private const string Ending = ".yaml";

    /// <summary>What <see cref="PublishedResult.Ranking"/> may say besides <c>sampled-...</c>, and what it means.</summary>
    public static IReadOnlyDictionary<string, string> Rankings { get; } =
        new Dictionary<string, string>
        {
            [FullRanking] = "full ranking",
            [SampledRanking] = "target among 100 uniform negatives",
            ["sampled-100-popularity"] = "target among 100 negatives drawn by popularity",
            ["sampled-29-uniform"] = "target among 29 random candidates",
            ["exposed"] = "items that were shown, or a share of the log",
            ["pairs"] = "target against one negative",
            ["labels"] = "labels of given items",
            ["reward-model"] = "scores of a reward model for what is generated",
            ["judged"] = "answers judged by a language model",
            ["online"] = "online test against the running system",
            ["none"] = "nothing is ranked",
        };

    /// <summary>Names of the files: <c>sasrec</c>, <c>bert4rec</c>, ...</summary>
    public static IReadOnlyList<string> Papers { get; } =
    [
        .. ShippedData
            .Names.Where(name => name.StartsWith("published/", StringComparison.Ordinal))
            .Select(name => Path.GetFileNameWithoutExtension(name)),
    ];

    /// <summary>All rows of a paper's file: its own numbers and those it is usually compared with.</summary>
    /// <param name="paper">Name of the file without ending, lower case: <c>sasrec</c>.</param>
    /// <exception cref="ArgumentException">There is no such file.</exception>
    public static IReadOnlyList<PublishedResult> Load(string paper) => LoadFile(paper).Rows;

    /// <summary>A paper's file.</summary>
    /// <param name="paper">Name of the file without ending, lower case: <c>sasrec</c>.</param>
    /// <exception cref="ArgumentException">There is no such file.</exception>
    public static PublishedFile LoadFile(string paper)
    {
        var name = $"published/{paper}{Ending}";
        return PublishedFile.Parse(Encoding.UTF8.GetString(ShippedData.Read(name)), "data/" + name);
    }

    /// <summary>Every file, by name, in the order of the reading list.</summary>
    public static IReadOnlyDictionary<string, PublishedFile> LoadAll() =>
        ReadingList.Load().Entries.Select(NameOf).Where(Papers.Contains).ToDictionary(name => name, LoadFile);

    /// <summary>The name of an entry's file: that of its notebook without the number.</summary>
    public static string NameOf(ReadingEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        return Path.GetFileNameWithoutExtension(entry.Notebook)[3..];
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
                    group.Key.Variant == "as printed" ? group.Key.System : $"{group.Key.System}, {group.Key.Variant}",
                    group.ToDictionary(row => row.Metric, row => row.Value),
                    Source: (group.Any(row => row.Unconfirmed) ? "unconfirmed: " : "") + group.Key.Source
                )),
        ];
}

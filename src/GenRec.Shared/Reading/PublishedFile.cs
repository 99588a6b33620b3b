using System.Globalization;
using GenRec.Shared.Display;
using GenRec.Shared.Evaluation;

namespace GenRec.Shared.Reading;

/// <summary>The published numbers around one system: its paper's, what the paper prints of others, and reruns.</summary>
/// <param name="System">The system, as the reading list names it.</param>
/// <param name="Note">What a reader must know besides; null where there is nothing.</param>
/// <param name="Rows">All numbers.</param>
/// <remarks>
/// A file of <c>data/published</c>. One group a source and protocol; a row's <c>values</c> hold, for each data set, one number
/// for each of the group's metrics, with the printed digits and slashes between them. A dash stands for a number that the
/// source does not print, an asterisk after a number for one that is quoted from memory and not looked up again.
/// </remarks>
public sealed record PublishedFile(string System, string? Note, IReadOnlyList<PublishedResult> Rows) : RichRecord
{
    private static readonly string[] GroupFields =
    [
        "source",
        "by",
        "split",
        "ranking",
        "seen",
        "level",
        "unit",
        "note",
        "metrics",
        "rows",
    ];

    /// <summary>Reads a file.</summary>
    /// <param name="yaml">Its text.</param>
    /// <param name="file">Its name, for messages.</param>
    /// <exception cref="InvalidDataException">Something is wrong; the message says file, line and what.</exception>
    public static PublishedFile Parse(string yaml, string file)
    {
        var root = YamlMap.Parse(yaml, file, "system", "note", "results");
        var seen = new HashSet<object>();
        var rows = new List<PublishedResult>();
        foreach (var group in root.Maps("results", GroupFields))
        {
            var common = Common(group);
            var metrics = Metrics(group, common);
            foreach (var row in group.Maps("rows", "system", "variant", "ours", "values"))
            {
                var values = row.Map("values");
                foreach (var dataset in values.Names)
                foreach (var result in Results(row, values, dataset, common, metrics))
                {
                    if (
                        !seen.Add(
                            (result.System, result.Variant, dataset, result.Protocol, result.Metric, result.Source)
                        )
                    )
                        throw values.Wrong(values.LineOf(dataset), "the same number is there twice.");
                    rows.Add(result);
                }
            }
        }
        return new PublishedFile(root.Text("system"), root.TextOrNull("note"), rows);
    }

    private static PublishedResult Common(YamlMap group)
    {
        var ranking = group.Text("ranking");
        if (
            !PublishedResults.Rankings.ContainsKey(ranking) && !ranking.StartsWith("sampled-", StringComparison.Ordinal)
        )
            throw group.Wrong(
                group.LineOf("ranking"),
                $"ranking '{ranking}' is neither 'sampled-...' nor one of {string.Join(", ", PublishedResults.Rankings.Keys)}."
            );
        return new PublishedResult(
            "",
            "",
            "",
            group.Text("split"),
            ranking,
            group.OneOf("seen", "unstated", "kept", "removed") switch
            {
                "kept" => false,
                "removed" => true,
                _ => null,
            },
            "",
            "",
            group.Text("source"),
            false
        )
        {
            By = group.OneOf("by", "paper", "reproduction") == "paper" ? PublishedBy.Paper : PublishedBy.Reproduction,
            Level = group.OneOf("level", "item", "semantic-id", "unstated", "none"),
            Unit = Enum.Parse<PublishedUnit>(
                group.OneOf("unit", "fraction", "percent", "change", "number"),
                ignoreCase: true
            ),
        };
    }

    private static IReadOnlyList<string> Metrics(YamlMap group, PublishedResult common)
    {
        var metrics = group.Texts("metrics");
        if (metrics.Count == 0)
            throw group.Wrong(group.Line, "'metrics' is missing.");
        var isRanked =
            common.Ranking == PublishedResults.FullRanking
            || common.Ranking.StartsWith("sampled-", StringComparison.Ordinal);
        foreach (var metric in metrics.Where(metric => isRanked && metric.Contains('@') && !IsCanonical(metric)))
            throw group.Wrong(
                group.LineOf("metrics"),
                $"'{metric}' is no metric; metrics are spelled as in Recall@10, HR@10, NDCG@10, MRR@10."
            );
        return metrics;
    }

    private static IEnumerable<PublishedResult> Results(
        YamlMap row,
        YamlMap values,
        string dataset,
        PublishedResult common,
        IReadOnlyList<string> metrics
    )
    {
        var line = values.LineOf(dataset);
        if (string.IsNullOrWhiteSpace(dataset))
            throw values.Wrong(line, "the data set has no name.");
        var printed = values.Text(dataset).Split('/', StringSplitOptions.TrimEntries);
        if (printed.Length != metrics.Count)
            throw values.Wrong(
                line,
                $"{dataset} has {printed.Length} numbers for {metrics.Count} metrics ({string.Join(", ", metrics)})."
            );
        foreach (var (metric, text) in metrics.Zip(printed).Where(pair => pair.Second != "-"))
        {
            var number = text.TrimEnd('*');
            if (!IsNumber(number, common.Unit, out var range))
                throw values.Wrong(line, $"'{number}' is not a number {range}.");
            yield return common with
            {
                System = row.Text("system"),
                Variant = row.TextOrNull("variant") ?? "as printed",
                Ours = row.Texts("ours"),
                Dataset = dataset,
                Metric = metric,
                Printed = number,
                Unconfirmed = text.EndsWith('*'),
            };
        }
    }

    private static bool IsNumber(string text, PublishedUnit unit, out string range)
    {
        var (least, most) = unit switch
        {
            PublishedUnit.Fraction => (0.0, 1.0),
            PublishedUnit.Percent => (0, 100),
            PublishedUnit.Change => (-100, double.MaxValue),
            _ => (double.MinValue, double.MaxValue),
        };
        range =
            unit == PublishedUnit.Number ? ""
            : unit == PublishedUnit.Change ? "from -100, in percent"
            : $"from {least} to {most}";
        return double.TryParse(
                text,
                NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign,
                CultureInfo.InvariantCulture,
                out var value
            )
            && value >= least
            && value <= most;
    }

    private static bool IsCanonical(string name)
    {
        try
        {
            return Metric.Parse(name).Name == name;
        }
        catch (FormatException)
        {
            return false;
        }
    }
}

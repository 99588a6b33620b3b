using GenRec.Shared.Display;

namespace GenRec.Shared.Evaluation;

/// <summary>What an evaluation found, case by case, so that groups, intervals and paired tests need no second run.</summary>
/// <param name="Protocol">How it was measured.</param>
/// <param name="Ranks">Where each case's target stands, <c>[cases]</c>, in the order of the cases.</param>
/// <param name="Candidates">Candidates a target competes with at most, itself included.</param>
/// <param name="Top">Each case's best items, where they were asked for.</param>
public sealed record RankingResult(
    EvaluationProtocol Protocol,
    TargetRank[] Ranks,
    int Candidates,
    TopLists? Top = null
) : RichRecord
{
    /// <summary>Number of cases.</summary>
    public int Count => Ranks.Length;

    /// <summary>A metric's mean over all cases.</summary>
    public double this[Metric metric] => (metric ?? throw new ArgumentNullException(nameof(metric))).Mean(Ranks);

    /// <summary>A metric's mean over all cases, by its name, for example <c>result["NDCG@10"]</c>.</summary>
    /// <exception cref="FormatException">No metric has this name.</exception>
    public double this[string metric] => this[Metric.Parse(metric)];

    /// <summary>A metric's value for each case, <c>[cases]</c>.</summary>
    public double[] PerCase(Metric metric) =>
        (metric ?? throw new ArgumentNullException(nameof(metric))).PerCase(Ranks);

    /// <summary>Means by name, in the order asked for; the standard ones where none is named.</summary>
    public IReadOnlyDictionary<string, double> Means(params IReadOnlyList<Metric> metrics)
    {
        ArgumentNullException.ThrowIfNull(metrics);
        var means = new Dictionary<string, double>();
        foreach (var metric in metrics.Count > 0 ? metrics : Metric.Standard)
            means[metric.Name] = this[metric];
        return means;
    }

    /// <summary>The standard metrics, and how they were measured.</summary>
    protected override Table AsTable() =>
        Tables.Metrics([new MetricRow($"{Count:N0} cases", Means())]).Titled("Ranking", $"{Protocol}.");
}

using System.Globalization;
using GenRec.Shared.Display;

namespace GenRec.Shared.Evaluation;

/// <summary>What a <see cref="Metric"/> counts.</summary>
public enum MetricKind
{
    /// <summary>Share of a case's targets among the first k.</summary>
    Recall,

    /// <summary>1 where at least one target is among the first k; equals recall for a single target.</summary>
    HitRate,

    /// <summary>Discounted gain 1 / log2(rank + 1) of the targets among the first k, over that of the best order.</summary>
    Ndcg,

    /// <summary>1 / rank of the first target, 0 behind the cutoff.</summary>
    Mrr,

    /// <summary>Precision averaged over the ranks of the targets among the first k, over <c>min(k, targets)</c>.</summary>
    Map,
}

/// <summary>A ranking metric with its cutoff, for example <c>NDCG@10</c>. All values lie in <c>0..1</c>.</summary>
/// <remarks>
/// NDCG after Järvelin and Kekäläinen, ACM TOIS 20(4), 2002, with binary gains. Ties count by expectation, see
/// <see cref="TargetRank"/>.
/// </remarks>
public sealed record Metric : RichRecord
{
    private static readonly (MetricKind Kind, string Name)[] Names =
    [
        (MetricKind.Recall, "Recall"),
        (MetricKind.HitRate, "HR"),
        (MetricKind.Ndcg, "NDCG"),
        (MetricKind.Mrr, "MRR"),
        (MetricKind.Map, "MAP"),
    ];

    private Metric(MetricKind kind, int? cutoff)
    {
        if (cutoff is { } k)
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(k, nameof(cutoff));
        (Kind, Cutoff) = (kind, cutoff);
    }

    /// <summary>What is counted.</summary>
    public MetricKind Kind { get; }

    /// <summary>k, at least 1; null for a metric over the whole ranking.</summary>
    public int? Cutoff { get; }

    /// <summary>Name in records and tables, for example <c>Recall@10</c>.</summary>
    public string Name =>
        Names.Single(n => n.Kind == Kind).Name
        + (Cutoff is { } k ? $"@{k.ToString(CultureInfo.InvariantCulture)}" : "");

    /// <summary>Share of a case's targets among the first <paramref name="k"/>.</summary>
    public static Metric Recall(int k) => new(MetricKind.Recall, k);

    /// <summary>1 where at least one target is among the first <paramref name="k"/>.</summary>
    public static Metric HitRate(int k) => new(MetricKind.HitRate, k);

    /// <summary>Normalised discounted cumulative gain of the first <paramref name="k"/>.</summary>
    public static Metric Ndcg(int k) => new(MetricKind.Ndcg, k);

    /// <summary>Reciprocal rank of the first target; without a cutoff over the whole ranking.</summary>
    public static Metric Mrr(int? k = null) => new(MetricKind.Mrr, k);

    /// <summary>Average precision of the first <paramref name="k"/>; with one target it equals MRR@k.</summary>
    public static Metric Map(int k) => new(MetricKind.Map, k);

    /// <summary>Recall and NDCG at 5, 10 and 20, and MRR: what most papers of the field report.</summary>
    public static IReadOnlyList<Metric> Standard { get; } =
    [Recall(5), Ndcg(5), Recall(10), Ndcg(10), Recall(20), Ndcg(20), Mrr()];

    /// <summary>Reads a name such as <c>Recall@10</c>, <c>HR@5</c>, <c>NDCG@10</c>, <c>MRR</c> or <c>MAP@20</c>.</summary>
    /// <exception cref="FormatException">The name is none of these.</exception>
    public static Metric Parse(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        var parts = name.Split('@');
        foreach (var (kind, text) in Names)
        {
            if (!text.Equals(parts[0], StringComparison.OrdinalIgnoreCase))
                continue;
            if (parts.Length == 1 && kind == MetricKind.Mrr)
                return Mrr();
            if (
                parts.Length == 2
                && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var k)
                && k > 0
            )
                return new Metric(kind, k);
        }
        throw new FormatException(
            $"'{name}' is not a metric; write Recall@k, HR@k, NDCG@k, MRR@k or MAP@k with k at least 1, or MRR."
        );
    }

    /// <summary>Value for one case with a single target: the expectation over random tie-breaking.</summary>
    public double Of(TargetRank rank)
    {
        if (rank.IsMissing)
            return 0;
        // The target's rank is uniform over Above + 1 .. Above + 1 + Tied; only ranks up to the cutoff gain.
        var last = Math.Min((long)rank.Above + 1 + rank.Tied, Cutoff ?? long.MaxValue);
        if (last <= rank.Above)
            return 0;
        var gain = Kind switch
        {
            MetricKind.Recall or MetricKind.HitRate => last - rank.Above,
            MetricKind.Ndcg => GainSums.Discounted.Between(rank.Above, (int)last),
            _ => GainSums.Reciprocal.Between(rank.Above, (int)last),
        };
        return gain / (rank.Tied + 1.0);
    }

    /// <summary>Value for one case with any number of targets.</summary>
    /// <param name="list">
    /// Recommended items, best first; 0 marks a place left empty. An item that is repeated counts once, at its first place.
    /// </param>
    /// <param name="targets">What the user took, distinct, at least one.</param>
    /// <exception cref="ArgumentException">There is no target, or a target is repeated.</exception>
    public double Of(ReadOnlySpan<int> list, ReadOnlySpan<int> targets)
    {
        if (targets.IsEmpty)
            throw new ArgumentException("A case needs at least one target.", nameof(targets));
        for (var i = 1; i < targets.Length; i++)
            if (targets[..i].Contains(targets[i]))
                throw new ArgumentException($"Target {targets[i]} is repeated.", nameof(targets));
        var (hits, gain, precision, firstHit) = (0, 0.0, 0.0, 0);
        var depth = Math.Min(list.Length, Cutoff ?? list.Length);
        for (var place = 1; place <= depth; place++)
        {
            var item = list[place - 1];
            if (!targets.Contains(item) || list[..(place - 1)].Contains(item))
                continue;
            hits++;
            gain += 1 / Math.Log2(place + 1);
            precision += (double)hits / place;
            firstHit = firstHit == 0 ? place : firstHit;
        }
        var possible = Math.Min(targets.Length, Cutoff ?? targets.Length);
        return Kind switch
        {
            MetricKind.Recall => (double)hits / targets.Length,
            MetricKind.HitRate => hits > 0 ? 1 : 0,
            MetricKind.Ndcg => gain / GainSums.Discounted.Between(0, possible),
            MetricKind.Mrr => firstHit > 0 ? 1.0 / firstHit : 0,
            _ => precision / possible,
        };
    }

    /// <summary>Values of all cases, in their order.</summary>
    public double[] PerCase(ReadOnlySpan<TargetRank> ranks)
    {
        var values = new double[ranks.Length];
        for (var i = 0; i < values.Length; i++)
            values[i] = Of(ranks[i]);
        return values;
    }

    /// <summary>Mean over cases.</summary>
    /// <exception cref="ArgumentException">There are no cases.</exception>
    public double Mean(ReadOnlySpan<TargetRank> ranks)
    {
        if (ranks.IsEmpty)
            throw new ArgumentException("There are no cases to average over.", nameof(ranks));
        var sum = 0.0;
        foreach (var rank in ranks)
            sum += Of(rank);
        return sum / ranks.Length;
    }

    /// <inheritdoc/>
    public override string ToString() => Name;
}

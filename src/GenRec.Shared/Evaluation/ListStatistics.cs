using GenRec.Shared.Display;

namespace GenRec.Shared.Evaluation;

/// <summary>What a model's lists do to the catalogue, apart from being right.</summary>
/// <param name="Coverage">Share of the catalogue that is listed at least once, <c>0..1</c>.</param>
/// <param name="Gini">
/// Inequality of how often items are listed, over the whole catalogue: 0 where all are listed equally often, near 1
/// where a few are listed always.
/// </param>
/// <param name="AveragePopularity">
/// Mean over lists of the mean training interactions of their items (ARP of Yin, Cui, Li, Yao and Chen, PVLDB 5(9),
/// 2012); lists without items are left out.
/// </param>
/// <param name="PopularityLift">
/// <paramref name="AveragePopularity"/> over the mean popularity of the items users really took next: above 1 the model
/// leans to popular items. NaN where those have no training interactions.
/// </param>
public sealed record ListStatistics(double Coverage, double Gini, double AveragePopularity, double PopularityLift)
    : RichRecord
{
    /// <summary>Measures the first <paramref name="k"/> places of all lists.</summary>
    /// <param name="lists">Lists of a result.</param>
    /// <param name="itemCounts">Training interactions of each item, <c>[N + 1]</c>, entry 0 unused.</param>
    /// <param name="targets">What the users took, <c>[cases]</c>.</param>
    /// <param name="k">Places counted; all where null.</param>
    /// <exception cref="ArgumentException">Lengths do not fit, or there is nothing to measure.</exception>
    public static ListStatistics Of(TopLists lists, int[] itemCounts, int[] targets, int? k = null)
    {
        ArgumentNullException.ThrowIfNull(lists);
        ArgumentNullException.ThrowIfNull(itemCounts);
        ArgumentNullException.ThrowIfNull(targets);
        var places = k ?? lists.K;
        if (places < 1 || places > lists.K)
            throw new ArgumentOutOfRangeException(nameof(k), k, $"The lists have {lists.K} places.");
        if (targets.Length != lists.Count || lists.Count == 0 || itemCounts.Length < 2)
            throw new ArgumentException(
                $"There are {lists.Count} lists, {targets.Length} targets and {itemCounts.Length - 1} items."
            );
        var (listed, filled, popularity) = (new long[itemCounts.Length], 0, 0.0);
        for (var i = 0; i < lists.Count; i++)
        {
            var (count, sum) = (0, 0.0);
            foreach (var item in lists[i][..places])
            {
                if (item == 0)
                    continue;
                listed[item]++;
                count++;
                sum += itemCounts[item];
            }
            filled += count > 0 ? 1 : 0;
            popularity += count > 0 ? sum / count : 0;
        }
        if (filled == 0)
            throw new ArgumentException("All lists are empty.", nameof(lists));
        var taken = targets.Average(target => (double)itemCounts[target]);
        var average = popularity / filled;
        var lift = taken > 0 ? average / taken : double.NaN;
        var coverage = listed.Skip(1).Count(times => times > 0) / (itemCounts.Length - 1.0);
        return new ListStatistics(coverage, GiniOf(listed.AsSpan(1)), average, lift);
    }

    /// <summary>Gini coefficient of counts that are not negative, <c>0..1</c>; 0 where all are 0.</summary>
    public static double GiniOf(ReadOnlySpan<long> counts)
    {
        var sorted = counts.ToArray();
        Array.Sort(sorted);
        var (weighted, total) = (0.0, 0.0);
        for (var i = 0; i < sorted.Length; i++)
        {
            weighted += (2.0 * (i + 1) - sorted.Length - 1) * sorted[i];
            total += sorted[i];
        }
        return total == 0 ? 0 : weighted / (sorted.Length * total);
    }
}

using GenRec.Shared.Data;
using GenRec.Shared.Evaluation;
using GenRec.Shared.SemanticIds;

namespace GenRec.Shared.Models;

/// <summary>What TIGER's lists are measured by besides the ranking of items.</summary>
public static class TigerMeasures
{
    /// <summary>The ranking of ids instead of items: an item with the target's codes counts as the target.</summary>
    /// <remarks>
    /// Several repositories match ids although items share them (phonism/genrec among them). It makes the task easier, so this is
    /// for seeing by how much, never for comparing with a ranking of items.
    /// </remarks>
    /// <param name="ranked">A ranking of items with its lists.</param>
    /// <param name="cases">What was asked.</param>
    /// <param name="ids">The items' ids.</param>
    /// <param name="levels">Codes that must agree; those made from content where null.</param>
    /// <returns>Ranks among the different ids of each list.</returns>
    /// <exception cref="ArgumentException">The result has no lists, or not one for each case.</exception>
    public static RankingResult AtIdLevel(
        RankingResult ranked,
        NextItemCases cases,
        SemanticIdTable ids,
        int? levels = null
    )
    {
        ArgumentNullException.ThrowIfNull(ranked);
        ArgumentNullException.ThrowIfNull(cases);
        ArgumentNullException.ThrowIfNull(ids);
        if (ranked.Top is not { } top || top.Count != cases.Count)
            throw new ArgumentException(
                $"There are {ranked.Top?.Count ?? 0} lists for {cases.Count} cases; ask the evaluation for lists.",
                nameof(ranked)
            );
        var (labels, counts) = ids.Label(levels ?? ids.ContentLevels);
        var ranks = new TargetRank[cases.Count];
        var before = new HashSet<int>();
        for (var index = 0; index < ranks.Length; index++)
        {
            before.Clear();
            var wanted = labels[cases.Targets[index] - 1];
            ranks[index] = TargetRank.Missing;
            foreach (var item in top[index])
            {
                if (item == 0)
                    continue;
                if (labels[item - 1] == wanted)
                {
                    ranks[index] = new TargetRank(before.Count, 0);
                    break;
                }
                before.Add(labels[item - 1]);
            }
        }
        var protocol = ranked.Protocol with { Level = EvaluationLevel.SemanticId };
        return new RankingResult(protocol, ranks, counts.Length, top);
    }

    /// <summary>How mixed the categories of a list are, mean over lists (the paper's Table 9).</summary>
    /// <param name="lists">Lists of items.</param>
    /// <param name="categories">Category of each item, <c>[N]</c>, row = item - 1; -1 where unknown, which is left out.</param>
    /// <param name="k">Places counted.</param>
    /// <returns>Entropy in nats: 0 where each list is of one category, <c>ln k</c> where all places differ.</returns>
    public static double CategoryEntropy(TopLists lists, ReadOnlySpan<int> categories, int k)
    {
        ArgumentNullException.ThrowIfNull(lists);
        ArgumentOutOfRangeException.ThrowIfLessThan(k, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(k, lists.K);
        var (sum, filled) = (0.0, 0);
        var counts = new Dictionary<int, int>();
        for (var index = 0; index < lists.Count; index++)
        {
            counts.Clear();
            var total = 0;
            foreach (var item in lists[index][..k])
                if (item > 0 && categories[item - 1] is >= 0 and var category)
                {
                    counts[category] = counts.GetValueOrDefault(category) + 1;
                    total++;
                }
            if (total == 0)
                continue;
            filled++;
            foreach (var count in counts.Values)
                sum -= count / (double)total * Math.Log(count / (double)total);
        }
        return filled == 0 ? 0 : sum / filled;
    }
}

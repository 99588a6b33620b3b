using GenRec.Shared.Data;
using GenRec.Shared.Display;

namespace GenRec.Shared.Evaluation;

/// <summary>A metric within one group.</summary>
/// <param name="Name">The group.</param>
/// <param name="Cases">Its cases; may be 0.</param>
/// <param name="Mean">The metric's mean; NaN for a group without cases.</param>
[TypeFormatterSource(typeof(RichValueFormatterSource))]
public readonly record struct GroupMean(string Name, int Cases, double Mean) : IRichValue
{
    /// <inheritdoc/>
    public string ToHtml() => ObjectCard.Of(this).ToHtml();
}

/// <summary>Cases divided into named groups, to see for whom a model works.</summary>
/// <param name="Names">Groups, in the order to show them.</param>
/// <param name="GroupOf">Index into <paramref name="Names"/> of each case, <c>[cases]</c>.</param>
public sealed record CaseGroups(IReadOnlyList<string> Names, int[] GroupOf) : RichRecord
{
    /// <summary>By the target's popularity in training.</summary>
    /// <remarks>
    /// Items are sorted by training interactions, ties by the lower id. The head is the most popular items up to the one
    /// with which they reach <paramref name="share"/> of all interactions, the mid items reach twice the share, the tail
    /// is the rest; items without any are cold. Equal shares of interactions keep the groups' sizes comparable.
    /// </remarks>
    /// <param name="cases">The cases.</param>
    /// <param name="itemCounts">Training interactions of each item, <c>[N + 1]</c>, entry 0 unused.</param>
    /// <param name="share">Share of the interactions of head and of mid, within <c>(0, 0.5]</c>.</param>
    public static CaseGroups ByPopularity(NextItemCases cases, int[] itemCounts, double share = 1.0 / 3)
    {
        ArgumentNullException.ThrowIfNull(cases);
        ArgumentNullException.ThrowIfNull(itemCounts);
        if (!(share > 0 && share <= 0.5))
            throw new ArgumentOutOfRangeException(nameof(share), share, "The share lies within (0, 0.5].");
        var (groups, before) = (new int[itemCounts.Length], 0L);
        var total = itemCounts.Skip(1).Sum(count => (long)count);
        foreach (var item in Enumerable.Range(1, itemCounts.Length - 1).OrderByDescending(item => itemCounts[item]))
        {
            // The item that crosses the border still belongs to the group it completes.
            groups[item] =
                itemCounts[item] == 0 ? 3
                : before < share * total ? 0
                : before < 2 * share * total ? 1
                : 2;
            before += itemCounts[item];
        }
        return new CaseGroups(
            ["head", "mid", "tail", "cold"],
            Array.ConvertAll(cases.Targets, target => groups[target])
        );
    }

    /// <summary>By the number of items in the history.</summary>
    /// <param name="cases">The cases.</param>
    /// <param name="edges">First length of each further group, rising: 5, 10 gives 0-4, 5-9 and 10+.</param>
    public static CaseGroups ByHistoryLength(NextItemCases cases, params int[] edges)
    {
        ArgumentNullException.ThrowIfNull(cases);
        ArgumentNullException.ThrowIfNull(edges);
        for (var i = 0; i < edges.Length; i++)
            if (edges[i] <= (i == 0 ? 0 : edges[i - 1]))
                throw new ArgumentException(
                    $"The edges {string.Join(", ", edges)} do not rise from above 0.",
                    nameof(edges)
                );
        int[] starts = [0, .. edges];
        var names = starts.Select((start, i) => i == edges.Length ? $"{start}+" : $"{start}-{starts[i + 1] - 1}");
        var groupOf = new int[cases.Count];
        for (var i = 0; i < groupOf.Length; i++)
            groupOf[i] = edges.Count(edge => cases.Histories.LengthOf(i) >= edge);
        return new CaseGroups([.. names], groupOf);
    }

    /// <summary>The metric within each group, in the order of the groups.</summary>
    /// <exception cref="ArgumentException">The result has another number of cases.</exception>
    public IReadOnlyList<GroupMean> Means(RankingResult result, Metric metric)
    {
        ArgumentNullException.ThrowIfNull(result);
        ArgumentNullException.ThrowIfNull(metric);
        if (result.Count != GroupOf.Length)
            throw new ArgumentException($"{GroupOf.Length} cases are grouped, the result has {result.Count}.");
        var (sums, counts) = (new double[Names.Count], new int[Names.Count]);
        for (var i = 0; i < GroupOf.Length; i++)
        {
            sums[GroupOf[i]] += metric.Of(result.Ranks[i]);
            counts[GroupOf[i]]++;
        }
        return [.. Names.Select((name, group) => new GroupMean(name, counts[group], sums[group] / counts[group]))];
    }
}

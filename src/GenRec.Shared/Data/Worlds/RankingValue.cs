using GenRec.Shared.Display;

namespace GenRec.Shared.Data.Worlds;

/// <summary>Worth of recommendation lists, each in <c>[0, 1]</c>, mean over cases.</summary>
/// <param name="Recall">Recall@k (with one target the same as hit rate).</param>
/// <param name="Ndcg">NDCG@k with one target: <c>1 / log2(rank + 1)</c> of the target, 0 outside the list.</param>
[TypeFormatterSource(typeof(RichValueFormatterSource))]
public readonly record struct RankingValue(double Recall, double Ndcg) : IRichValue
{
    /// <inheritdoc/>
    public string ToHtml() => ObjectCard.Of(this).ToHtml();

    /// <summary>Worth on the targets that really came: the noisy twin of <see cref="WorldOracle.Expected"/>.</summary>
    /// <param name="cases">Cases with their targets.</param>
    /// <param name="lists">Item ids <c>[cases x k]</c>, case after case, best first, none twice; 0 is an empty place.</param>
    /// <param name="k">Length of each list.</param>
    /// <exception cref="ArgumentException">The lists are no <c>[cases x k]</c> item ids.</exception>
    public static RankingValue Realised(NextItemCases cases, int[] lists, int k)
    {
        CheckLists(cases, lists, k);
        var (recall, ndcg) = (0.0, 0.0);
        for (var c = 0; c < cases.Count; c++)
            if (lists.AsSpan(c * k, k).IndexOf(cases.Targets[c]) is >= 0 and var place)
                (recall, ndcg) = (recall + 1, ndcg + 1 / Math.Log2(place + 2));
        return new RankingValue(recall / cases.Count, ndcg / cases.Count);
    }

    internal static void CheckLists(NextItemCases cases, int[] lists, int k)
    {
        ArgumentNullException.ThrowIfNull(cases);
        ArgumentNullException.ThrowIfNull(lists);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(k);
        if (cases.Count == 0)
            throw new ArgumentException("There are no cases to average over.", nameof(cases));
        if (lists.LongLength != (long)cases.Count * k)
            throw new ArgumentException(
                $"{lists.Length} places, need {cases.Count} lists of {k}, case after case.",
                nameof(lists)
            );
        var lastList = new int[cases.ItemCount + 1]; // 1 + the last list that holds an item
        for (var at = 0; at < lists.Length; at++)
        {
            var (item, list) = (lists[at], at / k + 1);
            if (item < 0 || item > cases.ItemCount)
                throw new ArgumentException($"List {list - 1} holds item {item}; ids are 1..{cases.ItemCount}.");
            if (item > 0 && lastList[item] == list)
                throw new ArgumentException($"List {list - 1} holds item {item} twice.");
            lastList[item] = list;
        }
    }
}

namespace GenRec.Shared.Data.Worlds;

/// <summary>Worth of recommendation lists, each in <c>[0, 1]</c>, mean over cases.</summary>
/// <param name="Recall">Recall@k (with one target the same as hit rate).</param>
/// <param name="Ndcg">NDCG@k with one target: <c>1 / log2(rank + 1)</c> of the target, 0 outside the list.</param>
public readonly record struct RankingValue(double Recall, double Ndcg)
{
    /// <summary>What lists were worth on the targets that really came; the noisy twin of <see cref="WorldOracle.Expected"/>.</summary>
    /// <param name="cases">Cases with their targets.</param>
    /// <param name="lists"><c>[cases][k]</c> item ids, best first, without repetition.</param>
    /// <exception cref="ArgumentException">A list is missing.</exception>
    public static RankingValue Realised(NextItemCases cases, IReadOnlyList<int[]> lists)
    {
        ArgumentNullException.ThrowIfNull(cases);
        CheckLists(cases, lists);
        var (recall, ndcg) = (0.0, 0.0);
        for (var c = 0; c < cases.Count; c++)
        {
            var rank = Array.IndexOf(lists[c], cases.Targets[c]);
            recall += rank >= 0 ? 1 : 0;
            ndcg += rank >= 0 ? 1 / Math.Log2(rank + 2) : 0;
        }
        return new RankingValue(recall / cases.Count, ndcg / cases.Count);
    }

    internal static void CheckLists(NextItemCases cases, IReadOnlyList<int[]> lists)
    {
        ArgumentNullException.ThrowIfNull(lists);
        if (lists.Count != cases.Count)
            throw new ArgumentException($"{lists.Count} lists for {cases.Count} cases.", nameof(lists));
        if (cases.Count == 0)
            throw new ArgumentException("There are no cases to average over.", nameof(cases));
    }
}

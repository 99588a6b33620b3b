using System.Globalization;
using System.Runtime.InteropServices;
using GenRec.Shared.Data;
using GenRec.Shared.Evaluation;
using static TorchSharp.torch;

namespace GenRec.Benchmarks.Reference;

/// <summary>Means over all cases.</summary>
internal readonly record struct RankingMeans(double Recall10, double Ndcg10)
{
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"Recall@10={Recall10:F5} NDCG@10={Ndcg10:F5}");
}

/// <summary>Ranking of the whole catalogue as published loops do it: score every item, sort all scores, look up the target.</summary>
/// <remarks>No seen item is filtered. Equal scores stand in the order that the sort leaves them in.</remarks>
internal static class ReferenceRanking
{
    private const int Cutoff = 10;

    /// <summary>Ranks each case's target among all items.</summary>
    /// <param name="scorer">What is measured.</param>
    /// <param name="cases">Histories and their targets.</param>
    /// <param name="batch">Cases scored at once.</param>
    public static RankingMeans Rank(IFullScorer scorer, NextItemCases cases, int batch = 128)
    {
        var (hits, gain) = (0, 0.0);
        for (var start = 0; start < cases.Count; start += batch)
        {
            using var scope = NewDisposeScope();
            using var noGradient = no_grad();
            var count = Math.Min(batch, cases.Count - start);
            var scores = scorer.ScoreAll(cases.Histories.Slice(start, count))[.., 1..]; // [B, N]
            var sorted = scores.argsort(dim: -1, descending: true); // [B, N]
            var targets = tensor(cases.Targets.AsSpan(start, count).ToArray(), dtype: ScalarType.Int64) - 1; // [B]
            var ranks = (sorted == targets.unsqueeze(-1)).nonzero()[.., 1].contiguous(); // [B], from 0
            foreach (var rank in MemoryMarshal.Cast<byte, long>(ranks.bytes))
                if (rank < Cutoff)
                    (hits, gain) = (hits + 1, gain + 1 / Math.Log2(rank + 2));
        }
        return new RankingMeans((double)hits / cases.Count, gain / cases.Count);
    }
}

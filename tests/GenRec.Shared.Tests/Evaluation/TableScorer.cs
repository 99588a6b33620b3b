using GenRec.Shared.Data;
using GenRec.Shared.Evaluation;
using static TorchSharp.torch;

namespace GenRec.Shared.Tests.Evaluation;

/// <summary>Scores written down beforehand: the row is found by the user's number, which the history starts with.</summary>
internal sealed class TableScorer(float[][] rows) : IFullScorer
{
    public int LargestBatch { get; private set; }

    public Tensor ScoreAll(Histories histories)
    {
        LargestBatch = Math.Max(LargestBatch, histories.Count);
        var scores = new List<float>();
        for (var i = 0; i < histories.Count; i++)
            scores.AddRange(rows[RowOf(histories, i)]);
        return tensor(scores.ToArray(), ScalarType.Float32).view(histories.Count, -1);
    }

    public (Tensor Items, Tensor Scores) Recommend(Histories histories, int k)
    {
        var (values, items) = ScoreAll(histories)[.., 1..].topk(k);
        return (items + 1, values);
    }

    /// <summary>Cases whose histories name their row: the first item is row + 1.</summary>
    public static NextItemCases Cases(int[][] rest, int[] targets, int itemCount) =>
        new(
            [.. Enumerable.Range(0, targets.Length)],
            Histories.From(rest.Select((items, row) => (IReadOnlyList<int>)[row + 1, .. items])),
            targets,
            itemCount
        );

    private static int RowOf(Histories histories, int i) => histories[i][0] - 1;
}

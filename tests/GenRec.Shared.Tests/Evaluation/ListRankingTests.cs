using GenRec.Shared.Data;
using GenRec.Shared.Evaluation;
using static TorchSharp.torch;

namespace GenRec.Shared.Tests.Evaluation;

public class ListRankingTests
{
    private const int Items = 12;

    [Fact]
    public void ListsOfAFullScorerGiveItsRanksUpToTheirEnd()
    {
        var random = new Random(3);
        float[][] scores =
        [
            .. Enumerable
                .Range(0, 6)
                .Select(_ => Enumerable.Range(0, Items + 1).Select(_ => (float)random.NextDouble()).ToArray()),
        ];
        var cases = TableScorer.Cases(
            [
                [7],
                [8, 8],
                [],
                [9, 1, 2],
                [5],
                [6],
            ],
            [1, 2, 3, 4, 5, 6],
            Items
        );
        foreach (var filter in new[] { SeenFilter.None, SeenFilter.History })
        {
            var protocol = EvaluationProtocol.Full with { SeenFilter = filter };
            var options = new RankingOptions { TopK = 5, MaxBlockCases = 4 };
            var full = FullRanking.Evaluate(new TableScorer(scores), cases, protocol, options);
            var lists = ListRanking.Evaluate(new TableScorer(scores), cases, protocol, options);
            Assert.Equal(full.Top!.Items, lists.Top!.Items);
            Assert.Equal(full.Ranks.Select(rank => rank.Above < 5 ? rank : TargetRank.Missing), lists.Ranks);
            foreach (var metric in new[] { Metric.Recall(5), Metric.Ndcg(3), Metric.Mrr(5) })
                Assert.Equal(full[metric], lists[metric], 12);
        }
    }

    [Fact]
    public void AnUnfinishedListIsNoErrorAndItsEmptyPlacesAreMisses()
    {
        var cases = TableScorer.Cases(
            [
                [],
                [],
            ],
            [4, 5],
            Items
        );
        var result = Evaluator.Evaluate(
            new ListsOnly([
                [3, 4, 0],
                [0, 0, 0],
            ]),
            cases,
            options: new RankingOptions { TopK = 3 }
        );
        Assert.Equal([new TargetRank(1, 0), TargetRank.Missing], result.Ranks);
        Assert.Equal(0.25, result["MRR"]);
        Assert.Equal(float.NegativeInfinity, result.Top!.ScoresOf(0)[2]);
    }

    [Fact]
    public void BadListsAreErrorsThatNameTheCase()
    {
        var cases = TableScorer.Cases(
            [
                [],
                [],
            ],
            [4, 5],
            Items
        );
        var options = new RankingOptions { TopK = 3 };
        var outside = Assert.Throws<InvalidOperationException>(() =>
            Evaluator.Evaluate(
                new ListsOnly([
                    [1, 2, 3],
                    [1, 13, 3],
                ]),
                cases,
                options: options
            )
        );
        Assert.StartsWith("Case 1: the model lists item 13 at place 2", outside.Message);
        var shape = Assert.Throws<InvalidOperationException>(() =>
            Evaluator.Evaluate(
                new ListsOnly([
                    [1, 2],
                    [1, 3],
                ]),
                cases,
                options: options
            )
        );
        Assert.Contains("[2, 2], need [2, 3]", shape.Message);
        Assert.Throws<ArgumentException>(() =>
            Evaluator.Evaluate(
                new ListsOnly([
                    [1, 2],
                ]),
                cases
            )
        );
        Assert.Throws<ArgumentException>(() =>
            Evaluator.Evaluate(
                new ListsOnly([
                    [1, 2],
                ]),
                cases,
                EvaluationProtocol.Sampled(3)
            )
        );
    }

    private sealed class ListsOnly(long[][] lists) : IRecommender
    {
        public (Tensor Items, Tensor Scores) Recommend(Histories histories, int k)
        {
            var rows = Enumerable.Range(0, histories.Count).SelectMany(i => lists[histories[i][0] - 1]).ToArray();
            return (tensor(rows).view(histories.Count, -1), zeros(histories.Count, rows.Length / histories.Count));
        }
    }
}

using CsCheck;
using GenRec.Shared.Data;
using GenRec.Shared.Evaluation;

namespace GenRec.Shared.Tests.Evaluation;

public class GroupAndListStatisticsTests
{
    private static readonly NextItemCases Cases = new(
        [0, 1, 2, 3],
        Histories.From([
            [1],
            [1, 2, 3, 4, 5],
            [],
            [.. Enumerable.Repeat(2, 10)],
        ]),
        [1, 2, 3, 4],
        4
    );

    [Fact]
    public void GroupsPartTheMean()
    {
        var ranks = new TargetRank[] { new(0, 0), new(3, 0), new(20, 0), new(1, 2) };
        var result = new RankingResult(EvaluationProtocol.Full, ranks, 4);
        foreach (
            var groups in new[]
            {
                CaseGroups.ByHistoryLength(Cases, 1, 6),
                CaseGroups.ByPopularity(Cases, [0, 5, 1, 1, 0]),
            }
        )
        {
            var means = groups.Means(result, Metric.Ndcg(5)).Where(group => group.Cases > 0).ToList();
            Assert.Equal(4, means.Sum(group => group.Cases));
            Assert.Equal(result["NDCG@5"], means.Sum(group => group.Mean * group.Cases) / 4, 12);
        }
    }

    [Fact]
    public void HistoryLengthsFallBetweenTheEdges()
    {
        var groups = CaseGroups.ByHistoryLength(Cases, 5, 10);
        Assert.Equal(["0-4", "5-9", "10+"], groups.Names);
        Assert.Equal([0, 1, 0, 2], groups.GroupOf);
        Assert.Throws<ArgumentException>(() => CaseGroups.ByHistoryLength(Cases, 5, 5));
    }

    [Fact]
    public void HeadMidAndTailShareTheInteractionsAndUntrainedItemsAreCold()
    {
        var groups = CaseGroups.ByPopularity(Cases, [0, 4, 4, 4, 0]);
        Assert.Equal(
            ["head", "mid", "tail", "cold"],
            groups.Names.Select((name, i) => groups.Names[groups.GroupOf[i]])
        );
        Assert.Equal([0, 1, 2, 2], CaseGroups.ByPopularity(Cases, [0, 6, 2, 2, 1]).GroupOf);
    }

    [Fact]
    public void AGroupWithoutCasesHasNoMean()
    {
        var result = new RankingResult(EvaluationProtocol.Full, new TargetRank[4], 4);
        Assert.Equal(double.NaN, CaseGroups.ByHistoryLength(Cases, 100).Means(result, Metric.Mrr())[1].Mean);
    }

    [Fact]
    public void GiniIsTheMeanDifferenceOfPairs()
    {
        Gen.Select(Gen.Int[1, 12], Gen.UInt)
            .Sample(
                (n, seed) =>
                {
                    var random = new Random((int)seed);
                    var counts = Enumerable.Range(0, n).Select(_ => (long)random.Next(5)).ToArray();
                    var pairs = counts.Sum(a => counts.Sum(b => Math.Abs(a - b)));
                    var expected = counts.Sum() == 0 ? 0 : pairs / (2.0 * n * counts.Sum());
                    Assert.Equal(expected, ListStatistics.GiniOf(counts), 12);
                },
                iter: 100
            );
    }

    [Fact]
    public void ListStatisticsAreThoseCountedByHand()
    {
        var lists = new TopLists(2, [1, 2, 1, 3, 1, 0, 0, 0], new float[8]);
        var statistics = ListStatistics.Of(lists, [0, 10, 4, 2, 0], Cases.Targets);
        Assert.Equal(0.75, statistics.Coverage);
        Assert.Equal((7 + 6 + 10) / 3.0, statistics.AveragePopularity, 12);
        Assert.Equal((7 + 6 + 10) / 3.0 / 4, statistics.PopularityLift, 12);
        Assert.Equal(ListStatistics.GiniOf([3, 1, 1, 0]), statistics.Gini, 12);
        Assert.Equal(0.25, ListStatistics.Of(lists, [0, 10, 4, 2, 0], Cases.Targets, k: 1).Coverage);
    }
}

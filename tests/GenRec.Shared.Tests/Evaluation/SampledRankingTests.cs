using GenRec.Shared.Data;
using GenRec.Shared.Evaluation;

namespace GenRec.Shared.Tests.Evaluation;

public class SampledRankingTests
{
    private const int Items = 40;

    private static readonly NextItemCases Cases = TableScorer.Cases(
        [
            [7, 8],
            [9, 9],
            [],
            [10, 11, 12],
        ],
        [20, 21, 22, 23],
        Items
    );

    [Theory]
    [InlineData(NegativeSampler.Uniform)]
    [InlineData(NegativeSampler.Popularity)]
    public void NegativesAreDistinctAndNeitherTheTargetNorFiltered(NegativeSampler sampler)
    {
        var draws = new NegativeDraws(Cases, EvaluationProtocol.Sampled(30, sampler, 3), Popular());
        for (var i = 0; i < Cases.Count; i++)
        {
            var negatives = draws.For(i);
            Assert.Equal(30, negatives.Distinct().Count());
            Assert.DoesNotContain(Cases.Targets[i], negatives);
            Assert.Empty(negatives.Intersect(Cases.Histories[i].ToArray()));
            Assert.All(negatives, item => Assert.InRange(item, 1, Items));
        }
    }

    [Fact]
    public void EveryModelMeetsTheSameNegativesWhateverElseIsMeasured()
    {
        var protocol = EvaluationProtocol.Sampled(10, seed: 5);
        var all = new NegativeDraws(Cases, protocol);
        var last = new NextItemCases([3], Cases.Histories.Slice(3, 1), [Cases.Targets[3]], Items);
        Assert.Equal(all.For(3), new NegativeDraws(last, protocol).For(0));
        Assert.NotEqual(all.For(3), new NegativeDraws(Cases, EvaluationProtocol.Sampled(10, seed: 6)).For(3));
    }

    [Fact]
    public void RanksAreThoseAmongTheDrawnNegatives()
    {
        var random = new Random(1);
        float[][] scores =
        [
            .. Cases.Targets.Select(_ => Enumerable.Range(0, Items + 1).Select(_ => random.Next(4) / 2f).ToArray()),
        ];
        var protocol = EvaluationProtocol.Sampled(12, seed: 9);
        var draws = new NegativeDraws(Cases, protocol);
        foreach (var size in new[] { 1, 3, 100 })
        {
            var options = new RankingOptions { MaxBlockCases = size };
            var result = SampledRanking.Evaluate(new TableScorer(scores), Cases, protocol, options);
            for (var i = 0; i < Cases.Count; i++)
            {
                var (row, target) = (scores[i], Cases.Targets[i]);
                var (above, tied) = (
                    draws.For(i).Count(n => row[n] > row[target]),
                    draws.For(i).Count(n => row[n] == row[target])
                );
                Assert.Equal(new TargetRank(above, tied), result.Ranks[i]);
            }
        }
    }

    [Fact]
    public void TheOptimisticRuleCallsACollapsedModelPerfectAndTheExpectedRuleDoesNot()
    {
        var model = new TableScorer([.. Cases.Targets.Select(_ => new float[Items + 1])]);
        var protocol = EvaluationProtocol.Sampled(19);
        var fair = Evaluator.Evaluate(model, Cases, protocol);
        var optimistic = Evaluator.Evaluate(model, Cases, protocol with { Ties = TieRule.Optimistic });
        Assert.Equal(0.5, fair["HR@10"], 12);
        Assert.Equal(1, optimistic["HR@10"]);
        Assert.EndsWith("-optimistic-ties", optimistic.Protocol.Ranking);
    }

    [Fact]
    public void PopularityNegativesFollowTheTrainingCounts()
    {
        // Items 1 and 2 share 90% of the interactions; the other 38 items are drawn for the rest.
        NextItemCases cases = new(
            [.. Enumerable.Range(0, 4000)],
            Histories.From(Enumerable.Repeat((IReadOnlyList<int>)[], 4000)),
            [.. Enumerable.Repeat(40, 4000)],
            Items
        );
        var protocol = EvaluationProtocol.Sampled(1, NegativeSampler.Popularity);
        var draws = new NegativeDraws(cases, protocol, Popular());
        var first = Enumerable.Range(0, 4000).Count(i => draws.For(i)[0] == 1) / 4000.0;
        var expected = 171.0 / (171 * 2 + 37); // item 40 is the target
        Assert.InRange(first, expected - 0.03, expected + 0.03); // four standard deviations
    }

    [Fact]
    public void AnItemThatDominatesDoesNotKeepTheDrawFromEnding()
    {
        var train = new Interactions(3, [0, 1_000_002], [.. Enumerable.Repeat(1, 1_000_000), 2, 3]);
        NextItemCases cases = new(
            [0],
            Histories.From([
                [1],
            ]),
            [2],
            3
        );
        var draws = new NegativeDraws(cases, EvaluationProtocol.Sampled(1, NegativeSampler.Popularity), train);
        Assert.Equal([3], draws.For(0));
    }

    [Fact]
    public void TooFewItemsAreAnErrorThatNamesTheCase()
    {
        var draws = new NegativeDraws(Cases, EvaluationProtocol.Sampled(Items));
        Assert.Contains("Case 2 (user 2)", Assert.Throws<ArgumentException>(() => draws.For(2)).Message);
    }

    [Fact]
    public void WhatTheProtocolNeedsIsAskedFor()
    {
        var model = new TableScorer([new float[Items + 1]]);
        var popular = EvaluationProtocol.Sampled(5, NegativeSampler.Popularity);
        Assert.Contains(
            "training interactions",
            Assert.Throws<ArgumentException>(() => Evaluator.Evaluate(model, Cases, popular)).Message
        );
        Assert.Contains(
            "samples no negatives",
            Assert
                .Throws<ArgumentException>(() => SampledRanking.Evaluate(model, Cases, EvaluationProtocol.Full))
                .Message
        );
        Assert.Contains(
            "samples negatives",
            Assert.Throws<ArgumentException>(() => FullRanking.Evaluate(model, Cases, popular)).Message
        );
    }

    [Fact]
    public void ProtocolsHaveNames()
    {
        Assert.Equal("full", EvaluationProtocol.Full.Ranking);
        Assert.Equal(
            "sampled-100-popularity-seed-7",
            EvaluationProtocol.Sampled(100, NegativeSampler.Popularity, 7).Ranking
        );
    }

    /// <summary>Items 1 and 2 are taken 171 times each, every other item once.</summary>
    private static Interactions Popular()
    {
        int[] items = [.. Enumerable.Repeat(1, 171), .. Enumerable.Repeat(2, 171), .. Enumerable.Range(3, Items - 2)];
        return new Interactions(Items, [0, items.Length], items);
    }
}

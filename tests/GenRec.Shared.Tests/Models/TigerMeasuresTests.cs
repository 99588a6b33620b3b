using GenRec.Shared.Data;
using GenRec.Shared.Data.Importers;
using GenRec.Shared.Decoding;
using GenRec.Shared.Evaluation;
using GenRec.Shared.Models;
using GenRec.Shared.Models.Baselines;
using GenRec.Shared.SemanticIds;
using static TorchSharp.torch;

namespace GenRec.Shared.Tests.Models;

[Collection(TorchGenerator.Name)]
public class TigerMeasuresTests
{
    [Fact]
    public void MatchingIdsInsteadOfItemsFindsMore()
    {
        // Items 1, 2 and 3 share their content codes; item 4 has its own.
        var ids = new SemanticIdTable([2, 3], [0, 0, 0, 1, 0, 2, 1, 0], isNumbered: true);
        var cases = new NextItemCases(
            [0, 1],
            Histories.From([
                [4],
                [4],
            ]),
            [3, 4],
            4
        );
        var top = new TopLists(3, [1, 2, 3, 1, 2, 4], [3, 2, 1, 3, 2, 1]);
        TargetRank[] ranks = [new(2, 0), new(2, 0)];
        var ranked = new RankingResult(EvaluationProtocol.Full, ranks, 4, top);
        var byId = TigerMeasures.AtIdLevel(ranked, cases, ids);
        Assert.Equal([new TargetRank(0, 0), new TargetRank(1, 0)], byId.Ranks);
        Assert.Equal(EvaluationLevel.SemanticId, byId.Protocol.Level);
        Assert.Equal(ranks, TigerMeasures.AtIdLevel(ranked, cases, ids, levels: 2).Ranks); // all codes: the items again
    }

    [Fact]
    public void EntropyCountsHowMixedListsAre()
    {
        var lists = new TopLists(4, [1, 2, 3, 4, 1, 1, 2, 0], new float[8]);
        Assert.Equal(Math.Log(4) / 2, TigerMeasures.CategoryEntropy(lists, [0, 1, 2, 3], 4) - Half(2 / 3.0), 1e-9);
        Assert.Equal(0, TigerMeasures.CategoryEntropy(lists, [0, 0, 0, 0], 4));
        Assert.Equal(0, TigerMeasures.CategoryEntropy(lists, [-1, -1, -1, -1], 4));

        static double Half(double p) => -(p * Math.Log(p) + (1 - p) * Math.Log(1 - p)) / 2;
    }

    [Theory]
    [InlineData(0.0, 0)]
    [InlineData(0.2, 1)]
    [InlineData(1.0, 20)]
    public void AListHoldsAtMostAShareOfColdItems(double share, int most)
    {
        using var scope = NewDisposeScope();
        var model = TigerTests.Model(TigerTests.Tiny);
        int[] cold = [2, 5, 9, 14];
        using var recommender = new TigerColdStart(model, cold, share, beams: 20);
        var (items, _) = recommender.Recommend(
            Histories.From([
                [1, 3],
                [6],
            ]),
            5
        );
        for (var row = 0; row < 2; row++)
        {
            var listed = items[row].data<long>().ToArray();
            Assert.Equal(5, listed.Distinct().Count(item => item > 0));
            Assert.InRange(listed.Count(item => cold.Contains((int)item)), 0, most);
        }
    }

    [Fact]
    public void AWarmerSamplerListsMoreDifferentItems()
    {
        using var scope = NewDisposeScope();
        var model = TigerTests.Model(TigerTests.Tiny);
        int Different(double temperature)
        {
            using var sampler = new TigerSampler(
                model,
                new SamplingOptions { Samples = 20, Temperature = temperature }
            );
            return
                sampler
                    .Recommend(
                        Histories.From([
                            [1, 3],
                        ]),
                        20
                    )
                    .Items.gt(0)
                    .sum()
                    .item<long>()
                    is var n
                ? (int)n
                : 0;
        }
        Assert.True(Different(0.01) < Different(10));
        Assert.Equal(Different(2), Different(2));
    }

    [Fact]
    public void SemanticNeighboursOfferWhatPointsTheSameWay()
    {
        using var scope = NewDisposeScope();
        using var scorer = new SemanticNeighbours(new EmbeddingMatrix(4, 2, [1, 0, 3, 0.3f, 0, 1, -1, 0]), newest: 1);
        var (items, _) = scorer.Recommend(
            Histories.From([
                [3, 1],
            ]),
            4
        );
        Assert.Equal([1, 2, 3, 4], items[0].data<long>().ToArray());
    }
}

using GenRec.Shared.Data;
using GenRec.Shared.Decoding;
using static TorchSharp.torch;

namespace GenRec.Shared.Tests.Decoding;

[Collection(TorchGenerator.Name)]
public class ParallelDecodingTests
{
    private const int Items = 60;
    private const int Levels = 5;
    private const int Size = 7;

    [Fact]
    public void AScoreIsTheMeanOfItsCodesLogProbabilities()
    {
        using var scope = NewDisposeScope();
        var codes = Codes();
        using var scorer = new ParallelItemScorer(codes, Size);
        var logs = LogProbabilities(3);
        var all = scorer.ScoreAll(logs);
        for (var user = 0; user < 3; user++)
        for (var item = 1; item <= Items; item += 7)
        {
            var expected = Enumerable
                .Range(0, Levels)
                .Average(level => logs[user, level, codes[item][level]].item<float>());
            Assert.Equal(expected, all[user, item].item<float>(), 1e-5f);
        }
        var some = tensor(new long[] { 5, 60, 1, 33, 33, 2 }).view(3, 2);
        Assert.True(allclose(all.gather(1, some), scorer.Score(logs, some), atol: 1e-6));
    }

    [Fact]
    public void BruteForceAndBeamsOverAllLeavesAgree() // sums and means of the same independent heads
    {
        using var scope = NewDisposeScope();
        var codes = Codes();
        using var scorer = new ParallelItemScorer(codes, Size);
        using var trie = PrefixTrie.Build(codes, TokenLayout.PerLevel([.. Enumerable.Repeat(Size, Levels)]));
        var logs = LogProbabilities(2);
        using var best = scorer.Best(logs, 10);
        var heads = new HeadsStepDecoder([.. Enumerable.Range(0, Levels).Select(level => logs.select(1, level))]);
        using var ids = new BeamSearch(trie.All, new BeamOptions { Width = trie.LeafCount }).Run(heads);
        using var lists = ids.ToItems(10);
        Assert.True(allclose(best.Scores * Levels, lists.Scores, atol: 1e-4));
        Assert.Equal(best.Items.data<long>().ToArray(), lists.Items.data<long>().ToArray());
        Assert.Equal(2 * Items, best.Scored);
    }

    [Fact]
    public void ItemsThatAreNotAllowedAreNotListed()
    {
        using var scope = NewDisposeScope();
        using var scorer = new ParallelItemScorer(Codes(), Size);
        var allowed = zeros(Items + 1, dtype: ScalarType.Bool);
        allowed[4] = true;
        allowed[9] = true;
        using var best = scorer.Best(LogProbabilities(1), 70, allowed);
        Assert.Equal([4, 9], best.Items.data<long>().ToArray()[..2].Order());
        Assert.All(best.Items.data<long>().ToArray()[2..], item => Assert.Equal(0, item));
        Assert.Equal(70, best.Items.shape[1]);
    }

    [Fact]
    public void NeighboursAreThoseOfTheWholeTableOfItems()
    {
        using var scope = NewDisposeScope();
        var codes = Codes();
        using var scorer = new ParallelItemScorer(codes, Size);
        var vectors = randn(Levels, Size, 6);
        using var graph = ItemGraph.Build(scorer, codes, vectors, degree: 8);
        var unit = vectors / vectors.norm(-1, keepdim: true);
        for (var item = 1; item <= Items; item += 13)
        {
            var scores = Enumerable
                .Range(1, Items)
                .Select(other =>
                    Enumerable
                        .Range(0, Levels)
                        .Average(level =>
                            (
                                1
                                + (unit[level, codes[item][level]] * unit[level, codes[other][level]])
                                    .sum()
                                    .item<float>()
                            ) / 2
                        )
                )
                .ToArray();
            var found = graph.Neighbours[item].data<long>().ToArray();
            Assert.Equal(item, found[0]);
            Assert.Equal(
                scores.OrderDescending().Take(8),
                found.Select(other => scores[other - 1]),
                (a, b) => Math.Abs(a - b) < 1e-5
            );
        }
    }

    [Fact]
    public void AWalkThatReachesAllItemsIsExact()
    {
        using var scope = NewDisposeScope();
        var codes = Codes();
        using var scorer = new ParallelItemScorer(codes, Size);
        using var graph = ItemGraph.Build(scorer, codes, randn(Levels, Size, 6), degree: 99);
        Assert.Equal(Items, graph.Degree); // no more neighbours than items
        var logs = LogProbabilities(3);
        using var exact = scorer.Best(logs, 10);
        using var walked = new GraphDecoder(scorer, graph, new GraphOptions { Beams = 12, Steps = 1 }).Decode(logs, 10);
        Assert.Equal(exact.Items.data<long>().ToArray(), walked.Items.data<long>().ToArray());
        Assert.True(allclose(exact.Scores, walked.Scores, atol: 1e-6));
        Assert.Equal(3 * Items, walked.Scored);
    }

    [Fact]
    public void AShortWalkMeetsFewItemsAndNeverLosesGround()
    {
        using var scope = NewDisposeScope();
        var codes = Codes();
        using var scorer = new ParallelItemScorer(codes, Size);
        using var graph = ItemGraph.Build(scorer, codes, randn(Levels, Size, 6), degree: 4);
        var logs = LogProbabilities(3);
        var options = new GraphOptions { Beams = 4, StartItems = [1, 2, 3, 4] };
        var before = double.NegativeInfinity;
        for (var steps = 1; steps <= 5; steps++)
        {
            using var found = new GraphDecoder(scorer, graph, options with { Steps = steps }).Decode(logs, 4);
            Assert.True(found.Scored < 3 * Items);
            Assert.Equal(4, found.Items[0].data<long>().ToArray().Distinct().Count());
            var best = found.Scores.select(1, 0).sum().item<float>();
            Assert.True(best >= before - 1e-6);
            before = best;
        }
    }

    [Fact]
    public void BadInputIsNamed()
    {
        using var scope = NewDisposeScope();
        Assert.Contains(
            "Item 1 has the code 7",
            Assert.Throws<ArgumentException>(() => new ParallelItemScorer(new ItemCodes(1, [7]), 7)).Message
        );
        using var scorer = new ParallelItemScorer(Codes(), Size);
        Assert.Contains(
            "need [B, 5, 7]",
            Assert.Throws<ArgumentException>(() => scorer.ScoreAll(zeros(2, 5, 6))).Message
        );
        using var graph = ItemGraph.Build(scorer, Codes(), randn(Levels, Size, 6), degree: 4);
        var options = new GraphOptions { StartItems = [61] };
        Assert.Contains(
            "1..60",
            Assert.Throws<ArgumentException>(() => new GraphDecoder(scorer, graph, options)).Message
        );
    }

    private static ItemCodes Codes()
    {
        var random = new Random(2);
        return new ItemCodes(Levels, [.. Enumerable.Range(0, Items * Levels).Select(_ => random.Next(Size))]);
    }

    private static Tensor LogProbabilities(int users)
    {
        manual_seed(9);
        return randn(users, Levels, Size).log_softmax(-1);
    }
}

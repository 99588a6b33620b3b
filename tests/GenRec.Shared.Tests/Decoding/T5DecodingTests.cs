using GenRec.Shared.Data;
using GenRec.Shared.Decoding;
using GenRec.Shared.Evaluation;
using GenRec.Shared.Nn;
using GenRec.Shared.Tests.Nn;
using TorchSharp;
using static TorchSharp.torch;

namespace GenRec.Shared.Tests.Decoding;

[Collection(TorchGenerator.Name)]
public class T5DecodingTests
{
    private static readonly TokenLayout Layout = TokenLayout.Joint([6, 6, 7], first: 1); // 20 tokens
    private static readonly int[][] HistoryItems =
    [
        [1, 2, 3],
        [4],
        [5, 6, 7, 8],
        [9, 1],
    ];

    [Fact]
    public void BeamsOfAnEncoderDecoderEqualTeacherForcedScores()
    {
        using var scope = NewDisposeScope();
        using var trie = Trie();
        var model = T5Tests.Model(T5Tests.Tiny);
        using var exact = Exact(model, trie, HistoryItems);
        var recommender = new BeamRecommender(
            new BeamSearch(trie.All, new BeamOptions { Width = 30 }),
            histories => Start(model, trie, histories)
        );
        var (items, scores) = recommender.Recommend(Histories.From(HistoryItems), 30);
        Assert.True(allclose(exact.gather(1, items), scores, atol: 1e-4));
        Assert.True(allclose(exact.narrow(1, 1, 30).sort(1, descending: true).Values, scores, atol: 1e-4));
        Assert.Equal((120, 0), ((int)recommender.Generated, (int)recommender.Invalid));
    }

    [Fact]
    public void ExhaustiveScoringEqualsTeacherForcedScores()
    {
        using var scope = NewDisposeScope();
        using var trie = Trie();
        var model = T5Tests.Model(T5Tests.Tiny);
        using var exact = Exact(model, trie, HistoryItems);
        var scorer = new ExhaustiveScorer(trie, histories => Start(model, trie, histories), usersAtOnce: 3);
        var all = scorer.ScoreAll(Histories.From(HistoryItems));
        Assert.True(allclose(exact.narrow(1, 1, 30), all.narrow(1, 1, 30), atol: 1e-4));
        Assert.Equal(float.NegativeInfinity, all[0, 0].item<float>());
        var (items, _) = scorer.Recommend(Histories.From(HistoryItems), 31);
        Assert.Equal(0, items[2, 30].item<long>()); // there are 30 items
        Assert.Equal(exact[2].argmax().item<long>(), items[2, 0].item<long>());
    }

    [Fact]
    public void BeamsOfADecoderOnlyModelEqualTheScoresOfWholeSequences()
    {
        using var scope = NewDisposeScope();
        using var trie = Trie();
        var model = CausalT5Tests.Model();
        var prompts = tensor(new long[] { 0, 0, 5, 6, 7, 8, 9, 10 }).view(2, 4);
        var isReal = tensor(new[] { false, false, true, true, true, true, true, true }).view(2, 4);
        using var decoder = new CausalStepDecoder(model, prompts, isReal);
        using var ids = new BeamSearch(trie.All, new BeamOptions { Width = 30 }).Run(decoder);
        long[][] read =
        [
            [5, 6],
            [7, 8, 9, 10],
        ];
        for (var user = 0; user < 2; user++)
        for (var beam = 0; beam < 30; beam += 7)
        {
            var tokens = ids.Tokens[user][beam].data<long>().ToArray();
            var whole = tensor((long[])[.. read[user], .. tokens]).view(1, -1);
            var logs = model.forward(whole, null).log_softmax(-1)[0];
            var expected = Enumerable.Range(0, 3).Sum(at => logs[read[user].Length - 1 + at, tokens[at]].item<float>());
            Assert.Equal(expected, ids.Scores[user, beam].item<float>(), 1e-4f);
        }
        Assert.Equal(30, ids.Generated / 2);
    }

    [Fact]
    public void SeenItemsAreClosedToTheSearch()
    {
        using var scope = NewDisposeScope();
        using var trie = Trie();
        var model = T5Tests.Model(T5Tests.Tiny);
        var search = new BeamSearch(trie.All, new BeamOptions { Width = 29 });
        var recommender = new BeamRecommender(search, histories => Start(model, trie, histories), true, usersAtOnce: 2);
        var (items, _) = recommender.Recommend(Histories.From(HistoryItems), 29);
        for (var user = 0; user < 4; user++)
        {
            var found = items[user].data<long>().ToArray().Where(item => item > 0).ToArray();
            Assert.Equal(30 - HistoryItems[user].Length, found.Length); // every item that is left
            Assert.Empty(found.Select(item => (int)item).Intersect(HistoryItems[user]));
        }
    }

    [Fact]
    public void AGenerativeModelIsMeasuredByItsLists()
    {
        using var trie = Trie();
        var model = T5Tests.Model(T5Tests.Tiny);
        var cases = new NextItemCases([0, 1, 2, 3], Histories.From(HistoryItems), [10, 11, 12, 13], 30);
        var recommender = new BeamRecommender(
            new BeamSearch(trie.All, new BeamOptions { Width = 30 }),
            histories => Start(model, trie, histories)
        );
        var exact = new ExhaustiveScorer(trie, histories => Start(model, trie, histories));
        var lists = ListRanking.Evaluate(recommender, cases, options: new RankingOptions { TopK = 30 });
        var full = FullRanking.Evaluate(exact, cases, options: new RankingOptions { TopK = 30 });
        Assert.Equal(full[Metric.Ndcg(10)], lists[Metric.Ndcg(10)], 1e-9);
        Assert.Equal(full.Top!.Items, lists.Top!.Items);
    }

    [Fact]
    public void ASearchFreesAllThatItTook()
    {
        using var trie = Trie();
        var model = T5Tests.Model(T5Tests.Tiny);
        using var batch = Batch(trie, Histories.From(HistoryItems));
        var search = new BeamSearch(trie.All, new BeamOptions { Width = 5 });
        Search(); // keeps memory for the next ones
        var before = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
        for (var round = 0; round < 5; round++)
            Search();
        Assert.Equal(before, DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);

        void Search()
        {
            using var decoder = new T5StepDecoder(model, batch);
            using var ids = search.Run(decoder);
            using var lists = ids.ToItems(5);
        }
    }

    internal static PrefixTrie Trie()
    {
        var random = new Random(4);
        var taken = new HashSet<int>();
        var codes = new List<int>();
        while (taken.Count < 30)
            if (random.Next(6 * 6 * 7) is var at && taken.Add(at))
                codes.AddRange([at / 42, at / 7 % 6, at % 7]);
        return PrefixTrie.Build([.. codes], 3, layout: Layout);
    }

    internal static TokenBatch Batch(PrefixTrie trie, Histories histories) =>
        TokenBatch.Pack([
            .. Enumerable
                .Range(0, histories.Count)
                .Select(row => histories[row].ToArray().SelectMany(item => TokensOf(trie, item)).ToArray()),
        ]);

    internal static T5StepDecoder Start(T5 model, PrefixTrie trie, Histories histories)
    {
        using var batch = Batch(trie, histories);
        return new T5StepDecoder(model, batch);
    }

    private static int[] TokensOf(PrefixTrie trie, int item)
    {
        var row = trie.Tables.Items.data<long>().ToArray().AsSpan().IndexOf(item);
        return [.. trie.Tables.Rows[row].data<long>().ToArray().Select(token => (int)token)];
    }

    /// <summary>Scores by teacher forcing, one item at a time: nothing cached, nothing shared.</summary>
    private static Tensor Exact(T5 model, PrefixTrie trie, int[][] histories)
    {
        using var scope = NewDisposeScope();
        var scores = full(histories.Length, 31, float.NegativeInfinity);
        for (var user = 0; user < histories.Length; user++)
        {
            var ids = tensor(
                    histories[user].SelectMany(item => TokensOf(trie, item)).Select(token => (long)token).ToArray()
                )
                .view(1, -1);
            for (var item = 1; item <= 30; item++)
            {
                var target = TokensOf(trie, item);
                var shifted = tensor(new[] { 0L, target[0], target[1] }).view(1, 3);
                var logs = model.forward(ids, ones_like(ids, dtype: ScalarType.Bool), shifted).log_softmax(-1)[0];
                scores[user, item] = Enumerable.Range(0, 3).Sum(at => logs[at, target[at]].item<float>());
            }
        }
        return scores.MoveToOuterDisposeScope();
    }
}

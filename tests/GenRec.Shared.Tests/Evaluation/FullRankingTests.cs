using CsCheck;
using GenRec.Shared.Data;
using GenRec.Shared.Evaluation;
using static TorchSharp.torch;

namespace GenRec.Shared.Tests.Evaluation;

public class FullRankingTests
{
    private const int Items = 37; // no multiple of a vector's width

    /// <summary>Few distinct scores, so that ties are frequent; histories repeat items and may hold the target.</summary>
    private static readonly Gen<(float[][] Scores, NextItemCases Cases)> Problems = Gen.Select(Gen.Int[1, 9], Gen.UInt)
        .Select(
            (count, seed) =>
            {
                var random = new Random((int)seed);
                var scores = Rows(() => Numbers(Items + 1, -3, 3).Select(x => x / 2f).ToArray());
                var histories = Rows(() => Numbers(random.Next(12), 1, Items));
                return (scores, TableScorer.Cases(histories, Numbers(count, 1, Items), Items));

                T[] Rows<T>(Func<T> row) => [.. Enumerable.Range(0, count).Select(_ => row())];
                int[] Numbers(int n, int low, int high) =>
                    [.. Enumerable.Range(0, n).Select(_ => random.Next(low, high + 1))];
            }
        );

    [Theory]
    [InlineData(SeenFilter.None)]
    [InlineData(SeenFilter.History)]
    public void RanksAndListsEqualThoseOfACompleteSort(SeenFilter filter)
    {
        Problems.Sample(
            problem =>
            {
                var (scores, cases) = problem;
                scores[0][0] = float.NaN; // the padding column is nobody's business
                var result = Evaluate(scores, cases, filter, new RankingOptions { TopK = 5 });
                for (var i = 0; i < cases.Count; i++)
                {
                    var candidates = Candidates(cases, i, filter);
                    Assert.Equal(SortedRank(scores[i], cases.Targets[i], candidates), result.Ranks[i]);
                    var best = candidates.OrderByDescending(item => scores[i][item]).ThenBy(item => item).Take(5);
                    Assert.Equal(best, result.Top![i].ToArray());
                    Assert.Equal(best.Select(item => scores[i][item]), result.Top.ScoresOf(i).ToArray());
                }
            },
            iter: 100
        );
    }

    [Theory]
    [InlineData(SeenFilter.None)]
    [InlineData(SeenFilter.History)]
    public void TensorOperationsAndTheInMemoryPassAgree(SeenFilter filter)
    {
        Problems.Sample(
            problem =>
            {
                var (scores, cases) = problem;
                using var scope = NewDisposeScope();
                var expected = Evaluate(scores, cases, filter, new RankingOptions { TopK = 7 });
                var block = new CaseBlocks(cases, filter, null, cases.Count).Single();
                var ranks = new TargetRank[cases.Count];
                var top = new TopLists(7, new int[cases.Count * 7], new float[cases.Count * 7]);
                BlockRanking.RankOnDevice(new TableScorer(scores).ScoreAll(block.Histories), block, ranks, top);
                Assert.Equal(expected.Ranks, ranks);
                Assert.Equal(expected.Top!.Scores, top.Scores); // items may differ inside a tie
            },
            iter: 50
        );
    }

    [Fact]
    public void TheBlockSizeChangesNothing()
    {
        Problems.Sample(
            problem =>
            {
                var (scores, cases) = problem;
                var whole = Evaluate(scores, cases, SeenFilter.History, new RankingOptions { TopK = 4 });
                var single = new RankingOptions { TopK = 4, BlockBytes = 1 };
                var cut = Evaluate(scores, cases, SeenFilter.History, single);
                Assert.Equal(whole.Ranks, cut.Ranks);
                Assert.Equal(whole.Top!.Items, cut.Top!.Items);
            },
            iter: 50
        );
    }

    [Fact]
    public void ABlockHoldsNoMoreScoresThanTheBudget()
    {
        var cases = TableScorer.Cases(
            [.. Enumerable.Repeat(new int[2], 20).Select(_ => new[] { 1, 2 })],
            [.. Enumerable.Repeat(3, 20)],
            Items
        );
        var model = new TableScorer([.. Enumerable.Range(0, 20).Select(_ => new float[Items + 1])]);
        FullRanking.Evaluate(
            model,
            cases,
            options: new RankingOptions { BlockBytes = 3 * sizeof(float) * (Items + 1) }
        );
        Assert.Equal(3, model.LargestBatch);
        FullRanking.Evaluate(model, cases, options: new RankingOptions { MaxBlockCases = 7 });
        Assert.Equal(7, model.LargestBatch);
    }

    [Fact]
    public void AnOptionOutOfItsRangeIsAnErrorThatNamesIt()
    {
        var (model, cases) = (
            new TableScorer([new float[Items + 1]]),
            TableScorer.Cases(
                [
                    [],
                ],
                [3],
                Items
            )
        );
        foreach (
            var (name, options) in new[]
            {
                ("TopK", new RankingOptions { TopK = -1 }),
                ("BlockBytes", new RankingOptions { BlockBytes = 0 }),
                ("MaxBlockCases", new RankingOptions { MaxBlockCases = 0 }),
            }
        )
        {
            var error = Assert.Throws<ArgumentOutOfRangeException>(() =>
                FullRanking.Evaluate(model, cases, options: options)
            );
            Assert.Contains(name, error.Message);
        }
    }

    [Fact]
    public void CasesThatDoNotFitTheCatalogueAreErrorsThatNameThem()
    {
        var model = new TableScorer([new float[Items + 1]]);
        foreach (
            var cases in new[]
            {
                TableScorer.Cases(
                    [
                        [],
                    ],
                    [0],
                    Items
                ),
                TableScorer.Cases(
                    [
                        [Items + 1],
                    ],
                    [3],
                    Items
                ),
            }
        )
            Assert.Contains(
                "ase 0",
                Assert.Throws<ArgumentException>(() => FullRanking.Evaluate(model, cases)).Message
            );
    }

    [Fact]
    public void EqualScoresGiveChanceLevel()
    {
        var cases = TableScorer.Cases(
            [
                [],
                [5],
            ],
            [3, 9],
            Items
        );
        float[][] scores = [new float[Items + 1], new float[Items + 1]];
        var result = FullRanking.Evaluate(new TableScorer(scores), cases);
        Assert.Equal(10.0 / Items, result["Recall@10"], 12);
        Assert.Equal((Items + 1) / 2.0, result.Ranks[0].Average);
        var protocol = EvaluationProtocol.Full with { Ties = TieRule.Optimistic };
        Assert.Equal(1, FullRanking.Evaluate(new TableScorer(scores), cases, protocol)["Recall@1"]);
    }

    [Fact]
    public void AnItemOfTheHistoryCanOnlyHelpTheTargetWhenItIsFiltered()
    {
        var cases = TableScorer.Cases(
            [
                [7, 8, 7],
            ],
            [5],
            Items
        );
        var scores = new float[Items + 1];
        (scores[5], scores[7], scores[8], scores[9]) = (1, 3, 1, 2);
        Assert.Equal(new TargetRank(2, 1), Evaluate([scores], cases, SeenFilter.None).Ranks[0]);
        Assert.Equal(new TargetRank(1, 0), Evaluate([scores], cases, SeenFilter.History).Ranks[0]);
    }

    [Fact]
    public void TheTrainFilterFiltersTheUsersTrainingRow()
    {
        var cases = TableScorer.Cases(
            [
                [7],
                [7],
            ],
            [5, 5],
            Items
        );
        var train = new Interactions(Items, [0, 2, 3], [9, 8, 7]);
        var scores = new float[Items + 1];
        (scores[5], scores[7], scores[8], scores[9]) = (1, 2, 2, 2);
        var protocol = EvaluationProtocol.Full with { SeenFilter = SeenFilter.Train };
        var result = FullRanking.Evaluate(new TableScorer([scores, scores]), cases, protocol, train: train);
        Assert.Equal([new TargetRank(1, 0), new TargetRank(2, 0)], result.Ranks);
        var error = Assert.Throws<ArgumentException>(() =>
            FullRanking.Evaluate(new TableScorer([scores, scores]), cases, protocol)
        );
        Assert.Contains("training interactions", error.Message);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    public void ANonFiniteScoreIsAnErrorThatNamesTheCase(float bad)
    {
        foreach (var column in new[] { 1, 20, Items })
        {
            float[][] scores = [new float[Items + 1], new float[Items + 1]];
            scores[1][column] = bad;
            var cases = TableScorer.Cases(
                [
                    [2],
                    [3],
                ],
                [4, 5],
                Items
            );
            var error = Assert.Throws<InvalidOperationException>(() =>
                FullRanking.Evaluate(new TableScorer(scores), cases)
            );
            Assert.StartsWith("Case 1:", error.Message);
        }
    }

    [Fact]
    public void ScoresOfAWrongShapeAreAnError()
    {
        var cases = TableScorer.Cases(
            [
                [2],
            ],
            [4],
            Items
        );
        var error = Assert.Throws<InvalidOperationException>(() =>
            FullRanking.Evaluate(new TableScorer([new float[Items]]), cases)
        );
        Assert.Contains($"[1, {Items}], need [1, {Items + 1}]", error.Message);
    }

    [Fact]
    public void VectorsGiveTheRanksOfTheirProducts()
    {
        using var scope = NewDisposeScope();
        var model = new FactorScorer(randn(6, 4), randn(Items + 1, 4));
        var cases = TableScorer.Cases(
            [
                [2],
                [3],
                [],
                [4, 5],
                [9],
                [1],
            ],
            [4, 5, 6, 7, 8, 9],
            Items
        );
        var table = model.Products();
        foreach (var filter in new[] { SeenFilter.None, SeenFilter.History })
        {
            var protocol = EvaluationProtocol.Full with { SeenFilter = filter };
            var fast = FullRanking.Evaluate(model, cases, protocol, new RankingOptions { MaxBlockCases = 4 });
            Assert.Equal(Evaluate(table, cases, filter).Ranks, fast.Ranks);
        }
        var rough = FullRanking.Evaluate(model, cases, options: new RankingOptions { BFloat16 = true });
        Assert.All(rough.Ranks, rank => Assert.InRange(rank.Average, 1, Items));
    }

    [Fact]
    public void NothingStaysAliveAndTrainingModeComesBack()
    {
        using var outer = NewDisposeScope();
        var model = new FactorScorer(randn(6, 4), randn(Items + 1, 4));
        var cases = TableScorer.Cases(
            [
                [2],
                [3],
            ],
            [4, 5],
            Items
        );
        using (var inner = NewDisposeScope())
        {
            FullRanking.Evaluate(model, cases, options: new RankingOptions { TopK = 3 });
            Assert.Equal(0, inner.DisposablesCount);
        }
        Assert.True(model.training);
        Assert.False(model.SawTraining);
    }

    [Fact]
    public void ACancelledEvaluationStopsAndProgressReachesTheEnd()
    {
        var cases = TableScorer.Cases(
            [
                [2],
                [3],
                [4],
            ],
            [4, 5, 6],
            Items
        );
        float[][] scores = [.. Enumerable.Range(0, 3).Select(_ => new float[Items + 1])];
        using var source = new CancellationTokenSource();
        var seen = new List<RankingProgress>();
        var (model, one) = (new TableScorer(scores), new RankingOptions { MaxBlockCases = 1 });
        FullRanking.Evaluate(model, cases, options: one, progress: new Listener(seen.Add));
        Assert.Equal([new(1, 3), new(2, 3), new(3, 3)], seen);
        Assert.Throws<OperationCanceledException>(() =>
            FullRanking.Evaluate(
                model,
                cases,
                options: one,
                progress: new Listener(_ => source.Cancel()),
                cancel: source.Token
            )
        );
    }

    private static RankingResult Evaluate(
        float[][] scores,
        NextItemCases cases,
        SeenFilter filter,
        RankingOptions? options = null
    ) =>
        FullRanking.Evaluate(
            new TableScorer(scores),
            cases,
            EvaluationProtocol.Full with
            {
                SeenFilter = filter,
            },
            options
        );

    private static int[] Candidates(NextItemCases cases, int i, SeenFilter filter)
    {
        var seen = filter == SeenFilter.None ? [] : cases.Histories[i].ToArray();
        return [.. Enumerable.Range(1, Items).Where(item => item == cases.Targets[i] || !seen.Contains(item))];
    }

    private static TargetRank SortedRank(float[] scores, int target, int[] candidates)
    {
        var sorted = candidates.Select(item => scores[item]).OrderDescending().ToArray();
        var first = Array.IndexOf(sorted, scores[target]);
        return new TargetRank(first, Array.LastIndexOf(sorted, scores[target]) - first);
    }

    private sealed class Listener(Action<RankingProgress> heard) : IProgress<RankingProgress>
    {
        public void Report(RankingProgress value) => heard(value);
    }

    private sealed class FactorScorer(Tensor users, Tensor items) : nn.Module("factors"), IDotProductScorer
    {
        public bool SawTraining { get; private set; }

        public Tensor UserVectors(Histories histories)
        {
            SawTraining |= training;
            var rows = Enumerable.Range(0, histories.Count).Select(i => histories[i][0] - 1L).ToArray();
            return users[tensor(rows)];
        }

        public Tensor ItemVectors() => items.alias();

        public Tensor ScoreAll(Histories histories) => throw new InvalidOperationException("The vectors suffice.");

        public (Tensor Items, Tensor Scores) Recommend(Histories histories, int k) =>
            throw new InvalidOperationException("The vectors suffice.");

        public float[][] Products()
        {
            using var scores = users.matmul(items.t());
            return [.. Enumerable.Range(0, (int)users.shape[0]).Select(row => scores[row].data<float>().ToArray())];
        }
    }
}

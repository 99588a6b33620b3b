using GenRec.Shared.Data;
using GenRec.Shared.Data.Worlds;
using GenRec.Shared.Evaluation;
using GenRec.Shared.Models.Baselines;
using GenRec.Shared.Tests.Data;
using GenRec.Shared.Training;
using static TorchSharp.torch;

namespace GenRec.Shared.Tests.Models.Baselines;

[Collection(TorchGenerator.Name)]
public class BaselineTests
{
    private static readonly Interactions Train = NextItemBatcherTests.Build(
        [
            [1, 2, 3],
            [1, 2, 4],
            [2, 1, 2],
            [5, 6],
            [6, 5, 7],
            [1, 3],
        ],
        itemCount: 8
    );

    [Fact]
    public void PopularityCountsTrainingInteractions()
    {
        using var scope = NewDisposeScope();
        var scores = new PopularityScorer(Train).ScoreAll(
            Histories.From([
                [7],
                [],
            ])
        );
        Assert.Equal([0, 4, 4, 2, 1, 2, 2, 1, 0], scores[0].data<float>().ToArray());
        Assert.True(scores[0].equal(scores[1]).all().item<bool>());
    }

    [Fact]
    public void NeighboursEqualTheirDefinition() // cosine of user sets with shrinkage, against all pairs
    {
        const double shrinkage = 2;
        var neighbours = new ItemNeighbours(Train, k: 8, shrinkage);
        for (var item = 1; item <= 8; item++)
        {
            var expected = Enumerable
                .Range(1, 8)
                .Where(other => other != item && Together(item, other) > 0)
                .Select(other =>
                    (
                        other,
                        (float)(Together(item, other) / (Math.Sqrt((double)Users(item) * Users(other)) + shrinkage))
                    )
                )
                .OrderByDescending(pair => pair.Item2)
                .ThenBy(pair => pair.other);
            Assert.Equal(expected, neighbours.Of(item));
        }

        static int Users(int item) => Together(item, item);

        static int Together(int a, int b) =>
            Enumerable
                .Range(0, Train.Users)
                .Count(user => Train.ItemsOf(user).Contains(a) && Train.ItemsOf(user).Contains(b));
    }

    [Fact]
    public void OnlyTheNearestNeighboursAreKept() => Assert.Single(new ItemNeighbours(Train, k: 1).Of(1));

    [Fact]
    public void AHistoryScoresTheSumOfItsNeighbours()
    {
        using var scope = NewDisposeScope();
        var neighbours = new ItemNeighbours(Train);
        var scores = neighbours.ScoreAll(
            Histories.From([
                [1, 5],
                [1],
                [5],
            ])
        );
        Assert.True(allclose(scores[0], scores[1] + scores[2]));
    }

    [Fact]
    public void MatrixFactorisationBeatsPopularityOnTheSmallWorld()
    {
        using var scope = NewDisposeScope();
        var split = Splits.LeaveOneOut(World.Create(WorldPreset.Smoke).Dataset.Interactions);
        using var task = new MatrixFactorisationTask(split, hidden: 16, batchSize: 256, seed: 1);
        var options = new TrainingOptions
        {
            Epochs = 40,
            LearningRate = 0.01,
            EvaluateEveryEpochs = 40,
            Seed = 1,
        };
        var before = task.Validate(CancellationToken.None)["NDCG@10"];
        Trainer.Fit(task, options);
        var popularity = FullRanking.Evaluate(new PopularityScorer(split.Train), split.Validation)["NDCG@10"];
        var trained = task.Validate(CancellationToken.None)["NDCG@10"];
        Assert.True(
            trained > popularity && trained > 2 * before,
            $"{before:F4} -> {trained:F4}, popularity {popularity:F4}"
        );
    }

    [Fact]
    public void MatrixFactorisationNeedsToKnowTheUsers()
    {
        using var model = new MatrixFactorisation(3, 8, 4);
        Assert.Throws<ArgumentException>(() =>
            new MatrixFactorisationScorer(model).ScoreAll(
                Histories.From([
                    [1],
                ])
            )
        );
    }
}

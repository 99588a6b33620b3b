using System.Runtime.InteropServices;
using GenRec.Shared.Alignment;
using GenRec.Shared.Data;
using GenRec.Shared.Data.Slates;
using GenRec.Shared.Runtime;
using GenRec.Shared.Training;
using static TorchSharp.torch;

namespace GenRec.Shared.Tests.Alignment;

[Collection(TorchGenerator.Name)]
public sealed class AlignmentTests
{
    private const int Items = 6;
    private static readonly AlignmentOptions options = new()
    {
        Ratio = 0.5,
        Beams = 12,
        Rounds = 3,
        BatchSize = 8,
        SamplingBatch = 5,
        Loss = new Dpo { Beta = 0.5 },
    };

    [Fact]
    public void WinnerAndLoserAreTheBestAndTheWorstOfTheBeams()
    {
        using var scope = NewDisposeScope();
        var (policy, samples, reward) = (Policy(), Samples(10), new WeighedItems());
        int[] rows = [.. Enumerable.Range(0, 10)];
        var pairs = SessionPairs.Sample(policy, reward, samples, rows, options, new CounterRandom(1));
        Assert.Equal(10, pairs.Count + pairs.WithoutPair);
        foreach (var row in pairs.Rows)
        {
            using var found = policy.Sample(Histories.From([samples.Histories[row].ToArray()]), options.Beams);
            var beams = Numbers(found.Items).Chunk(2).ToArray();
            var distinct = beams.DistinctBy(beam => string.Join(' ', beam.Order())).ToArray();
            var place = pairs.PlaceOf(row);
            var (best, worst) = (distinct.MaxBy(WeighedItems.Of)!, distinct.MinBy(WeighedItems.Of)!);
            Assert.Equal(WeighedItems.Of(best), WeighedItems.Of(pairs.Winner(place)));
            Assert.Equal(WeighedItems.Of(worst), WeighedItems.Of(pairs.Loser(place)));
            Assert.Contains(beams, beam => beam.SequenceEqual(pairs.Winner(place)));
        }
        Assert.True(pairs.WinnerReward > pairs.LoserReward);
        Assert.InRange(pairs.DistinctShare, 0.3, 0.99); // of 12 beams of two items some are the same pair turned round
        var order = options with { Duplicates = DuplicateRule.SameOrder };
        Assert.Equal(1, SessionPairs.Sample(policy, reward, samples, rows, order, new CounterRandom(1)).DistinctShare);
    }

    [Fact]
    public void TheReferenceIsTheSnapshotAndPairsAreRightAfterIt()
    {
        using var scope = NewDisposeScope();
        var (policy, samples) = (Policy(), Samples(6));
        var pairs = SessionPairs.Sample(policy, new WeighedItems(), samples, [0, 2, 4], options, new CounterRandom(1));
        var now = pairs.Under(policy, [0, 1, 2]);
        Assert.True(allclose(now.Winner, now.ReferenceWinner!, atol: 1e-5)); // the same weights
        Assert.True(allclose(now.Losers, now.ReferenceLosers!, atol: 1e-5));
        Assert.Equal(ScalarType.Float32, now.Winner.dtype);
        Assert.True(now.Winner.requires_grad && !now.ReferenceWinner!.requires_grad);
    }

    [Fact]
    public void SeveralLosersAreTheWorstOnesAndRandomPairsAreNotAlwaysTheExtremes()
    {
        using var scope = NewDisposeScope();
        var (policy, samples, reward) = (Policy(), Samples(20), new WeighedItems());
        int[] rows = [.. Enumerable.Range(0, 20)];
        var several = options with { Loss = new SoftmaxDpo { Losers = 3 } };
        var hard = SessionPairs.Sample(policy, reward, samples, rows, several, new CounterRandom(1));
        for (var pair = 0; pair < hard.Count; pair++)
        {
            var rated = hard.RewardsOf(pair);
            Assert.Equal(4, rated.Length);
            Assert.True(rated[0] > rated[1..].Max());
            Assert.Equal(rated[1..].Order(), rated[1..]); // the worst first
        }
        var random = options with { Pairs = PairRule.Random };
        var drawn = SessionPairs.Sample(policy, reward, samples, rows, random, new CounterRandom(1));
        var extreme = SessionPairs.Sample(policy, reward, samples, rows, options, new CounterRandom(1));
        Assert.True(drawn.WinnerReward - drawn.LoserReward < extreme.WinnerReward - extreme.LoserReward);
        Assert.All(Enumerable.Range(0, drawn.Count), p => Assert.True(drawn.RewardsOf(p)[0] > drawn.RewardsOf(p)[1]));
    }

    [Fact]
    public void SessionsThatCannotBeToldApartGiveNoPair()
    {
        using var scope = NewDisposeScope();
        var pairs = SessionPairs.Sample(Policy(), new Indifferent(), Samples(4), [0, 1, 2, 3], options, new(1));
        Assert.Equal((0, 4), (pairs.Count, pairs.WithoutPair));
        var many = options with { Beams = 40 }; // there are 30 sessions of 15 pairs of items; the rest of the beams is empty
        Assert.Equal(
            15 / 40.0,
            SessionPairs.Sample(Policy(), new WeighedItems(), Samples(4), [0], many, new(1)).DistinctShare
        );
    }

    [Fact]
    public void TheCoinFallsAsOftenAsTheRatioSaysAndAnewEachEpoch()
    {
        using var task = Task(Policy(), options with { Ratio = 0.1 });
        var first = Enumerable.Range(0, 20_000).Where(row => task.IsChosen(0, row)).ToArray();
        var second = Enumerable.Range(0, 20_000).Where(row => task.IsChosen(1, row)).ToArray();
        Assert.InRange(first.Length, 1850, 2150); // 2000, standard deviation 42
        Assert.InRange(first.Intersect(second).Count(), 130, 270); // 200
    }

    [Fact]
    public void AlignmentRaisesTheRewardAndKeepsWinnersAboveLosers()
    {
        var policy = Policy();
        var watch = new AlignmentWatch(Samples(12).Histories, 4)
        {
            Truth = slates => [.. slates.Chunk(2).Select(WeighedItems.Of)],
            Logged = Samples(12),
        };
        using var task = Task(policy, options, watch);
        Trainer.Fit(task, new TrainingOptions { Epochs = 3, LearningRate = 0.05 });
        var rounds = task.History.Rounds;
        Assert.Equal([0, 1, 2, 3], rounds.Select(round => round.Number));
        Assert.True(rounds[^1].Reward > rounds[0].Reward + 1, task.History.ToText());
        Assert.All(rounds, round => Assert.Equal(round.Reward, round.Truth, 1e-4)); // here the reward is the truth
        Assert.All(
            rounds,
            round => Assert.True(round.RewardMax >= round.Reward - 1e-6 && round.RewardMax >= round.RewardMean)
        );
        foreach (var round in rounds.Skip(1))
        {
            Assert.True(round.Winner - round.WinnerBefore > round.Loser - round.LoserBefore);
            Assert.True(
                round.Pairs > 0 && round.UpdateSeconds > 0 && round.SamplingSeconds > 0 && round.RewardSeconds > 0
            );
            Assert.Single(round.Entropies);
        }
        Assert.Contains("log p winner", task.History.ToText(), StringComparison.Ordinal);
    }

    [Fact]
    public void TheSnapshotIsRenewedEachEpochOrOnlyOnce()
    {
        Assert.NotEqual(Begin(SnapshotRule.EveryEpoch)[1], Begin(SnapshotRule.EveryEpoch)[0]);
        Assert.Equal(Begin(SnapshotRule.Once)[1], Begin(SnapshotRule.Once)[0]);

        static float[] Begin(SnapshotRule rule) // a number of the reference in the second and in the first epoch
        {
            var policy = Policy();
            using var task = Task(policy, options with { Snapshot = rule });
            var seen = new Dictionary<int, float>();
            Trainer.Fit(
                task,
                new TrainingOptions
                {
                    Epochs = 2,
                    LearningRate = 0.05,
                    ReportEverySteps = 1,
                    EvaluateEveryEpochs = null,
                },
                new Look(at => seen[(int)Math.Ceiling(at.Epoch)] = task.Baggage["reference.start"][1, 1].item<float>())
            );
            return [seen[2], seen[1]];
        }
    }

    [Fact]
    public void TheLossIsNextTokenPlusLambdaTimesThePairs() // L = L_NTP + lambda L_DPO, by hand
    {
        using var scope = NewDisposeScope();
        var (policy, all) = (Policy(), options with { Ratio = 1, BatchSize = 24, Weight = 0.7 });
        using var task = Task(policy, all);
        var step = new TrainingStep(1, 0, task.BatchesPerEpoch, 1);
        var loss = task.Loss(step).Mean.item<float>();
        var pairs = task.Pairs!;
        var dpo = all.Loss.Of(pairs.Under(policy, [.. Enumerable.Range(0, pairs.Count)])).sum().item<float>() / 24;
        Assert.Equal(Math.Log(2) * pairs.Count / 24, dpo, 1e-4); // at the snapshot itself each pair costs log 2
        Assert.Equal(policy.NextTokenLoss(Samples(24)).item<float>() + 0.7 * dpo, loss, 1e-4);
        using var without = Task(policy, all with { Ratio = 0 });
        Assert.Equal(policy.NextTokenLoss(Samples(24)).item<float>(), without.Loss(step).Mean.item<float>(), 1e-4);
        Assert.Equal(0, without.Pairs!.Asked);
        using var alone = Task(policy, all with { KeepsNextTokenLoss = false });
        var unpaired = Enumerable.Range(0, 24).Count(row => pairs.PlaceOf(row) < 0);
        Assert.True(unpaired > 0 || Math.Abs(0.7 * dpo - alone.Loss(step).Mean.item<float>()) < 1e-4);
    }

    [Theory]
    [InlineData(SnapshotRule.EveryEpoch)]
    [InlineData(SnapshotRule.Once)]
    public void AKilledAlignmentGoesOnToTheSameWeights(SnapshotRule rule)
    {
        var folder = Directory.CreateTempSubdirectory("genrec-alignment-").FullName;
        try
        {
            var once = Train(null, 99);
            Train(folder, 4); // in the middle of the second of three epochs
            var again = Train(folder, 99);
            Assert.Equal(once.Weights, again.Weights);
            Assert.Equal([0, 1, 2, 3], again.Rounds.Select(round => round.Number));
            foreach (var (a, b) in once.Rounds.Zip(again.Rounds))
                Assert.Equal((a.Reward, a.Winner, a.Pairs), (b.Reward, b.Winner, b.Pairs));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        (float[] Weights, IReadOnlyList<AlignmentRound> Rounds) Train(string? at, int steps)
        {
            var policy = Policy();
            using var task = Task(
                policy,
                options with
                {
                    Snapshot = rule,
                },
                new AlignmentWatch(Samples(5).Histories, 3)
            );
            using var stop = new CancellationTokenSource();
            var training = new TrainingOptions
            {
                Epochs = 3,
                LearningRate = 0.05,
                Folder = at,
                ReportEverySteps = 1,
                TensorBoard = false,
            };
            try
            {
                Trainer.Fit(task, training, new Look(p => Stop(p, steps, stop)), stop.Token);
            }
            catch (TrainingInterruptedException) { }
            return ([.. policy.parameters().SelectMany(p => Floats(p))], task.History.Rounds);
        }

        static void Stop(TrainingPosition at, int steps, CancellationTokenSource stop)
        {
            if (at.Step >= steps)
                stop.Cancel();
        }
    }

    [Fact]
    public void WhatDoesNotFitIsNamed()
    {
        using var scope = NewDisposeScope();
        var policy = Policy();
        Says("The reference has another shape: 'after' is [2, 6] there and [7, 6] in the policy", () => Cut(policy));
        Says(
            "sessions of 3",
            () => _ = new AlignmentTask(policy, Samples(4), new WeighedItems(), options, 1, new TablePolicy(Items, 3))
        );
        Says("sessions of 2 items", () => _ = Task(new TablePolicy(Items, 3), options));
        Says("asks for 3 losers", () => (options with { Beams = 3, Loss = new SoftmaxDpo() }).Validate());
        Says("Ratio is 2", () => (options with { Ratio = 2 }).Validate());
        using var task = Task(policy, options);
        Says("The alignment has 3 rounds", () => task.Loss(new TrainingStep(1, 99, task.BatchesPerEpoch, 1)));

        static void Cut(TablePolicy policy) =>
            AlignmentTask.RequireSameShape(policy, new TablePolicy(Items, 2, rows: 2));

        static void Says(string words, Action act) =>
            Assert.Contains(words, Assert.ThrowsAny<ArgumentException>(act).Message, StringComparison.Ordinal);
    }

    private static AlignmentTask Task(TablePolicy policy, AlignmentOptions with, AlignmentWatch? watch = null) =>
        new(policy, Samples(24), new WeighedItems(), with, seed: 1) { Watch = watch };

    private static TablePolicy Policy()
    {
        Compute.Seed(2);
        return new TablePolicy(Items, 2);
    }

    private static SessionBatch Samples(int count)
    {
        var histories = Enumerable.Range(0, count).Select(at => (int[])[1 + at % Items, 1 + at * 5 % Items]);
        var items = Enumerable.Range(0, count).SelectMany(at => (int[])[1 + at % 3, 4 + at % 3]).ToArray();
        return new SessionBatch(Histories.From(histories), items, 2);
    }

    private static int[] Numbers(Tensor items) => [.. items.contiguous().data<long>().Select(item => (int)item)];

    private static float[] Floats(Tensor values) => MemoryMarshal.Cast<byte, float>(values.detach().bytes).ToArray();

    /// <summary>A session is worth the sum of its item numbers, the first place a little more.</summary>
    private sealed class WeighedItems : ISessionReward
    {
        public static double Of(int[] session) => session.Sum() + 0.01 * session[0];

        public Tensor Score(Histories histories, Tensor slates) =>
            (slates.sum(dim: -1) + slates.select(-1, 0) * 0.01).to(ScalarType.Float32);
    }

    private sealed class Indifferent : ISessionReward
    {
        public Tensor Score(Histories histories, Tensor slates) => ones(slates.shape[0], slates.shape[1]);
    }

    private sealed class Look(Action<TrainingPosition> at) : IProgress<TrainingEvent>
    {
        public void Report(TrainingEvent value)
        {
            if (value is LossReported)
                at(value.At);
        }
    }
}

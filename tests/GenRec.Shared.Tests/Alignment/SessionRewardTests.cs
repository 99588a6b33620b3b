using GenRec.Shared.Alignment;
using GenRec.Shared.Data.Slates;
using GenRec.Shared.Data.Worlds;
using GenRec.Shared.Runtime;
using GenRec.Shared.Training;
using static TorchSharp.torch;

namespace GenRec.Shared.Tests.Alignment;

[Collection(TorchGenerator.Name)]
public sealed class SessionRewardTests
{
    private static readonly SessionRewardOptions tiny = new()
    {
        Width = 8,
        Tower = 8,
        HistoryLength = 4,
        SlateLength = 3,
        Dropout = 0,
        BatchSize = 16,
    };

    private static readonly Lazy<FeedWorld> world = new(() => FeedWorld.Create(FeedPreset.Smoke));

    [Fact]
    public void EveryParameterReceivesAGradient()
    {
        using var scope = NewDisposeScope();
        var model = Model();
        SessionRewardModel.Loss(model.forward(Histories(), Slates()), full(2, 4, 0.3f)).backward();
        foreach (var (name, weight) in model.named_parameters())
            Assert.True(
                weight.grad is { } g && g.isfinite().all().item<bool>() && (g.abs().sum().item<float>() > 1e-7f),
                name
            );
    }

    [Fact]
    public void TheLossIsTheSumOfTheHeadsCrossEntropies() // L_RM, by hand
    {
        using var scope = NewDisposeScope();
        var (logits, labels) = (
            tensor(new[] { 0f, 1, -1, 2 }).view(1, 4),
            tensor(new[] { 0.5f, 1, 0, 0.2f }).view(1, 4)
        );
        double S(double x) => 1 / (1 + Math.Exp(-x));
        var expected =
            -Math.Log(0.5) - Math.Log(S(1)) - Math.Log(1 - S(-1)) - (0.2 * Math.Log(S(2)) + 0.8 * Math.Log(1 - S(2)));
        Assert.Equal(expected, SessionRewardModel.Loss(logits, labels).item<float>(), 1e-5);
    }

    [Fact]
    public void ItemsSeeEachOtherAndTheUserMatters()
    {
        using var scope = NewDisposeScope();
        var model = Model();
        var (histories, slates) = (Histories(), Slates());
        var before = model.Predict(histories, slates);
        var (otherSlate, otherUser) = (slates.clone(), histories.clone());
        otherSlate[0, 2] = 9;
        otherUser[0, 0] = 9;
        Assert.False(allclose(before[0], model.Predict(histories, otherSlate)[0], atol: 1e-6));
        Assert.False(allclose(before[0], model.Predict(otherUser, slates)[0], atol: 1e-6));
        Assert.True(allclose(before[1], model.Predict(otherUser, otherSlate)[1], atol: 1e-6)); // another user's session
    }

    [Fact]
    public void SessionsScoredTogetherScoreAsAlone()
    {
        using var scope = NewDisposeScope();
        var model = Model();
        var slates = tensor(new long[] { 1, 2, 3, 4, 5, 6, 7, 8, 9, 3, 2, 1 }).view(2, 2, 3);
        var together = model.Predict(Histories(), slates);
        Assert.Equal([2, 2, 4], together.shape);
        for (var c = 0; c < 2; c++)
            Assert.True(allclose(together.select(1, c), model.Predict(Histories(), slates.select(1, c)), atol: 1e-6));
    }

    [Fact]
    public void PaddingOfAHistoryIsNotRead()
    {
        using var scope = NewDisposeScope();
        var model = Model();
        var (full, cut) = (tensor(new long[] { 5, 6, 0, 0 }).view(1, 4), tensor(new long[] { 5, 6 }).view(1, 2));
        var slate = tensor(new long[] { 1, 2, 3 }).view(1, 3);
        Assert.True(allclose(model.Predict(full, slate), model.Predict(cut, slate), atol: 1e-6));
    }

    [Fact]
    public void AFewSessionsCanBeMemorised()
    {
        using var scope = NewDisposeScope();
        var model = Model();
        model.train();
        var histories = tensor(new long[] { 1, 2, 0, 0, 3, 0, 0, 0, 1, 2, 0, 0, 3, 0, 0, 0 }).view(4, 4);
        var slates = tensor(new long[] { 1, 2, 3, 1, 2, 3, 3, 2, 1, 4, 5, 6 }).view(4, 3); // the first and third differ in order alone
        var labels = tensor(new[] { 1f, 0, 1, 0, 0, 1, 0, 1, 0, 1, 1, 1, 1, 0, 0, 0 }).view(4, 4);
        using var optimizer = new FusedAdam(model);
        for (var step = 0; step < 300; step++)
        {
            using var inner = NewDisposeScope();
            SessionRewardModel.Loss(model.forward(histories, slates), labels).backward();
            optimizer.Step(0.01);
            optimizer.ZeroGrad();
        }
        Assert.InRange(SessionRewardModel.Loss(model.forward(histories, slates), labels).item<float>(), 0, 0.1f);
    }

    [Fact]
    public void LabelsSayWhatTheLogHolds()
    {
        var log = world.Value.Slates;
        var scale = WatchTimeScale.Quantile(log, 0.9);
        var sessions = RewardSessions.Of(log, world.Value.Preset.Items, 6, scale);
        Assert.Equal(log.Count, sessions.Count + sessions.WithoutHistory);
        var row = 0;
        var above = 0;
        for (var request = 0; request < log.Count; request++)
        {
            var past = new FeedHistory();
            for (var before = (int)log.Offsets[log.Users[request]]; before < request; before++)
            for (var place = 0; place < log.Seen[before]; place++)
                past.Add(log.SlateOf(before)[place], 0, log.FeedbackOf(before).Actions[place]);
            var feedback = log.FeedbackOf(request);
            above += feedback.TotalWatchSeconds > scale.CapSeconds + 1e-3 ? 1 : 0;
            if (past.Positives(6) is not { Length: > 0 } positives)
                continue;
            var behaviours = sessions.Histories.AsSpan(row * 6, 6).ToArray();
            Assert.Equal(positives.Reverse(), behaviours.Take(positives.Length));
            Assert.All(behaviours.Skip(positives.Length), item => Assert.Equal(0, item));
            float[] expected =
            [
                (float)Math.Min(1, feedback.TotalWatchSeconds / scale.CapSeconds),
                feedback.Count(FeedActions.View) / 5f,
                Math.Min(1, feedback.Count(FeedActions.Follow)),
                Math.Min(1, feedback.Count(FeedActions.Like)),
            ];
            Assert.Equal(expected, sessions.Labels.AsSpan(row++ * 4, 4).ToArray());
        }
        Assert.InRange(above, 1, log.Count / 10);
        var (train, held) = sessions.HoldOutLatest(0.25);
        Assert.Equal(sessions.Count, train.Count + held.Count);
    }

    [Fact]
    public void TheTrainerTeachesItMoreThanTheMean() // of sessions that it did not see
    {
        var feed = FeedWorld.Create(FeedPreset.Smoke with { Name = "feed-smoke-longer", Users = 120, Sessions = 6000 });
        var scale = WatchTimeScale.Quantile(feed.Slates);
        var (train, held) = RewardSessions.Of(feed.Slates, feed.Preset.Items, 10, scale).HoldOutLatest(0.2);
        using var features = tensor(feed.Vectors.ToArray()).view(-1, FeedWorld.VectorLength);
        var options = tiny with { Width = 16, HistoryLength = 10, SlateLength = 5, BatchSize = 64, Dropout = 0.1 };
        using var task = new SessionRewardTask(train, held, options, seed: 1, features);
        Trainer.Fit(
            task,
            new TrainingOptions
            {
                Epochs = 6,
                LearningRate = 3e-3,
                Seed = 1,
            }
        );
        var predicted = SessionRewardTask.Predict(task.Model, held);
        foreach (var head in new[] { SessionHead.WatchTime, SessionHead.View })
        {
            var measured = Calibration.Of(predicted[head], SessionRewardTask.LabelsOf(held, head));
            Assert.True(
                measured.LogLikelihood > measured.Baseline,
                $"{head}: {measured.LogLikelihood}, {measured.Baseline}"
            );
            Assert.InRange(measured.Auc, 0.55, 1);
            Assert.InRange(measured.Error, 0, 0.12);
        }
        Assert.Contains("logLikelihood Like", task.Validate(default).Keys);
    }

    [Fact]
    public void AResumedTrainingEndsWithTheSameWeights()
    {
        var feed = world.Value;
        var (train, held) = RewardSessions
            .Of(feed.Slates, feed.Preset.Items, 4, new WatchTimeScale(100))
            .HoldOutLatest(0.2);
        var folder = Directory.CreateTempSubdirectory("genrec-reward-").FullName;
        try
        {
            var once = Train(null, 12);
            Train(folder, 7);
            Assert.True(once.Zip(Train(folder, 12)).All(pair => pair.First.equal(pair.Second).all().item<bool>()));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        Tensor[] Train(string? at, int steps)
        {
            using var task = new SessionRewardTask(train, held, tiny with { SlateLength = 5, Dropout = 0.2 }, seed: 3);
            using var stop = new CancellationTokenSource();
            try
            {
                Trainer.Fit(
                    task,
                    new TrainingOptions
                    {
                        Steps = 12,
                        Folder = at,
                        EvaluateEveryEpochs = null,
                        TensorBoard = false,
                        ReportEverySteps = 1,
                    },
                    new StopAt(steps, stop),
                    stop.Token
                );
            }
            catch (TrainingInterruptedException) { }
            return [.. task.Model.parameters().Select(p => p.detach().clone())];
        }
    }

    [Fact]
    public void CalibrationFindsWhatWasPutIn()
    {
        var draws = new CounterRandom(5);
        var (p, y) = (new float[20_000], new float[20_000]);
        for (var at = 0; at < p.Length; at++)
        {
            p[at] = (float)draws.At(0, at).Double;
            y[at] = draws.At(1, at).Chance(p[at]) ? 1 : 0;
        }
        foreach (var binning in Enum.GetValues<CalibrationBinning>())
        {
            Assert.InRange(Calibration.Of(p, y, 10, binning).Error, 0, 0.015); // a perfect predictor
            var halved = Calibration.Of(Array.ConvertAll(p, one => one / 2), y, 10, binning);
            Assert.Equal(0.25, halved.Error, 0.01); // E[p - p/2]
            Assert.Equal(-0.25, halved.Bias, 0.01);
        }
        var right = Calibration.Of(p, y);
        Assert.Equal(10, right.Bins.Count);
        Assert.Equal(p.Length, right.Bins.Sum(bin => bin.Count));
        Assert.All(right.Bins, bin => Assert.InRange(Math.Abs(bin.Predicted - bin.Observed), 0, 4 * bin.StandardError));
        Assert.Equal(5.0 / 6, right.Auc, 0.01); // of p uniform and y drawn from it
        Assert.Equal(0.75, Calibration.Of([0.1f, 0.2f, 0.3f, 0.4f], [0, 1, 0, 1]).Auc, 1e-9);
        Assert.Equal(0.5, Calibration.Of([0.3f, 0.3f], [0, 1]).Auc, 1e-9);
        Assert.Contains("Reliability", right.ToText(), StringComparison.Ordinal);
    }

    [Fact]
    public void FusionIsAWeightedSumOrALogProduct()
    {
        using var scope = NewDisposeScope();
        SessionHead[] heads = [SessionHead.WatchTime, SessionHead.View, SessionHead.Follow, SessionHead.Like];
        var predicted = tensor(new[] { 0.5f, 0.6f, 0.1f, 0.2f }).view(1, 4);
        var fusion = RewardFusion.ForUtility(new FeedUtility { View = 0.1 }, new WatchTimeScale(120), 5);
        Assert.Equal(2 * 0.5 + 0.5 * 0.6 + 0.1 + 0.5 * 0.2, fusion.Of(heads, predicted).item<float>(), 1e-5);
        var product = fusion with { Kind = FusionKind.LogProduct };
        Assert.Equal(
            2 * Math.Log(0.5) + 0.5 * Math.Log(0.6) + Math.Log(0.1) + 0.5 * Math.Log(0.2),
            product.Of(heads, predicted).item<float>(),
            1e-4
        );
        var missing = Assert.Throws<ArgumentException>(() =>
            fusion.Of([SessionHead.WatchTime], predicted.narrow(1, 0, 1))
        );
        Assert.Contains("weighs View by 0.5", missing.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void BadInputIsNamed()
    {
        using var scope = NewDisposeScope();
        var model = Model();
        Says("holds item 11", () => model.Predict(Histories(), full(2, 3, 11, dtype: ScalarType.Int64)));
        Says("holds item 0", () => model.Predict(Histories(), zeros(2, 3, dtype: ScalarType.Int64)));
        Says("History 1 is empty", () => model.Predict(Histories() * tensor(new long[] { 1, 0 }).view(2, 1), Slates()));
        Says("at most 4 and 3", () => model.Predict(ones(2, 5, dtype: ScalarType.Int64), Slates()));
        Says("[2, 3]", () => model.Predict(ones(1, 4, dtype: ScalarType.Int64), Slates()));
        Says(
            "session 0 of user 7 has an empty history",
            () => _ = new RewardSessions(9, [7], [0, 0], [1, 2], new float[4])
        );
        Says("slate 0 holds item 10", () => _ = new RewardSessions(9, [7], [1, 0], [1, 10], new float[4]));
        Says("label 2 for Follow", () => _ = new RewardSessions(9, [7], [1, 0], [1, 2], [0, 0, 2, 0]));
        var unlabelled = new RewardSessions(9, [7], [1, 0, 0, 0], [1, 2, 3], [0.5f, 1, float.NaN, 0]);
        Says("Head Follow has no label in 1 of 1", () => _ = new SessionRewardTask(unlabelled, unlabelled, tiny, 1));
        Says("[3, 2], need [11, F]", () => _ = new SessionRewardModel(10, tiny, zeros(3, 2)));
        using var three = new SessionRewardTask(
            unlabelled,
            unlabelled,
            tiny with
            {
                Heads = [SessionHead.WatchTime, SessionHead.View, SessionHead.Like],
            },
            1
        );
        Assert.Equal(
            3,
            three.Model.Predict(ones(1, 4, dtype: ScalarType.Int64), ones(1, 3, dtype: ScalarType.Int64)).shape[^1]
        );

        static void Says(string words, Action act) =>
            Assert.Contains(
                words,
                Assert.ThrowsAny<ArgumentException>(act).Message,
                StringComparison.OrdinalIgnoreCase
            );
    }

    private sealed class StopAt(int step, CancellationTokenSource stop) : IProgress<TrainingEvent>
    {
        public void Report(TrainingEvent value)
        {
            if (value is LossReported && value.At.Step >= step)
                stop.Cancel();
        }
    }

    private static SessionRewardModel Model()
    {
        Compute.Seed(4);
        return new SessionRewardModel(10, tiny, randn(11, 3));
    }

    private static Tensor Histories() => tensor(new long[] { 5, 6, 7, 8, 2, 0, 0, 0 }).view(2, 4);

    private static Tensor Slates() => tensor(new long[] { 1, 2, 3, 4, 5, 6 }).view(2, 3);
}

using GenRec.Shared.Alignment;
using GenRec.Shared.Experiments;
using GenRec.Shared.Experiments.Presets;
using GenRec.Shared.Experiments.Records;
using GenRec.Shared.Tests.Data;
using GenRec.Shared.Tests.Worlds;
using GenRec.Shared.Training;

namespace GenRec.Shared.Tests.Experiments;

[Collection(TorchGenerator.Name)]
public class AlignmentPresetTests
{
    private const string Smoke = "onerec-ipa-feed-smoke-smoke";

    public static TheoryData<string> Names => [.. AlignmentPreset.All.Select(preset => preset.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void APresetIsValidAndHasANameOfItsOwn(string name)
    {
        var preset = AlignmentPreset.Find(name);
        preset.Validate();
        Assert.False(string.IsNullOrWhiteSpace(preset.Source));
        Assert.Single(AlignmentPreset.All, other => other.Name == name);
        Assert.DoesNotContain(OneRecPreset.All, other => other.Name == name);
    }

    [Fact]
    public void VariantsOfAScaleMakeEquallyManyUpdatesFromEqualWeights()
    {
        foreach (var group in AlignmentPreset.All.GroupBy(preset => (preset.Dataset, preset.Scale)))
        {
            var shared = group.Select(preset =>
                (preset.Base, preset.Training, preset.Samples, preset.Alignment.Rounds, preset.Alignment.BatchSize)
            );
            Assert.Single(shared.Distinct());
            Assert.Single(group.Where(p => p.Preference.Beta is not null).Select(p => p.Preference.Beta).Distinct());
        }
        PreferenceKind[] all = Enum.GetValues<PreferenceKind>();
        Assert.Equal(all, AlignmentPreset.All.Select(preset => preset.Preference.Loss).Distinct().Order());
    }

    [Fact]
    public void RoundsAndEpochsAreOneNumberAndContradictionsAreRefused()
    {
        var preset = AlignmentPreset.Find(Smoke);
        foreach (var name in new[] { "rounds", "epochs", "training.epochs", "alignment.rounds" })
        {
            var changed = With((name, "5"));
            Assert.Equal((5, 5), (changed.Alignment.Rounds, changed.Training.Epochs));
        }
        Assert.Equal(7, With(("rounds", "7"), ("epochs", "7")).Alignment.Rounds);
        Assert.Contains("Set alignment.rounds alone", Message(("rounds", "5"), ("epochs", "6")));
        Assert.Contains("Set alignment.rounds alone", Message(("training.steps", "6")));
        Assert.Contains("Set alignment.rounds alone", Message(("training.evaluateEveryEpochs", "2")));
        Assert.Contains("metric is reward", Message(("training.metric", "reward")));
        Assert.Contains("writes single items", Message(("base.model.sessionLength", "1")));
        Assert.Contains("8 losers", Message(("loss", "sdpo"), ("losers", "8"), ("alignment.beams", "8")));
        Assert.Contains("no option 'depth'", Message(("depth", "8")));
        Assert.Equal(0.05, With(("ratio", "0.05")).Alignment.Ratio);

        AlignmentPreset With(params (string Name, string Value)[] values) =>
            preset.With(values.Select(value => KeyValuePair.Create(value.Name, value.Value)));
        string Message(params (string Name, string Value)[] values) =>
            Assert.ThrowsAny<ArgumentException>(() => With(values)).Message;
    }

    [Fact]
    public void TheLossIsNamedWithTheOptionsItHas()
    {
        var preset = AlignmentPreset.Find(Smoke);
        Assert.Equal(new Dpo { Beta = 0.3 }, preset.Preference.Create());
        Assert.Equal(new SimPo { Gamma = 0.5, Beta = 0.3 }, Loss(("loss", "simpo"), ("gamma", "0.5")));
        Assert.Equal(new RobustDpo { Beta = 0.2 }, Loss(("loss", "rdpo"), ("beta", "0.2")));
        Assert.Equal(new Cpo { Likelihood = 0 }, Loss(("loss", "cpo"), ("likelihood", "0"), ("beta", "null")));
        var wrong = Assert.ThrowsAny<ArgumentException>(() => Loss(("loss", "ipo"), ("noise", "0.2")));
        Assert.Contains("an option of cDPO and rDPO", wrong.Message);
        Assert.Contains("one of dpo", Assert.ThrowsAny<ArgumentException>(() => Loss(("loss", "ppo"))).Message);

        PreferenceLoss Loss(params (string Name, string Value)[] values) =>
            preset.With(values.Select(value => KeyValuePair.Create(value.Name, value.Value))).Preference.Create();
    }

    [Fact]
    public void ASmokePresetGoesTheWholeRoadAndAStoppedRunEndsAlike()
    {
        using var folder = new TempFolder();
        var preset = AlignmentPreset.Find(Smoke);
        var run = RunFolder.Create(folder.PathOf("runs"), "run", preset, seed: 1);
        var result = AlignmentExperiment.Run(preset, 1, run);
        Assert.InRange(result.Metrics["utility"], 0.01, 100);
        Assert.Equal(0, result.Metrics["repeatShare"]);
        Assert.True(result.Metrics["pairs"] > 0 && result.Metrics["updateSeconds"] > 0);
        Assert.InRange(result.Metrics["illegalMass1"] + result.Metrics["repeatMass1"], 0, 1);
        Assert.True(result.Metrics["rewardMax"] >= result.Metrics["rewardMean"]);
        Assert.True(result.Metrics["swtMax"] >= result.Metrics["swtMean"]);
        var record = AlignmentExperiment.Record(preset, [run]);
        Assert.Empty(record.Problems());
        var curve = record.Curve!;
        Assert.Equal([0.0, 1, 2], curve.Select(point => point.Values["round"]));
        Assert.True(curve[0].Values.ContainsKey("truth") && curve[2].Values.ContainsKey("winner"));

        // Stopped in the reward model's training and again in the second round: the rest is the same.
        var stopped = RunFolder.Create(folder.PathOf("runs"), "stopped", preset, seed: 1);
        Stop(AlignmentStage.Judge, at: 1);
        Stop(AlignmentStage.Alignment, at: 3);
        var resumed = AlignmentExperiment.Run(preset, 1, stopped);
        foreach (var (name, value) in result.Metrics.Where(metric => !metric.Key.EndsWith("Seconds")))
            Assert.True(value == resumed.Metrics[name], $"{name}: {value} and {resumed.Metrics[name]}");

        void Stop(AlignmentStage stage, long at)
        {
            using var cancel = new CancellationTokenSource();
            Assert.Throws<TrainingInterruptedException>(() =>
                AlignmentExperiment.Run(
                    preset with
                    {
                        Judge = preset.Judge with { Training = preset.Judge.Training with { ReportEverySteps = 1 } },
                        Training = preset.Training with { ReportEverySteps = 1 },
                    },
                    1,
                    stopped,
                    progress: now => now == stage ? new Stopper(at, cancel) : null,
                    cancel: cancel.Token
                )
            );
        }
    }

    [Fact]
    public void AFinishedRunGivesItsWeightsAndAnotherIsRefusedBeforeAnythingIsComputed()
    {
        using var folder = new TempFolder();
        var preset = AlignmentPreset.Find(Smoke);
        var before = RunFolder.Create(folder.PathOf("runs"), "base", preset.Base, seed: 1);
        Assert.Contains("has not finished", Message(preset with { Pretrained = before.Path }));
        var trained = OneRecExperiment.Run(preset.Base, 1, before);
        var given = AlignmentExperiment.Run(preset with { Pretrained = before.Path }, 1);
        var own = AlignmentExperiment.Run(preset, 1);
        Assert.Equal(own.Metrics["utility"], given.Metrics["utility"]);
        Assert.Equal(trained.Metrics["utility"], given.Metrics["utilityBefore"]);
        Assert.Equal(own.Metrics["nextTokenLoss"], given.Metrics["nextTokenLoss"]);

        Assert.Contains("has seed 1", Message(preset with { Pretrained = before.Path }, seed: 2));
        var wider = preset.With([
            KeyValuePair.Create("base.model.width", "24"),
            KeyValuePair.Create("pretrained", before.Path),
        ]);
        Assert.Contains("base.model.width was 16 and is 24", Message(wider));
        Assert.Throws<DirectoryNotFoundException>(() =>
            AlignmentExperiment.Run(preset with { Pretrained = folder.PathOf("nothing") }, 1)
        );
        var other = RunFolder.Create(folder.PathOf("runs"), "other", preset, seed: 1);
        other.Complete(new SeedResult(1, new Dictionary<string, double>(), 1, 1));
        Assert.Contains("none of OneRec's pre-training", Message(preset with { Pretrained = other.Path }));

        static string Message(AlignmentPreset preset, long seed = 1) =>
            Assert.Throws<ArgumentException>(() => AlignmentExperiment.Run(preset, seed)).Message;
    }

    [Fact]
    public void ATuningRunNeverAsksTheOracle()
    {
        var metrics = AlignmentExperiment.Run(AlignmentPreset.Find(Smoke), 1, isTuning: true).Metrics;
        Assert.Contains("reward", metrics.Keys);
        Assert.DoesNotContain("truth", metrics.Keys);
        Assert.DoesNotContain("utility", metrics.Keys);
    }

    [Fact]
    public void ShuffledLabelsAreThoseOfOtherSessions()
    {
        var judge = AlignmentPreset.Find(Smoke).Judge;
        using var real = AlignmentExperiment.CreateJudge(judge, FeedSamples.Smoke, 1);
        using var shuffled = AlignmentExperiment.CreateJudge(
            judge with
            {
                ShuffledLabels = true,
            },
            FeedSamples.Smoke,
            1
        );
        Assert.Equal(real.Model.parameters().Count(), shuffled.Model.parameters().Count());
        var (before, after) = (real.Train.Labels, shuffled.Train.Labels);
        Assert.NotEqual(before, after);
        Assert.Equal(before.Chunk(4).Order(Rows), after.Chunk(4).Order(Rows));
        Assert.Equal(real.Train.Slates, shuffled.Train.Slates);
    }

    private static readonly Comparer<float[]> Rows = Comparer<float[]>.Create(
        (a, b) => a.AsSpan().SequenceCompareTo(b)
    );

    /// <summary>Stops a training at a step.</summary>
    private sealed class Stopper(long at, CancellationTokenSource stop) : IProgress<TrainingEvent>
    {
        public void Report(TrainingEvent value)
        {
            if (value.At.Step >= at)
                stop.Cancel();
        }
    }
}

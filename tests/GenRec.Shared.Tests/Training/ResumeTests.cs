using System.Diagnostics;
using GenRec.Shared.Training;
using static TorchSharp.torch;

namespace GenRec.Shared.Tests.Training;

[Collection(TorchGenerator.Name)]
public sealed class ResumeTests : IDisposable
{
    private const string FolderVariable = "GENREC_TEST_RUN_FOLDER";
    private const int LastStepOfChild = 190;
    private readonly TemporaryFolder folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(9)]
    [InlineData(10)] // validated just before
    [InlineData(37)]
    public void CancelledAtAnyStepAndResumedTheWeightsAreBitEqual(int at)
    {
        var options = Options(folder.Path);
        using (var cancelling = new CancellationTokenSource())
        using (var first = new TinyTask { Before = s => CancelAt(s, cancelling) })
        {
            var stopped = Assert.Throws<TrainingInterruptedException>(() =>
                Trainer.Fit(first, options, null, cancelling.Token)
            );
            Assert.Equal(at, stopped.Step);
            Assert.Contains(stopped.Checkpoint!, stopped.Message);
        }
        using var second = new TinyTask();
        var events = new Recorder();
        Trainer.Fit(second, options, events, Cancel);
        Assert.NotNull(events.Of<TrainingStarted>().Single().ResumedFrom);
        Assert.Equal(2L * at, second.Seen[0].Batch);

        using var uninterrupted = new TinyTask();
        using var elsewhere = new TemporaryFolder();
        Trainer.Fit(uninterrupted, Options(elsewhere.Path), null, Cancel);
        Assert.Equal(uninterrupted.Bytes(), second.Bytes());
        Assert.Equal(Curve(elsewhere.Path), Curve(folder.Path));

        void CancelAt(TrainingStep s, CancellationTokenSource source)
        {
            if (s.Step == at)
                source.Cancel();
        }
    }

    [Fact]
    public void AValidationThatIsCancelledIsMadeUpForOnResume()
    {
        var options = Options(folder.Path);
        using var cancelling = new CancellationTokenSource();
        using var first = new TinyTask
        {
            Validation = _ =>
            {
                cancelling.Cancel();
                throw new OperationCanceledException(cancelling.Token);
            },
        };
        Assert.Throws<TrainingInterruptedException>(() => Trainer.Fit(first, options, null, cancelling.Token));
        using var second = new TinyTask();
        var events = new Recorder();
        Trainer.Fit(second, options, events, Cancel);
        Assert.Equal([5, 10, 15, 20, 25, 30, 35, 40], events.Of<Validated>().Select(v => v.At.Step));
    }

    [Fact]
    public void ADamagedCheckpointIsReportedAndTheOneBeforeItLeadsToTheSameWeights()
    {
        var options = Options(folder.Path) with { CheckpointEverySteps = 6, KeepCheckpoints = 3 };
        using var cancelling = new CancellationTokenSource();
        using (var first = new TinyTask { Before = s => _ = s.Step == 20 ? CancelNow(cancelling) : 0 })
            Assert.Throws<TrainingInterruptedException>(() => Trainer.Fit(first, options, null, cancelling.Token));
        var newest = Directory.GetDirectories(folder.Path, "step-*").Max()!;
        var weights = System.IO.Path.Combine(newest, CheckpointStore.Weights);
        File.WriteAllBytes(weights, File.ReadAllBytes(weights)[..^5]);
        using var second = new TinyTask();
        var events = new Recorder();
        Trainer.Fit(second, options, events, Cancel);
        Assert.Contains(events.Of<TrainingNotice>(), n => n.Message.Contains(newest) && n.Message.Contains("damaged"));
        using var uninterrupted = new TinyTask();
        Trainer.Fit(uninterrupted, options with { Folder = null }, null, Cancel);
        Assert.Equal(uninterrupted.Bytes(), second.Bytes());

        static int CancelNow(CancellationTokenSource source)
        {
            source.Cancel();
            return 0;
        }
    }

    [Fact]
    public void OtherOptionsAndOtherModelsAreRefusedNamingBothSides()
    {
        var options = Options(folder.Path) with { Steps = 4 };
        using (var task = new TinyTask { Choices = { ["hidden"] = "6" } })
            Trainer.Fit(task, options, null, Cancel);
        using (var task = new TinyTask { Choices = { ["hidden"] = "8" } })
        {
            var error = Assert.Throws<ArgumentException>(() =>
                Trainer.Fit(
                    task,
                    options with
                    {
                        LearningRate = 0.5,
                        Optimizer = new() { Beta2 = 0.98 },
                    },
                    null,
                    Cancel
                )
            );
            Assert.Contains("learningRate: 0.01 in the checkpoint, 0.5 now", error.Message);
            Assert.Contains("optimizer.beta2: 0.999 in the checkpoint, 0.98 now", error.Message);
            Assert.Contains("hidden: 6 in the checkpoint, 8 now", error.Message);
        }
        using (var task = new TinyTask(hidden: 8) { Choices = { ["hidden"] = "6" } })
            Assert.Contains(
                "Float32 [20, 6] in the file, Float32 [20, 8] in the model",
                Assert.Throws<InvalidDataException>(() => Trainer.Fit(task, options, null, Cancel)).Message
            );
        using (var task = new TinyTask { Choices = { ["hidden"] = "6" } })
            Assert.Contains(
                "Resume is false",
                Assert
                    .Throws<ArgumentException>(() => Trainer.Fit(task, options with { Resume = false }, null, Cancel))
                    .Message
            );
    }

    [Fact]
    public void ARunWhoseScheduleKnowsNoEndCanBeMadeLonger()
    {
        var options = Options(folder.Path);
        using var first = new TinyTask();
        Trainer.Fit(first, options with { Steps = 12 }, null, Cancel);
        using var second = new TinyTask();
        Trainer.Fit(second, options, null, Cancel);
        Assert.Equal(24, second.Seen[0].Batch);
        using var whole = new TinyTask();
        Trainer.Fit(whole, options with { Folder = null }, null, Cancel);
        Assert.Equal(whole.Bytes(), second.Bytes());
    }

    [Fact]
    public void BaggageTravelsWithTheCheckpoint()
    {
        var options = Options(folder.Path) with { Steps = 4 };
        using (var task = new TinyTask { Extra = { ["codes"] = ones(3) } })
            Trainer.Fit(task, options, null, Cancel);
        using var resumed = new TinyTask { Extra = { ["codes"] = zeros(3) } };
        Trainer.Fit(resumed, options, null, Cancel);
        Assert.Equal(3, resumed.Extra["codes"].sum().item<float>());
    }

    [Fact]
    public void AKilledProcessResumesToBitEqualWeights()
    {
        using var uninterrupted = new TinyTask();
        using var elsewhere = new TemporaryFolder();
        Trainer.Fit(uninterrupted, LongRun(elsewhere.Path) with { CheckpointEverySteps = null }, null, Cancel);

        var random = new Random(); // the moment is arbitrary; whatever it is, the end must be the same
        for (var kill = 0; kill < 2; kill++)
        {
            using var child = StartChild();
            var until = Math.Min(NewestStep() + random.Next(10, 60), LastStepOfChild - 10);
            while (NewestStep() < until && !child.HasExited)
                Thread.Sleep(random.Next(1, 30)); // a continuation would queue behind the other tests
            if (child.HasExited)
                Assert.Fail($"The child ended by itself: {child.StandardOutput.ReadToEnd()}");
            child.Kill();
            child.WaitForExit();
        }
        Assert.InRange(NewestStep(), 1, LongRun(folder.Path).Steps!.Value - 1); // there is something left to do

        using var resumed = new TinyTask();
        var events = new Recorder();
        Trainer.Fit(resumed, LongRun(folder.Path) with { CheckpointEverySteps = null }, events, Cancel);
        Assert.NotNull(events.Of<TrainingStarted>().Single().ResumedFrom);
        Assert.Empty(events.Of<TrainingNotice>());
        const string Final = "model.safetensors";
        Assert.Equal(
            File.ReadAllBytes(System.IO.Path.Combine(elsewhere.Path, Final)),
            File.ReadAllBytes(System.IO.Path.Combine(folder.Path, Final))
        );
        Assert.Equal(Curve(elsewhere.Path), Curve(folder.Path));
    }

    [Fact(Explicit = true)] // what the test above starts in a process of its own, and kills
    public void TrainUntilKilled()
    {
        var path = Environment.GetEnvironmentVariable(FolderVariable);
        Assert.SkipWhen(path is null, $"{FolderVariable} names no folder");
        // It never ends by itself, however late the kill comes.
        using var task = new TinyTask
        {
            Before = step => Thread.Sleep(step.Step < LastStepOfChild ? 5 : Timeout.Infinite),
        };
        Trainer.Fit(task, LongRun(path!), null, Cancel);
    }

    private static TrainingOptions Options(string path) =>
        new()
        {
            Steps = 40,
            LearningRate = 0.01,
            BatchesPerStep = 2,
            ClipNorm = 0.7,
            Metric = "fit",
            RestoreBest = false,
            ReportEverySteps = 4,
            Folder = path,
        };

    private static TrainingOptions LongRun(string path) =>
        Options(path) with
        {
            Steps = 200,
            CheckpointEverySteps = 3,
            EvaluateEverySteps = 40,
        };

    /// <summary>Everything in metrics.jsonl but the times.</summary>
    private static IEnumerable<string> Curve(string path) =>
        MetricsLog
            .Read(System.IO.Path.Combine(path, MetricsLog.FileName))
            .Select(row =>
                $"{row.Step} {row.Kind} "
                + string.Join(
                    " ",
                    row.Values.Where(v => v.Key is not ("samplesPerSecond" or MetricsRow.UpdateSeconds))
                        .Select(v => $"{v.Key}={v.Value:R}")
                )
            );

    private long NewestStep() =>
        Directory
            .EnumerateDirectories(folder.Path, "step-*")
            .Select(path => long.Parse(System.IO.Path.GetFileName(path)[5..]))
            .DefaultIfEmpty(0)
            .Max();

    private Process StartChild()
    {
        var assembly = typeof(ResumeTests).Assembly.Location;
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet")
        {
            ArgumentList =
            {
                assembly,
                "-noColor",
                "-explicit",
                "only",
                "-method",
                $"{typeof(ResumeTests).FullName}.{nameof(TrainUntilKilled)}",
            },
            RedirectStandardOutput = true,
        };
        start.Environment[FolderVariable] = folder.Path;
        return Process.Start(start)!;
    }
}

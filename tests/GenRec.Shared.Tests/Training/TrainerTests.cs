using GenRec.Shared.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace GenRec.Shared.Tests.Training;

[Collection(TorchGenerator.Name)]
public sealed class TrainerTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public void TrainingLearnsTheTask()
    {
        using var task = new TinyTask();
        var before = task.Error();
        var result = Fit(
            task,
            new TrainingOptions
            {
                Epochs = 40,
                LearningRate = 0.01,
                Metric = "fit",
            }
        );
        Assert.Equal(400, result.Steps);
        Assert.True(task.Error() < before / 10, $"{before} to {task.Error()}");
        Assert.Equal(-task.Error(), result.BestMetric!.Value, 1e-9);
    }

    [Fact]
    public void TheSameSeedGivesTheSameWeightsAndAnotherSeedOthers()
    {
        using var first = new TinyTask();
        using var second = new TinyTask();
        using var other = new TinyTask();
        Fit(first, new TrainingOptions { Steps = 20 });
        rand(17); // a generator that was used in between changes nothing
        Fit(second, new TrainingOptions { Steps = 20 });
        Fit(other, new TrainingOptions { Steps = 20, Seed = 43 });
        Assert.Equal(first.Bytes(), second.Bytes());
        Assert.NotEqual(first.Bytes(), other.Bytes());
    }

    [Fact]
    public void BatchesAreNumberedOverEpochsAndUpdates()
    {
        using var task = new TinyTask(batchesPerEpoch: 5);
        var result = Fit(
            task,
            new TrainingOptions
            {
                Epochs = 3,
                BatchesPerStep = 2,
                EvaluateEveryEpochs = null,
            }
        );
        Assert.Equal(8, result.Steps); // 15 batches, the last update has one
        Assert.Equal(Enumerable.Range(0, 15).Select(i => (long)i), task.Seen.Select(s => s.Batch));
        Assert.Equal(
            [.. Enumerable.Repeat(0L, 5), .. Enumerable.Repeat(1L, 5), .. Enumerable.Repeat(2L, 5)],
            task.Seen.Select(s => s.Epoch)
        );
        Assert.Equal([1, 1, 2, 2, 3], task.Seen.Take(5).Select(s => s.Step));
    }

    [Fact]
    public void ATimeBoundEndsWithAValidationAndCountsUpdatesAlone()
    {
        using var task = new TinyTask();
        var seen = new Recorder();
        var result = Trainer.Fit(
            task,
            new TrainingOptions
            {
                Steps = 10_000_000,
                Seconds = 0.05,
                EvaluateEverySteps = 5,
                Metric = "fit",
            },
            seen,
            Cancel
        );
        var validations = seen.Of<Validated>().ToArray();
        Assert.InRange(result.Steps, 1, 1_000_000);
        Assert.Equal(result.Steps, validations[^1].At.Step);
        var seconds = validations.Select(validated => validated.UpdateSeconds).ToArray();
        Assert.Equal(seconds.Order(), seconds);
        Assert.InRange(seconds[^1], 0.05, result.Seconds);
        Assert.All(seconds[..^1], before => Assert.True(before < 0.05));
        Assert.Contains(
            "schedule",
            Assert
                .Throws<ArgumentException>(() =>
                    new TrainingOptions
                    {
                        Steps = 9,
                        Seconds = 1,
                        Schedule = new LinearSchedule(),
                    }.Validate()
                )
                .Message
        );
    }

    [Fact]
    public void ProcessorSecondsAreThoseThatTheProcessWorkedDuringUpdates()
    {
        using var task = new TinyTask { Before = _ => Work() };
        var seen = new Recorder();
        var before = Environment.CpuUsage.TotalTime;
        var options = new TrainingOptions
        {
            Steps = 1000,
            Seconds = 0.1,
            SecondsOf = TimeMeasure.Processor,
        };
        var result = Trainer.Fit(task, options, seen, Cancel);
        var spent = (Environment.CpuUsage.TotalTime - before).TotalSeconds;
        Assert.InRange(seen.Of<Validated>().Last().UpdateSeconds, 0.1, spent);
        Assert.InRange(result.Steps, 1, 5); // each worked for 20 ms at least

        static void Work()
        {
            var until = Environment.CpuUsage.TotalTime + TimeSpan.FromMilliseconds(20);
            while (Environment.CpuUsage.TotalTime < until) { }
        }
    }

    [Fact]
    public void UnequalBatchesOfOneUpdateAddUpToTheMeanOverAllSamples()
    {
        // Both tasks see the samples (0, i) for i below 9; one of them in three batches of 2, 3 and 4.
        using var whole = new SumTask([
            [0, 1, 2, 3, 4, 5, 6, 7, 8],
        ]);
        using var parts = new SumTask([
            [0, 1],
            [2, 3, 4],
            [5, 6, 7, 8],
        ]);
        Fit(whole, new TrainingOptions { Steps = 3, ClipNorm = 0.5 });
        Fit(
            parts,
            new TrainingOptions
            {
                Steps = 3,
                ClipNorm = 0.5,
                BatchesPerStep = 3,
            }
        );
        Assert.True(allclose(whole.Weight, parts.Weight, rtol: 1e-6, atol: 1e-7));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void StoppingEarlyEndsWithTheBestWeights(bool onDisk)
    {
        using var folder = new TemporaryFolder();
        var scores = new Queue<double>([0.1, 0.5, 0.3, 0.2, 0.9]);
        var weights = new List<byte[]>();
        using var task = new TinyTask(batchesPerEpoch: 4)
        {
            Validation = t =>
            {
                weights.Add(t.Bytes());
                return new Dictionary<string, double> { ["m"] = scores.Dequeue() };
            },
        };
        var events = new Recorder();
        var options = new TrainingOptions
        {
            Epochs = 5,
            Metric = "m",
            Patience = 2,
            Folder = onDisk ? folder.Path : null,
        };
        var result = Trainer.Fit(task, options, events, Cancel);
        Assert.True(result.StoppedEarly);
        Assert.Equal((16, 8, 0.5), (result.Steps, result.WeightsOfStep, result.BestMetric));
        Assert.Equal(0.5, result.Metrics["m"]);
        Assert.Equal(weights[1], task.Bytes());
        Assert.Equal(
            [(true, 0), (true, 0), (false, 1), (false, 2)],
            events.Of<Validated>().Select(v => (v.IsBest, v.WithoutImprovement))
        );
        if (!onDisk)
            return;
        using var again = new TinyTask(batchesPerEpoch: 4); // what is finished is not trained again
        Assert.Equal(8, Trainer.Fit(again, options, null, Cancel).WeightsOfStep);
        Assert.Empty(again.Seen);
        Assert.Equal(weights[1], again.Bytes());
        using var loaded = new TinyTask();
        Safetensors.LoadInto(System.IO.Path.Combine(folder.Path, "model.safetensors"), loaded.Model);
        Assert.Equal(weights[1], loaded.Bytes());
    }

    [Fact]
    public void AMetricThatTheTaskHasNotIsNamedWithThoseItHas()
    {
        using var task = new TinyTask();
        var error = Assert.Throws<ArgumentException>(() =>
            Fit(task, new TrainingOptions { Epochs = 1, Metric = "NDCG@10" })
        );
        Assert.Contains("'NDCG@10'", error.Message);
        Assert.Contains("'fit'", error.Message);
    }

    [Fact]
    public void ALossThatIsNotFiniteStopsWithStepAndRate()
    {
        using var task = new TinyTask { Explodes = true };
        var error = Assert.Throws<TrainingDivergedException>(() =>
            Fit(task, new TrainingOptions { Epochs = 3, LearningRate = 0.5 })
        );
        Assert.Equal((7, 0.5), (error.Step, error.LearningRate));
        Assert.Contains("loss at step 7 is not finite (learning rate 0.5)", error.Message);
    }

    [Fact]
    public void EventsTellTheWholeRun()
    {
        using var folder = new TemporaryFolder();
        using var task = new TinyTask();
        var events = new Recorder();
        var options = new TrainingOptions
        {
            Epochs = 3,
            ReportEverySteps = 10,
            ClipNorm = 1,
            Folder = folder.Path,
            CheckpointEverySteps = 10,
        };
        Trainer.Fit(task, options with { Schedule = new LinearSchedule() }, events, Cancel);
        Assert.IsType<TrainingStarted>(events.All[0]);
        Assert.IsType<TrainingFinished>(events.All[^1]);
        Assert.Equal([10, 20, 30], events.Of<LossReported>().Select(e => e.At.Step));
        Assert.Equal([1.0, 2.0, 3.0], events.Of<Validated>().Select(e => e.At.Epoch));
        Assert.Equal([10, 20, 30], events.Of<CheckpointWritten>().Select(e => e.At.Step));
        Assert.Equal(1e-3 * 2 / 3, events.Of<LossReported>().First().LearningRate, 1e-12);
        Assert.All(
            events.Of<LossReported>(),
            e => Assert.True(e.Loss > 0 && e.GradientNorm > 0 && e.SamplesPerSecond > 0)
        );
        var rows = MetricsLog.Read(System.IO.Path.Combine(folder.Path, MetricsLog.FileName));
        Assert.Equal(["train", "validation", "train", "validation", "train", "validation"], rows.Select(r => r.Kind));
        Assert.NotEmpty(Directory.GetFiles(System.IO.Path.Combine(folder.Path, "tensorboard")));
    }

    [Fact]
    public void ARunThatEndsBetweenTwoReportsStillReportsItsLoss()
    {
        using var early = new TinyTask { Validation = _ => new Dictionary<string, double> { ["m"] = 0 } };
        var (events, options) = (new Recorder(), new TrainingOptions { Steps = 40, ReportEverySteps = 15 });
        var result = Trainer.Fit(
            early,
            options with
            {
                EvaluateEverySteps = 10,
                Metric = "m",
                Patience = 1,
            },
            events,
            Cancel
        );
        Assert.Equal((20, true), (result.Steps, result.StoppedEarly));
        Assert.Equal([15, 20], events.Of<LossReported>().Select(e => e.At.Step));
        Assert.Equal(result.Loss, events.Of<LossReported>().Last().Loss);

        using var folder = new TemporaryFolder();
        using var stop = new CancellationTokenSource();
        using var stopped = new TinyTask { Before = step => Stop(step, 21) };
        var shown = new Recorder();
        var kept = options with { Folder = folder.Path };
        Assert.Throws<TrainingInterruptedException>(() => Trainer.Fit(stopped, kept, shown, stop.Token));
        Assert.Equal([15, 21], shown.Of<LossReported>().Select(e => e.At.Step));
        using var again = new TinyTask();
        Trainer.Fit(again, kept, null, Cancel);
        var steps = MetricsLog
            .Read(System.IO.Path.Combine(folder.Path, MetricsLog.FileName))
            .Where(r => r.Kind == "train");
        Assert.Equal([15, 30, 40], steps.Select(row => row.Step));

        void Stop(TrainingStep at, long step)
        {
            if (at.Step == step)
                stop.Cancel();
        }
    }

    [Fact]
    public async Task AStreamYieldsTheEventsAndLeavingItStopsTheRun()
    {
        using var folder = new TemporaryFolder();
        using var task = new TinyTask();
        var options = new TrainingOptions
        {
            Epochs = 1_000_000,
            ReportEverySteps = 5,
            Folder = folder.Path,
        };
        var seen = 0;
        await foreach (var happened in Trainer.Stream(task, options, Cancel))
            if (happened is LossReported && ++seen == 3)
                break;
        Assert.Equal(3, seen);
        using var store = new CheckpointStore(folder.Path); // the run has let the folder go, and saved itself
        Assert.True(store.Steps()[0] >= 15);
    }

    [Fact]
    public async Task AnErrorOnTheTrainingThreadReachesTheCaller()
    {
        using var task = new TinyTask
        {
            Before = s => _ = s.Batch == 3 ? throw new InvalidDataException("bad batch") : 0,
        };
        var error = await Assert.ThrowsAsync<InvalidDataException>(() =>
            Trainer.FitAsync(task, new() { Steps = 9 }, null, Cancel)
        );
        Assert.Contains(nameof(ITrainingTask.Loss), error.StackTrace);
        using var other = new TinyTask();
        Assert.Equal(9, (await Trainer.FitAsync(other, new() { Steps = 9 }, null, Cancel)).Steps);
    }

    [Theory]
    [InlineData("Steps is not given, Epochs is not given")]
    [InlineData("Steps is 3, Epochs is 2")]
    [InlineData("TrainingOptions.LearningRate is 0; it must be 1E-12 to 10")]
    [InlineData("TrainingOptions.BatchesPerStep is 0; it must be 1 to 65536")]
    [InlineData("AdamOptions.Beta2 is 1; it must be")]
    [InlineData("CosineSchedule.Floor is 2; it must be 0 to 1")]
    [InlineData("Patience is 3, but Metric is not given")]
    public void OptionsOutOfRangeAreRefusedByName(string message)
    {
        var good = new TrainingOptions { Steps = 3 };
        TrainingOptions[] bad =
        [
            new(),
            good with
            {
                Epochs = 2,
            },
            good with
            {
                LearningRate = 0,
            },
            good with
            {
                BatchesPerStep = 0,
            },
            good with
            {
                Optimizer = new() { Beta2 = 1 },
            },
            good with
            {
                Schedule = new CosineSchedule { Floor = 2 },
            },
            good with
            {
                Patience = 3,
            },
        ];
        Assert.Single(bad, options => Assert.ThrowsAny<ArgumentException>(options.Validate).Message.Contains(message));
        good.Validate();
    }

    [Fact]
    public void NoTensorStaysAliveAndMemoryIsFlat()
    {
        using var task = new TinyTask(hidden: 4);
        var (live, resident) = (new List<long>(), new List<long>());
        var options = new TrainingOptions
        {
            Steps = 4000,
            ClipNorm = 1,
            ReportEverySteps = 1000,
            EvaluateEveryEpochs = null,
        };
        Trainer.Fit(task, options, new Recorder(e => Measure(e is LossReported)), Cancel);
        Assert.Equal(4, live.Count);
        Assert.Equal(live[0], live[^1]);
        Assert.True(resident[^1] < resident[0] * 1.1 + (4 << 20), string.Join(", ", resident));

        void Measure(bool wanted)
        {
            if (!wanted)
                return;
            GC.Collect();
            GC.WaitForPendingFinalizers();
            live.Add(DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);
            resident.Add(Environment.WorkingSet);
        }
    }

    private static TrainingResult Fit(ITrainingTask task, TrainingOptions options) =>
        Trainer.Fit(task, options, null, Cancel);

    /// <summary>Moves one vector towards fixed targets; every sample has its own.</summary>
    private sealed class SumTask : ITrainingTask, IDisposable
    {
        private readonly long[][] batches;
        private readonly TorchSharp.Modules.Linear model = nn.Linear(1, 5, hasBias: false);

        public SumTask(long[][] batches)
        {
            this.batches = batches;
            nn.init.zeros_(model.weight!);
        }

        public Tensor Weight => model.weight!;
        public nn.Module Model => model;
        public long BatchesPerEpoch => batches.Length;

        public BatchLoss Loss(TrainingStep step)
        {
            var samples = tensor(batches[step.BatchInEpoch]).to(ScalarType.Float32).unsqueeze(1); // [n, 1]
            var targets = arange(5).to(ScalarType.Float32).unsqueeze(0) * samples; // [n, 5]
            return new BatchLoss((model.forward(ones_like(samples)) - targets).square().mean(), samples.shape[0]);
        }

        public void Dispose() => model.Dispose();
    }
}

internal sealed class Recorder(Action<TrainingEvent>? also = null) : IProgress<TrainingEvent>
{
    public List<TrainingEvent> All { get; } = [];

    public IEnumerable<T> Of<T>() => All.OfType<T>();

    public void Report(TrainingEvent value)
    {
        All.Add(value);
        also?.Invoke(value);
    }
}

internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("genrec-training-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}

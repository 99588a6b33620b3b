using GenRec.Benchmarks.Harness;
using GenRec.Benchmarks.Reference;
using GenRec.Shared.Data;
using GenRec.Shared.Evaluation;
using GenRec.Shared.Models;
using GenRec.Shared.Runtime;
using GenRec.Shared.Training;
using TorchSharp;

namespace GenRec.Benchmarks.Comparisons;

/// <summary>Our way to train SASRec: the trainer itself, on packed rows that are made ahead.</summary>
/// <remarks>The trainer runs on a thread of its own and is let through one batch at a time.</remarks>
internal sealed class OurSasRecLoop : ISasRecLoop
{
    private readonly SasRec model;
    private readonly Gate gate;
    private readonly Task training;
    private readonly CancellationTokenSource stop = new();

    public OurSasRecLoop(Interactions train, ReferenceOptions reference, BenchmarkOptions options)
    {
        Compute.UseThreads(options.Threads);
        Compute.Seed(options.Seed);
        var sizes = OptionsOf(reference);
        model = new SasRec(train.ItemCount, sizes);
        Scorer = new ItemSequenceScorer(model);
        var batcher = new NextItemBatcher(train, sizes.Batching((ulong)options.Seed));
        StepsPerEpoch = batcher.StepsPerEpoch;
        gate = new Gate(model, batcher, stop.Token);
        var wanted = new TrainingOptions
        {
            Steps = int.MaxValue, // until disposed
            EvaluateEveryEpochs = null,
            LearningRate = reference.LearningRate,
            Optimizer = new AdamOptions { Beta2 = 0.98 },
            ReportEverySteps = int.MaxValue,
            Seed = options.Seed,
        };
        training = Trainer.FitAsync(gate, wanted, cancellation: stop.Token);
        gate.WaitForTrainer(training);
    }

    public int StepsPerEpoch { get; }

    public double LastLoss => gate.LastLoss;

    public IFullScorer Scorer { get; }

    public int Step()
    {
        gate.LetThrough();
        gate.WaitForTrainer(training);
        return gate.LastCount;
    }

    public void Dispose()
    {
        stop.Cancel();
        ((IAsyncResult)training).AsyncWaitHandle.WaitOne();
        gate.Dispose();
        model.Dispose();
        stop.Dispose();
    }

    /// <summary>The reference's model in our options: the same layers in the same places.</summary>
    public static SasRecOptions OptionsOf(ReferenceOptions reference) =>
        new()
        {
            Hidden = reference.Width,
            Blocks = reference.Blocks,
            Heads = reference.Heads,
            MaxLength = reference.Length,
            Dropout = reference.Dropout,
            Norm = NormPlacement.Post,
            OutputProjection = true,
            BatchSize = reference.Batch,
            Source = "pmixer/SASRec.pytorch, main.py",
        };

    /// <summary>The training task; each batch waits until it is let through.</summary>
    private sealed class Gate(SasRec model, NextItemBatcher batcher, CancellationToken stop)
        : PrefetchedTask<NextItemBatch>
    {
        private readonly SemaphoreSlim go = new(0);
        private readonly SemaphoreSlim arrived = new(0);

        public override torch.nn.Module Model => model;

        public override long BatchesPerEpoch => batcher.StepsPerEpoch;

        public double LastLoss { get; private set; } = double.NaN;

        public int LastCount { get; private set; }

        public void LetThrough() => go.Release();

        /// <summary>Returns when the trainer stands before its next batch, so that the one before is done.</summary>
        public void WaitForTrainer(Task training)
        {
            while (!arrived.Wait(TimeSpan.FromSeconds(1)))
                if (training.IsCompleted)
                    training.GetAwaiter().GetResult(); // throws what ended it
        }

        protected override NextItemBatch MakeBatch(TrainingStep step) => batcher.At(step.Batch);

        protected override BatchLoss Loss(NextItemBatch batch, TrainingStep step)
        {
            arrived.Release();
            go.Wait(stop);
            var loss = ItemSequenceObjective.Loss(model, batch);
            (LastLoss, LastCount) = (loss.item<float>(), batch.Targets.Length);
            return new BatchLoss(loss, LastCount);
        }

        protected override void Dispose(bool disposing)
        {
            base.Dispose(disposing);
            if (!disposing)
                return;
            go.Dispose();
            arrived.Dispose();
        }
    }
}

using GenRec.Shared.Data.Importers;
using GenRec.Shared.Runtime;
using GenRec.Shared.SemanticIds;
using GenRec.Shared.Training;
using TorchSharp;

namespace GenRec.Benchmarks.Comparisons;

/// <summary>Our way to train RQ-VAE: the trainer itself, let through one batch at a time.</summary>
internal sealed class OurRqVaeLoop : IDisposable
{
    private readonly Gate gate;
    private readonly RqVaeTask task;
    private readonly Task training;
    private readonly CancellationTokenSource stop = new();

    public OurRqVaeLoop(EmbeddingMatrix vectors, RqVaeOptions options, int seed, int threads)
    {
        Compute.UseThreads(threads);
        task = new RqVaeTask(vectors, options, seed);
        gate = new Gate(task, stop.Token);
        var wanted = new TrainingOptions
        {
            Steps = int.MaxValue, // until disposed
            EvaluateEveryEpochs = null,
            LearningRate = 1e-3,
            Optimizer = AdamOptions.AdamW(1e-4),
            ClipNorm = 1,
            ReportEverySteps = int.MaxValue,
            Seed = seed,
        };
        training = Trainer.FitAsync(gate, wanted, cancellation: stop.Token);
        gate.WaitForTrainer(training);
    }

    public RqVaeTask Task => task;

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
        task.Dispose();
        stop.Dispose();
    }

    /// <summary>The task; each batch waits until it is let through.</summary>
    private sealed class Gate(RqVaeTask inner, CancellationToken stop) : ITrainingTask, IDisposable
    {
        private readonly SemaphoreSlim go = new(0);
        private readonly SemaphoreSlim arrived = new(0);

        public torch.nn.Module Model => inner.Model;

        public long BatchesPerEpoch => inner.BatchesPerEpoch;

        public int LastCount { get; private set; }

        public void LetThrough() => go.Release();

        /// <summary>Returns when the trainer stands before its next batch, so that the one before is done.</summary>
        public void WaitForTrainer(Task training)
        {
            while (!arrived.Wait(TimeSpan.FromSeconds(1)))
                if (training.IsCompleted)
                    training.GetAwaiter().GetResult(); // throws what ended it
        }

        public BatchLoss Loss(TrainingStep step)
        {
            arrived.Release();
            go.Wait(stop);
            var loss = inner.Loss(step);
            LastCount = (int)loss.Count;
            return loss;
        }

        public void Dispose()
        {
            go.Dispose();
            arrived.Dispose();
        }
    }
}

using GenRec.Shared.Data.Importers;
using GenRec.Shared.Runtime;
using GenRec.Shared.SemanticIds.Neural;
using GenRec.Shared.Training;
using TorchSharp;

namespace GenRec.Benchmarks.Comparisons;

/// <summary>Our way to train RQ-VAE: the trainer itself, let through some batches at a time.</summary>
/// <remarks>The trainer has a thread of its own: were it stopped behind each batch, waking it would be measured too.</remarks>
internal sealed class OurRqVaeLoop : IDisposable
{
    private const int Batches = 12; // of a step, an epoch of Beauty

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
        var before = gate.Items;
        gate.LetThrough(Batches);
        for (var batch = 0; batch < Batches; batch++)
            gate.WaitForTrainer(training);
        return (int)(gate.Items - before);
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

        /// <summary>Items of all batches so far.</summary>
        public long Items { get; private set; }

        public void LetThrough(int batches) => go.Release(batches);

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
            Items += loss.Count;
            return loss;
        }

        public void Dispose()
        {
            go.Dispose();
            arrived.Dispose();
        }
    }
}

using GenRec.Shared.Display;
using GenRec.Shared.Runtime;
using static TorchSharp.torch;

namespace GenRec.Shared.Training;

/// <summary>A training task whose batches are made on another thread while the previous one computes.</summary>
/// <typeparam name="TBatch">Plain arrays of one batch.</typeparam>
public abstract class PrefetchedTask<TBatch> : RichObject, ITrainingTask, IDisposable
{
    private Prefetcher<TBatch>? prefetcher;
    private TrainingStep first;

    /// <inheritdoc/>
    public abstract nn.Module Model { get; }

    /// <inheritdoc/>
    public abstract long BatchesPerEpoch { get; }

    /// <inheritdoc/>
    public virtual IReadOnlyList<ParameterGroup> ParameterGroups => [ParameterGroup.All(Model)];

    /// <inheritdoc/>
    public virtual IReadOnlyDictionary<string, string> Identity => new Dictionary<string, string>();

    /// <inheritdoc/>
    public virtual IReadOnlyDictionary<string, Tensor> Baggage => new Dictionary<string, Tensor>();

    /// <summary>False makes each batch when it is due: right where that is less than what waking another thread costs.</summary>
    protected virtual bool Prefetches => true;

    /// <inheritdoc/>
    public BatchLoss Loss(TrainingStep step)
    {
        if (!Prefetches)
            return Loss(MakeBatch(step), step);
        if (prefetcher is null || first with { Batch = step.Batch } != step) // another run has begun
        {
            prefetcher?.Dispose();
            first = step;
            prefetcher = new Prefetcher<TBatch>(batch => MakeBatch(step with { Batch = batch }));
        }
        return Loss(prefetcher.Get(step.Batch), step);
    }

    /// <inheritdoc/>
    public virtual IReadOnlyDictionary<string, double> Validate(CancellationToken cancellation) =>
        new Dictionary<string, double>();

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Makes a batch on the other thread: a pure function of <paramref name="step"/> that touches no tensors.</summary>
    protected abstract TBatch MakeBatch(TrainingStep step);

    /// <summary>The loss of a batch that was made before.</summary>
    protected abstract BatchLoss Loss(TBatch batch, TrainingStep step);

    /// <summary>Stops the other thread.</summary>
    protected virtual void Dispose(bool disposing)
    {
        if (disposing)
            prefetcher?.Dispose();
    }
}

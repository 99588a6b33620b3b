using GenRec.Shared.Data;
using GenRec.Shared.Evaluation;
using GenRec.Shared.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace GenRec.Shared.Models;

/// <summary>Training a model over item sequences on a split: batches made ahead, validated by full ranking.</summary>
public abstract class ItemSequenceTask : PrefetchedTask<NextItemBatch>
{
    private static readonly Metric[] Watched = [Metric.Ndcg(10), Metric.Recall(10)];
    private readonly ItemSequenceModel model;
    private readonly INextItemBatches batches;
    private readonly Split split;
    private readonly string dataset;
    private readonly EvaluationProtocol protocol;

    /// <summary>Takes ownership of a model and reads its batches.</summary>
    /// <param name="dataset">Name of the data set, part of a checkpoint's identity.</param>
    /// <param name="split">What to learn from and to validate on.</param>
    /// <param name="model">The model, with fresh weights.</param>
    /// <param name="batches">What it learns from.</param>
    /// <param name="protocol">How validation counts; full ranking without a filter where null.</param>
    protected ItemSequenceTask(
        string dataset,
        Split split,
        ItemSequenceModel model,
        INextItemBatches batches,
        EvaluationProtocol? protocol
    )
    {
        (this.dataset, this.split, this.protocol) = (dataset, split, protocol ?? EvaluationProtocol.Full);
        (this.model, this.batches) = (model, batches);
    }

    /// <inheritdoc/>
    public override ItemSequenceModel Model => model;

    /// <inheritdoc/>
    public override long BatchesPerEpoch => batches.StepsPerEpoch;

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, string> Identity =>
        new Dictionary<string, string>
        {
            ["dataset"] = dataset,
            ["split"] = split.Name,
            ["interactions"] = split.Train.Count.ToString(),
            ["model"] = model.NextItem.ToString()!,
        };

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, double> Validate(CancellationToken cancellation) =>
        FullRanking
            .Evaluate(
                new ItemSequenceScorer(model),
                split.Validation,
                protocol,
                train: split.Train,
                cancel: cancellation
            )
            .Means(Watched);

    /// <inheritdoc/>
    protected override NextItemBatch MakeBatch(TrainingStep step) => batches.At(step.Batch);

    /// <inheritdoc/>
    protected override BatchLoss Loss(NextItemBatch batch, TrainingStep step)
    {
        ArgumentNullException.ThrowIfNull(batch);
        return new BatchLoss(ItemSequenceObjective.Loss(model, batch), batch.Targets.Length);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (disposing)
            model.Dispose();
    }

    /// <summary>A model with weights drawn from a seed, on a device.</summary>
    /// <param name="make">Makes it.</param>
    /// <param name="seed">Seed of the weights.</param>
    /// <param name="device">Where the model lives; the CPU where null.</param>
    protected static TModel Fresh<TModel>(Func<TModel> make, long seed, Device? device)
        where TModel : ItemSequenceModel
    {
        ArgumentNullException.ThrowIfNull(make);
        random.manual_seed(seed);
        var model = make();
        if (device is not null)
            model.to(device);
        return model;
    }
}

using GenRec.Shared.Data;
using GenRec.Shared.Evaluation;
using GenRec.Shared.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace GenRec.Shared.Models;

/// <summary>Training SASRec on a split: batches made ahead, validated by full ranking.</summary>
public sealed class SasRecTask : PrefetchedTask<NextItemBatch>
{
    private static readonly Metric[] Watched = [Metric.Ndcg(10), Metric.Recall(10)];
    private readonly SasRec model;
    private readonly Split split;
    private readonly string dataset;
    private readonly EvaluationProtocol protocol;
    private readonly NextItemBatcher batcher;

    /// <summary>Makes a model with fresh weights and the batches it learns from.</summary>
    /// <param name="dataset">Name of the data set, part of a checkpoint's identity.</param>
    /// <param name="split">What to learn from and to validate on.</param>
    /// <param name="options">Sizes, variants and batches.</param>
    /// <param name="seed">Seed of the weights, of the order of users and of the negatives.</param>
    /// <param name="protocol">How validation counts; full ranking without a filter where null.</param>
    /// <param name="device">Where the model lives; the CPU where null.</param>
    public SasRecTask(
        string dataset,
        Split split,
        SasRecOptions options,
        long seed,
        EvaluationProtocol? protocol = null,
        Device? device = null
    )
    {
        ArgumentNullException.ThrowIfNull(split);
        ArgumentNullException.ThrowIfNull(options);
        (this.split, this.dataset, this.protocol) = (split, dataset, protocol ?? EvaluationProtocol.Full);
        random.manual_seed(seed);
        model = new SasRec(split.Train.ItemCount, options);
        if (device is not null)
            model.to(device);
        batcher = new NextItemBatcher(split.Train, options.Batching((ulong)seed));
    }

    /// <inheritdoc/>
    public override SasRec Model => model;

    /// <inheritdoc/>
    public override long BatchesPerEpoch => batcher.StepsPerEpoch;

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, string> Identity =>
        new Dictionary<string, string>
        {
            ["dataset"] = dataset,
            ["split"] = split.Name,
            ["interactions"] = split.Train.Count.ToString(),
            ["model"] = model.Options.ToString(),
        };

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, double> Validate(CancellationToken cancellation) =>
        FullRanking
            .Evaluate(new SasRecScorer(model), split.Validation, protocol, train: split.Train, cancel: cancellation)
            .Means(Watched);

    /// <inheritdoc/>
    protected override NextItemBatch MakeBatch(TrainingStep step) => batcher.At(step.Batch);

    /// <inheritdoc/>
    protected override BatchLoss Loss(NextItemBatch batch, TrainingStep step)
    {
        ArgumentNullException.ThrowIfNull(batch);
        return new BatchLoss(SasRecObjective.Loss(model, batch), batch.Targets.Length);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (disposing)
            model.Dispose();
    }
}

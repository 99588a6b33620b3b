using GenRec.Shared.Data;
using GenRec.Shared.Evaluation;
using GenRec.Shared.Runtime;
using GenRec.Shared.SemanticIds;
using GenRec.Shared.Training;
using static TorchSharp.torch;

namespace GenRec.Shared.Models;

/// <summary>Training TIGER on a split: sliding windows made ahead, validated by beam search and by likelihood.</summary>
public sealed class TigerTask : PrefetchedTask<TigerBatch>
{
    private const int LossRows = 256;
    private static readonly Metric[] Watched = [Metric.Ndcg(10), Metric.Recall(10)];
    private readonly Tiger model;
    private readonly string dataset;
    private readonly Split split;
    private readonly TigerBatcher batcher;
    private readonly NextItemCases validation;

    /// <summary>Makes a model with fresh weights and the batches it learns from.</summary>
    /// <param name="dataset">Name of the data set, part of a checkpoint's identity.</param>
    /// <param name="split">What to learn from and to validate on.</param>
    /// <param name="ids">Semantic ids of the same catalogue.</param>
    /// <param name="options">Sizes and batches.</param>
    /// <param name="seed">Seed of the weights and of the order of windows.</param>
    /// <param name="device">Where the model lives; the CPU where null.</param>
    /// <exception cref="ArgumentException">The ids are of another catalogue, or no history has two items.</exception>
    public TigerTask(
        string dataset,
        Split split,
        SemanticIdTable ids,
        TigerOptions options,
        long seed,
        Device? device = null
    )
    {
        ArgumentNullException.ThrowIfNull(split);
        ArgumentNullException.ThrowIfNull(ids);
        ArgumentNullException.ThrowIfNull(options);
        (this.dataset, this.split) = (dataset, split);
        new TigerTokens(ids).RequireCatalogue(split.Train.ItemCount);
        Compute.Seed(seed);
        model = new Tiger(ids, options, device);
        batcher = new TigerBatcher(split.Train, model.Tokens, options, seed);
        validation = split.Validation.Spread(options.ValidationCases);
    }

    /// <inheritdoc/>
    public override Tiger Model => model;

    /// <summary>Windows that the model learns from.</summary>
    public int Windows => batcher.Windows;

    /// <inheritdoc/>
    public override long BatchesPerEpoch => batcher.StepsPerEpoch;

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, string> Identity =>
        new Dictionary<string, string>
        {
            ["dataset"] = dataset,
            ["split"] = split.Name,
            ["interactions"] = split.Train.Count.ToString(),
            ["ids"] = model.Tokens.Ids.Fingerprint,
            ["model"] = model.Options.ToString(),
        };

    /// <summary>NDCG@10 and Recall@10 of the beams' items, and the mean log-probability of a code.</summary>
    public override IReadOnlyDictionary<string, double> Validate(CancellationToken cancellation)
    {
        using var recommender = new TigerRecommender(model, model.Options.ValidationBeams);
        var measured = ListRanking
            .Evaluate(
                recommender,
                validation,
                options: new RankingOptions { TopK = Math.Min(10, model.Options.ValidationBeams) },
                cancel: cancellation
            )
            .Means(Watched)
            .ToDictionary();
        measured["logLikelihood"] = -LossOf(model, validation);
        return measured;
    }

    /// <summary>Mean cross-entropy of a code over cases, without dropout.</summary>
    public static double LossOf(Tiger model, NextItemCases cases)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(cases);
        using var quiet = no_grad();
        var training = model.training;
        model.eval();
        var sum = 0.0;
        for (var from = 0; from < cases.Count; from += LossRows)
        {
            using var scope = NewDisposeScope();
            int[] rows = [.. Enumerable.Range(from, Math.Min(LossRows, cases.Count - from))];
            sum +=
                model.Loss(TigerBatch.Of(model.Tokens, cases.At(rows), model.Options.MaxItems)).item<float>()
                * rows.Length;
        }
        model.train(training);
        return sum / cases.Count;
    }

    /// <inheritdoc/>
    protected override TigerBatch MakeBatch(TrainingStep step) => batcher.At(step.Batch);

    /// <inheritdoc/>
    protected override BatchLoss Loss(TigerBatch batch, TrainingStep step)
    {
        ArgumentNullException.ThrowIfNull(batch);
        return new BatchLoss(model.Loss(batch), batch.Rows);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (disposing)
            model.Dispose();
    }
}

using GenRec.Shared.Data;
using GenRec.Shared.Decoding;
using GenRec.Shared.Evaluation;
using GenRec.Shared.Runtime;
using GenRec.Shared.SemanticIds;
using GenRec.Shared.Training;
using static TorchSharp.torch;

namespace GenRec.Shared.Models;

/// <summary>Training TIGER on a split: sliding windows made ahead, validated by beam search and by likelihood.</summary>
public sealed class TigerTask : GenerativeTask<TigerBatch, TigerRecommender>
{
    private const int LossRows = 256;
    private readonly Tiger model;
    private readonly TigerBatcher batcher;

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
        : base(dataset, split)
    {
        ArgumentNullException.ThrowIfNull(ids);
        ArgumentNullException.ThrowIfNull(options);
        new TigerTokens(ids).RequireCatalogue(split.Train.ItemCount);
        Compute.Seed(seed);
        model = new Tiger(ids, options, device);
        batcher = new TigerBatcher(split.Train, model.Tokens, options, seed);
    }

    /// <inheritdoc/>
    public override Tiger Model => model;

    /// <summary>Windows that the model learns from.</summary>
    public int Windows => batcher.Windows;

    /// <inheritdoc/>
    public override long BatchesPerEpoch => batcher.StepsPerEpoch;

    /// <inheritdoc/>
    protected override SemanticIdTable Ids => model.Tokens.Ids;

    /// <inheritdoc/>
    protected override string ModelOptions => model.Options.ToString();

    /// <inheritdoc/>
    protected override int ValidationCases => model.Options.ValidationCases;

    /// <inheritdoc/>
    protected override int ValidationBeams => model.Options.ValidationBeams;

    /// <inheritdoc/>
    protected override int Beams => model.Options.Beams;

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
    protected override TigerRecommender CreateRecommender(int beams) => new(model, beams);

    /// <summary>The mean log-probability of a code.</summary>
    protected override IEnumerable<KeyValuePair<string, double>> Likelihoods(NextItemCases cases) =>
        [KeyValuePair.Create("logLikelihood", -LossOf(model, cases))];

    /// <summary>The ranking of ids in place of items, and the share of invalid ids without the trie.</summary>
    protected override IEnumerable<KeyValuePair<string, double>> Besides(
        TigerRecommender recommender,
        RankingResult ranked,
        NextItemCases cases
    )
    {
        if (Beams >= 10)
            yield return KeyValuePair.Create(
                "recallOfContentCodes10",
                TigerMeasures.AtIdLevel(ranked, cases, Ids)[Metric.Recall(10)]
            );
        if (model.Options.Constraint != IdConstraint.Trie)
            yield return KeyValuePair.Create("invalidIds", recommender.InvalidShare);
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

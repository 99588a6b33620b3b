using GenRec.Shared.Data;
using GenRec.Shared.Decoding;
using GenRec.Shared.Evaluation;
using GenRec.Shared.Runtime;
using GenRec.Shared.SemanticIds;
using GenRec.Shared.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace GenRec.Shared.Models;

/// <summary>Training one shape of the family on a split, validated by beam search and code by code.</summary>
public sealed class BackboneTask : GenerativeTask<IReadOnlyList<BackboneBatch>, GeneratorRecommender>
{
    private const int RowsAtOnce = 128;
    private readonly BackboneBatcher batcher;

    /// <summary>Makes a model with fresh weights and the batches it learns from.</summary>
    /// <param name="dataset">Name of the data set, part of a checkpoint's identity.</param>
    /// <param name="split">What to learn from and to validate on.</param>
    /// <param name="ids">Semantic ids of the same catalogue.</param>
    /// <param name="options">The shape and its batches.</param>
    /// <param name="seed">Seed of the weights and of the order.</param>
    /// <param name="device">Where the model lives; the CPU where null.</param>
    /// <exception cref="ArgumentException">The ids are of another catalogue, or no history has two items.</exception>
    public BackboneTask(
        string dataset,
        Split split,
        SemanticIdTable ids,
        BackboneOptions options,
        long seed,
        Device? device = null
    )
        : base(dataset, split)
    {
        Compute.Seed(seed);
        Model = new Backbone(ids, options);
        if (device is not null)
            Model.to(device);
        batcher = new BackboneBatcher(split.Train, Model, seed);
    }

    /// <inheritdoc/>
    public override Backbone Model { get; }

    /// <summary>Items written in an epoch.</summary>
    public long Targets => batcher.Targets;

    /// <inheritdoc/>
    public override long BatchesPerEpoch => batcher.StepsPerEpoch;

    /// <inheritdoc/>
    protected override SemanticIdTable Ids => Model.Ids;

    /// <inheritdoc/>
    protected override string ModelOptions => Model.Options.ToString();

    /// <inheritdoc/>
    protected override int ValidationCases => Model.Options.ValidationCases;

    /// <inheritdoc/>
    protected override int ValidationBeams => Beams;

    /// <inheritdoc/>
    protected override int Beams => Model.Options.Beams;

    /// <summary>How well each level's code is told when those before it are known: deep codes are easy, and hide in a mean.</summary>
    /// <param name="model">Trained.</param>
    /// <param name="cases">At least one.</param>
    /// <returns>Mean log-probability of the right code, and how often it is the likeliest, for each level.</returns>
    public static IReadOnlyList<(double LogLikelihood, double Accuracy)> LevelsOf(Backbone model, NextItemCases cases)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(cases);
        using var quiet = no_grad();
        using var mode = new EvaluationMode(model);
        var sums = new double[model.Levels, 2];
        for (var from = 0; from < cases.Count; from += RowsAtOnce)
        {
            using var scope = NewDisposeScope();
            var rows = Enumerable.Range(from, Math.Min(RowsAtOnce, cases.Count - from)).ToArray();
            var sequences = rows.Select(row => Row(model, cases, row)).ToArray();
            var batch = model.Pack(sequences, [.. sequences.Select(sequence => sequence.Length - 1)]);
            var logits = model.forward(batch).log_softmax(-1); // [T, m, V]
            var labels = tensor(batch.Labels, device: logits.device).view(batch.Targets, model.Levels, 1);
            var right = logits.gather(-1, labels).squeeze(-1); // [T, m]
            var best = logits.amax([-1]) == right;
            using var told = stack([right.sum([0L]), best.to(ScalarType.Float32).sum([0L])], 1).cpu(); // [m, 2]
            for (var level = 0; level < model.Levels; level++)
            for (var what = 0; what < 2; what++)
                sums[level, what] += told[level, what].item<float>();
        }
        return
        [
            .. Enumerable
                .Range(0, model.Levels)
                .Select(level => (sums[level, 0] / cases.Count, sums[level, 1] / cases.Count)),
        ];
    }

    /// <inheritdoc/>
    protected override GeneratorRecommender CreateRecommender(int beams) =>
        new(Model, new BeamOptions { Width = beams });

    /// <summary>Log-likelihood of a code, and of each level's code with how often it is the likeliest.</summary>
    protected override IEnumerable<KeyValuePair<string, double>> Likelihoods(NextItemCases cases)
    {
        var levels = LevelsOf(Model, cases);
        yield return KeyValuePair.Create("logLikelihood", levels.Average(level => level.LogLikelihood));
        for (var level = 0; level < levels.Count; level++)
        {
            yield return KeyValuePair.Create($"logLikelihood{level + 1}", levels[level].LogLikelihood);
            yield return KeyValuePair.Create($"accuracy{level + 1}", levels[level].Accuracy);
        }
    }

    /// <inheritdoc/>
    protected override IReadOnlyList<BackboneBatch> MakeBatch(TrainingStep step) => batcher.At(step.Batch);

    /// <inheritdoc/>
    protected override BatchLoss Loss(IReadOnlyList<BackboneBatch> batch, TrainingStep step)
    {
        ArgumentNullException.ThrowIfNull(batch);
        return new BatchLoss(Model.Loss(batch), batch.Sum(part => part.Targets));
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (disposing)
            Model.Dispose();
    }

    private static int[] Row(Backbone model, NextItemCases cases, int row)
    {
        var history = cases.Histories[row];
        return [.. history[Math.Max(0, history.Length - model.Options.MaxItems)..], cases.Targets[row]];
    }
}

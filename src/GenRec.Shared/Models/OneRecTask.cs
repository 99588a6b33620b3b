using System.Runtime.InteropServices;
using System.Security.Cryptography;
using GenRec.Shared.Data.Slates;
using GenRec.Shared.Display;
using GenRec.Shared.Runtime;
using GenRec.Shared.SemanticIds;
using GenRec.Shared.Training;
using static TorchSharp.torch;

namespace GenRec.Shared.Models;

/// <summary>What a training batch of OneRec gave to illegal codes, and to items that its session has already.</summary>
/// <param name="Batch">Counted from 0 over the whole training.</param>
/// <param name="IllegalMass">Probability of codes that lead to no item, each level, <c>[L]</c>.</param>
/// <param name="RepeatMass">Probability of codes that lead to repeats alone, each level, <c>[L]</c>.</param>
public sealed record IllegalMassPoint(long Batch, double[] IllegalMass, double[] RepeatMass) : RichRecord;

/// <summary>Pre-training OneRec by the next-token loss, validated on held-out sessions.</summary>
public sealed class OneRecTask : PrefetchedTask<OneRecBatch>
{
    private const int RowsAtOnce = 256;
    private readonly OneRec model;
    private readonly string dataset;
    private readonly OneRecBatcher batcher;
    private readonly SessionExamples validation;
    private readonly List<IllegalMassPoint> illegal = [];

    /// <summary>Makes a model with fresh weights and the batches it learns from.</summary>
    /// <param name="dataset">Name of the data set, part of a checkpoint's identity.</param>
    /// <param name="train">Pairs to learn from.</param>
    /// <param name="validation">Pairs to validate on.</param>
    /// <param name="ids">Semantic ids of the same catalogue, none shared.</param>
    /// <param name="options">Sizes and batches.</param>
    /// <param name="seed">Seed of the weights and of the order of pairs.</param>
    /// <param name="device">Where the model lives; the CPU where null.</param>
    /// <exception cref="ArgumentException">The ids are of another catalogue or shared, or sessions have another length than the model's.</exception>
    public OneRecTask(
        string dataset,
        SessionExamples train,
        SessionExamples validation,
        SemanticIdTable ids,
        OneRecOptions options,
        long seed,
        Device? device = null
    )
    {
        ArgumentNullException.ThrowIfNull(train);
        ArgumentNullException.ThrowIfNull(validation);
        ArgumentNullException.ThrowIfNull(ids);
        ArgumentNullException.ThrowIfNull(options);
        this.dataset = dataset;
        Compute.Seed(seed);
        model = new OneRec(ids, options, device);
        batcher = new OneRecBatcher(train, model.Tokens, options, seed);
        this.validation = Spread(validation, options.ValidationCases);
    }

    /// <inheritdoc/>
    public override OneRec Model => model;

    /// <summary>Makes the batches.</summary>
    public OneRecBatcher Batcher => batcher;

    /// <summary>Probability of illegal codes and of repeats in training batches, every <see cref="OneRecOptions.MeasureIllegalEvery"/> of them, of this process.</summary>
    public IReadOnlyList<IllegalMassPoint> IllegalMass => illegal;

    /// <inheritdoc/>
    public override long BatchesPerEpoch => batcher.StepsPerEpoch;

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, string> Identity =>
        new Dictionary<string, string>
        {
            ["dataset"] = dataset,
            ["rules"] = batcher.Examples.Rules.ToString(),
            ["sessions"] = $"{batcher.Examples.Count} of {batcher.Examples.Length}",
            ["ids"] = Fingerprint(model.Tokens.Ids),
            ["model"] = model.Options.ToString(),
        };

    /// <summary>
    /// Over held-out sessions: mean log-probability of a code, and of each level its log-probability, entropy and the
    /// probabilities of illegal codes and of repeats.
    /// </summary>
    public override IReadOnlyDictionary<string, double> Validate(CancellationToken cancellation)
    {
        if (validation.Count == 0)
            return new Dictionary<string, double>();
        var measured = StatisticsOf(model, validation, cancellation);
        var metrics = new Dictionary<string, double> { ["logLikelihood"] = measured.LogProbability.Average() };
        for (var level = 0; level < measured.Entropy.Length; level++)
        {
            metrics[$"logLikelihood{level + 1}"] = measured.LogProbability[level];
            metrics[$"entropy{level + 1}"] = measured.Entropy[level];
            metrics[$"illegalMass{level + 1}"] = measured.IllegalMass[level];
            metrics[$"repeatMass{level + 1}"] = measured.RepeatMass[level];
        }
        return metrics;
    }

    /// <summary>Entropy, likelihood and the probabilities of illegal codes and repeats of each level over pairs, without dropout.</summary>
    public static CodeStatistics StatisticsOf(
        OneRec model,
        SessionExamples examples,
        CancellationToken cancellation = default
    )
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(examples);
        var levels = model.Tokens.Levels;
        var (entropy, illegal, likelihood) = (new double[levels], new double[levels], new double[levels]);
        var repeat = new double[levels];
        for (var from = 0; from < examples.Count; from += RowsAtOnce)
        {
            cancellation.ThrowIfCancellationRequested();
            int[] rows = [.. Enumerable.Range(from, Math.Min(RowsAtOnce, examples.Count - from))];
            var part = model.Statistics(examples.Batch(rows));
            var share = rows.Length / (double)examples.Count;
            for (var level = 0; level < levels; level++)
            {
                entropy[level] += share * part.Entropy[level];
                illegal[level] += share * part.IllegalMass[level];
                repeat[level] += share * part.RepeatMass[level];
                likelihood[level] += share * part.LogProbability[level];
            }
        }
        return new CodeStatistics(entropy, illegal, repeat, likelihood);
    }

    /// <inheritdoc/>
    protected override OneRecBatch MakeBatch(TrainingStep step) => batcher.At(step.Batch);

    /// <inheritdoc/>
    protected override BatchLoss Loss(OneRecBatch batch, TrainingStep step)
    {
        ArgumentNullException.ThrowIfNull(batch);
        if (model.Options.MeasureIllegalEvery is not (> 0 and var every) || step.Batch % every != 0)
            return new BatchLoss(model.Loss(batch), batch.Sessions);
        var (loss, codes) = model.LossAndStatistics(batch);
        illegal.Add(new IllegalMassPoint(step.Batch, codes.IllegalMass, codes.RepeatMass));
        return new BatchLoss(loss, batch.Sessions);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (disposing)
            model.Dispose();
    }

    private static SessionExamples Spread(SessionExamples all, int wanted) =>
        wanted == 0 || wanted >= all.Count
            ? all
            : all.At([.. Enumerable.Range(0, wanted).Select(i => (int)((long)i * all.Count / wanted))]);

    /// <summary>A short name of the codes, so that a checkpoint refuses other ids.</summary>
    private static string Fingerprint(SemanticIdTable ids)
    {
        var hash = Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes(ids.Codes)))[..16];
        return $"{ids.ItemCount} x {string.Join(",", ids.CodebookSizes.ToArray())} {hash}";
    }
}

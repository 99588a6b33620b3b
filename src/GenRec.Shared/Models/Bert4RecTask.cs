using GenRec.Shared.Data;
using GenRec.Shared.Evaluation;
using GenRec.Shared.Training;
using static TorchSharp.torch;

namespace GenRec.Shared.Models;

/// <summary>Training BERT4Rec, or its causal twin, on a split.</summary>
public sealed class Bert4RecTask : ItemSequenceTask
{
    /// <summary>Makes a model with fresh weights and the batches it learns from.</summary>
    /// <param name="dataset">Name of the data set, part of a checkpoint's identity.</param>
    /// <param name="split">What to learn from and to validate on.</param>
    /// <param name="options">Sizes, variants and batches.</param>
    /// <param name="seed">Seed of the weights, of the order of sequences, of masks and negatives.</param>
    /// <param name="protocol">How validation counts; full ranking without a filter where null.</param>
    /// <param name="device">Where the model lives; the CPU where null.</param>
    public Bert4RecTask(
        string dataset,
        Split split,
        Bert4RecOptions options,
        long seed,
        EvaluationProtocol? protocol = null,
        Device? device = null
    )
        : base(
            dataset,
            split,
            Fresh(() => new Bert4Rec(split.Train.ItemCount, options), seed, device),
            options.Batches(split.Train, (ulong)seed),
            protocol
        ) { }

    /// <inheritdoc/>
    public override Bert4Rec Model => (Bert4Rec)base.Model;

    /// <inheritdoc/>
    public override IReadOnlyList<ParameterGroup> ParameterGroups =>
        Model.Options.DecayMatricesOnly ? ParameterGroup.DecayMatricesOnly(Model) : base.ParameterGroups;
}

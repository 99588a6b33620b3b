using GenRec.Shared.Data;
using GenRec.Shared.Evaluation;
using static TorchSharp.torch;

namespace GenRec.Shared.Models;

/// <summary>Training SASRec on a split.</summary>
public sealed class SasRecTask : ItemSequenceTask
{
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
        : base(
            dataset,
            split,
            Fresh(() => new SasRec(split.Train.ItemCount, options), seed, device),
            new NextItemBatcher(split.Train, options.Batching((ulong)seed)),
            protocol
        ) { }

    /// <inheritdoc/>
    public override SasRec Model => (SasRec)base.Model;
}

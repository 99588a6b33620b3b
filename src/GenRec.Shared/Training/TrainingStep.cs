using GenRec.Shared.Display;
using GenRec.Shared.Runtime;

namespace GenRec.Shared.Training;

/// <summary>One batch of a training run: everything random in it must be a pure function of this value.</summary>
/// <param name="Seed">The run's seed.</param>
/// <param name="Batch">The batch, counted from 0 over the entire run.</param>
/// <param name="BatchesPerEpoch">Batches in one pass over the data.</param>
/// <param name="BatchesPerStep">Batches whose gradients make one update.</param>
[TypeFormatterSource(typeof(RichValueFormatterSource))]
public readonly record struct TrainingStep(long Seed, long Batch, long BatchesPerEpoch, int BatchesPerStep) : IRichValue
{
    /// <inheritdoc/>
    public string ToHtml() => ObjectCard.Of(this).ToHtml();

    /// <summary>The update this batch belongs to, counted from 1.</summary>
    public long Step => Batch / BatchesPerStep + 1;

    /// <summary>The pass over the data, counted from 0.</summary>
    public long Epoch => Batch / BatchesPerEpoch;

    /// <summary>The batch within its pass, counted from 0.</summary>
    public long BatchInEpoch => Batch % BatchesPerEpoch;

    /// <summary>Random numbers of this run: give the epoch or the batch as the stream.</summary>
    public CounterRandom Random => new((ulong)Seed);

    /// <summary>A seed that only this batch of this run has.</summary>
    public long BatchSeed => Compute.DeriveSeed(Seed, Batch);

    /// <summary>The masks of this batch. The trainer enters it, so that dropout modules find it.</summary>
    public DropoutStream NewDropoutStream() => new(Seed, Batch);
}

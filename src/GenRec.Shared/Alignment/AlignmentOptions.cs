using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using GenRec.Shared.Display;
using GenRec.Shared.Runtime;

namespace GenRec.Shared.Alignment;

/// <summary>Which of the sampled sessions are compared.</summary>
public enum PairRule
{
    /// <summary>The best by reward against the worst: winner and losers are the model's own, which the paper calls self-hard.</summary>
    SelfHard,

    /// <summary>Sessions drawn at random among the sampled ones; the best of them by reward wins. The control of the rule above.</summary>
    Random,
}

/// <summary>When the frozen copy that samples and serves as reference is made anew.</summary>
public enum SnapshotRule
{
    /// <summary>At the beginning of each epoch, from the current weights: IPA.</summary>
    EveryEpoch,

    /// <summary>Once, before the first epoch: one-shot DPO.</summary>
    Once,
}

/// <summary>Which sampled sessions count as one.</summary>
public enum DuplicateRule
{
    /// <summary>The same items in any order: the likeliest order stands for all, so that winner and loser differ in items.</summary>
    SameItems,

    /// <summary>The same items at the same places.</summary>
    SameOrder,
}

/// <summary>Iterative preference alignment, OneRec (arXiv:2502.18965), section 3.3.2, Algorithm 2.</summary>
public sealed record AlignmentOptions : RichRecord
{
    /// <summary>r_DPO, share of the samples that preference pairs are made for, 0 to 1; each is drawn on its own. 1 % in the paper.</summary>
    [Range(0.0, 1.0)]
    public double Ratio { get; init; } = 0.01;

    /// <summary>N, sessions that are searched for each of them, at least 2. 128 in the paper.</summary>
    [Range(2, 1 << 16)]
    public int Beams { get; init; } = 128;

    /// <summary>T, epochs, at least 1; the training may not be longer. Not given in the paper.</summary>
    [Range(1, 10_000)]
    public int Rounds { get; init; } = 3;

    /// <summary>
    /// lambda, weight of a preference pair beside the next-token loss of a sample, which here is the mean over codes: the paper's,
    /// a sum over m L codes, is that many times as heavy. Not given in the paper. At least 0.
    /// </summary>
    [Range(0.0, 1e6)]
    public double Weight { get; init; } = 1;

    /// <summary>What the pairs minimise; DPO in the paper. In files its name stands in <see cref="PreferenceOptions"/>.</summary>
    [JsonIgnore]
    public IPreferenceLoss Loss { get; init; } = new Dpo();

    /// <summary>Which sampled sessions are compared.</summary>
    public PairRule Pairs { get; init; }

    /// <summary>When the snapshot is renewed.</summary>
    public SnapshotRule Snapshot { get; init; }

    /// <summary>Which sampled sessions count as one.</summary>
    public DuplicateRule Duplicates { get; init; }

    /// <summary>Keep L_NTP on the samples with pairs, as the paper does; false shows what for.</summary>
    public bool KeepsNextTokenLoss { get; init; } = true;

    /// <summary>Samples in a batch.</summary>
    [Range(1, 1_000_000)]
    public int BatchSize { get; init; } = 64;

    /// <summary>Samples whose sessions are searched and scored together; no result depends on it.</summary>
    [Range(1, 1_000_000)]
    public int SamplingBatch { get; init; } = 32;

    /// <summary>Checks every option and their agreement.</summary>
    /// <exception cref="ArgumentException">Names the option, its value and what it may be.</exception>
    public void Validate()
    {
        OptionRanges.Check(this);
        OptionRanges.Check(Loss);
        if (Loss.LosersPerWinner >= Beams)
            throw new ArgumentException(
                $"{Loss.Name} asks for {Loss.LosersPerWinner} losers beside a winner, and {Beams} sessions are sampled."
            );
    }
}

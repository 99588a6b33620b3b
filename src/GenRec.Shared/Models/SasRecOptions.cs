using System.ComponentModel.DataAnnotations;
using GenRec.Shared.Data;
using GenRec.Shared.Display;
using GenRec.Shared.Runtime;

namespace GenRec.Shared.Models;

/// <summary>Where a block normalises.</summary>
public enum NormPlacement
{
    /// <summary>As kang205/SASRec does: the residual is added to the normalised input, not to the input.</summary>
    Official,

    /// <summary>Before each part, the residual around both; what the paper's section III-C writes.</summary>
    Pre,

    /// <summary>After each residual, as the first Transformer did.</summary>
    Post,
}

/// <summary>How a position is told apart.</summary>
public enum PositionKind
{
    /// <summary>One learned vector a position, Eq. (1) of the paper.</summary>
    Learned,

    /// <summary>Fixed sines and cosines, Vaswani et al., section 3.5.</summary>
    Sinusoidal,

    /// <summary>None: order is known only through the causal mask.</summary>
    None,
}

/// <summary>What is minimised; see <see cref="Nn.NextItemLoss"/> and <see cref="Nn.FusedCrossEntropy"/>.</summary>
public enum NextItemObjective
{
    /// <summary>Binary cross-entropy against sampled negatives; the paper's loss with one negative.</summary>
    Binary,

    /// <summary>Softmax over the next item and sampled negatives.</summary>
    SampledSoftmax,

    /// <summary>Softmax over the whole catalogue.</summary>
    CrossEntropy,

    /// <summary>Generalised binary cross-entropy of gSASRec.</summary>
    GeneralisedBinary,
}

/// <summary>Sizes and variants of SASRec, and what it is trained on. How long and how fast stands in the training options.</summary>
public sealed record SasRecOptions : RichRecord, INextItemOptions
{
    /// <summary>D, the width of every vector. 1 to 4096, a multiple of <see cref="Heads"/>. Paper symbol d.</summary>
    [Range(1, 4096)]
    public int Hidden { get; init; } = 50; // kang205/SASRec main.py

    /// <summary>Number of blocks, 0 to 64. Paper symbol b.</summary>
    [Range(0, 64)]
    public int Blocks { get; init; } = 2;

    /// <summary>H, attention heads. The paper found one as good as more (section IV-F).</summary>
    [Range(1, 64)]
    public int Heads { get; init; } = 1;

    /// <summary>L, the longest history in items; older ones are dropped. Paper symbol n.</summary>
    [Range(1, 4096)]
    public int MaxLength { get; init; } = 50;

    /// <summary>Share dropped of embeddings, attention weights and feed-forward outputs, 0 to below 1.</summary>
    [Range(0, 0.99)]
    public double Dropout { get; init; } = 0.5;

    /// <summary>Where a block normalises.</summary>
    public NormPlacement Norm { get; init; } = NormPlacement.Official;

    /// <summary>A linear map behind attention, which the paper has not.</summary>
    public bool OutputProjection { get; init; }

    /// <summary>How positions are told apart.</summary>
    public PositionKind Positions { get; init; } = PositionKind.Learned;

    /// <summary>Multiply item vectors by the square root of D before positions are added.</summary>
    public bool ScaleEmbeddings { get; init; } = true; // kang205/SASRec, modules.py (embedding, scale=True)

    /// <summary>Score items with a table of their own instead of the input table.</summary>
    public bool SeparateOutputTable { get; init; }

    /// <summary>Standard deviation of fresh weights; null for Xavier's normal.</summary>
    public double? InitialStandardDeviation { get; init; }

    /// <summary>What is minimised.</summary>
    public NextItemObjective Objective { get; init; } = NextItemObjective.Binary;

    /// <summary>k, negatives of the sampled objectives.</summary>
    [Range(0, 1_000_000)]
    public int Negatives { get; init; } = 1;

    /// <summary>Whose the negatives are.</summary>
    public NegativeSharing Sharing { get; init; } = NegativeSharing.PerPosition;

    /// <summary>Never draw an item of the user's training history as a negative.</summary>
    public bool ExcludeSeen { get; init; } = true;

    /// <summary>t of gBCE, 0 to 1.</summary>
    [Range(0.0, 1.0)]
    public double Calibration { get; init; } = 0.75; // Petrov and Macdonald, section 6.3

    /// <summary>Users in a batch.</summary>
    [Range(1, 1_000_000)]
    public int BatchSize { get; init; } = 128;

    /// <summary>Draw users with replacement, as kang205/SASRec's sampler does.</summary>
    public bool WithReplacement { get; init; }

    /// <summary>
    /// Format of the full softmax's products; sums, weights and optimizer stay float32. bfloat16 is taken only where it is
    /// faster (<see cref="Products.BFloat16Pays"/>).
    /// </summary>
    public Precision Precision { get; init; } = Precision.Float32;

    /// <summary>Where the values come from.</summary>
    public required string Source { get; init; }

    /// <summary>Checks every option and their agreement.</summary>
    /// <exception cref="ArgumentException">Names the option, its value and what it may be.</exception>
    public void Validate()
    {
        try
        {
            Validator.ValidateObject(this, new ValidationContext(this), validateAllProperties: true);
        }
        catch (ValidationException failure)
        {
            throw new ArgumentException(
                $"SASRec options: {failure.ValidationResult.ErrorMessage} It is {failure.Value}.",
                failure
            );
        }
        if (Hidden % Heads != 0)
            throw new ArgumentException(
                $"SASRec options: {nameof(Hidden)} ({Hidden}) must be a multiple of {nameof(Heads)} ({Heads})."
            );
        if (Objective != NextItemObjective.CrossEntropy && Negatives < 1)
            throw new ArgumentException($"SASRec options: {Objective} needs at least one of {nameof(Negatives)}.");
    }

    /// <summary>How its batches are drawn.</summary>
    /// <param name="seed">Seed of the order of users and of the negatives.</param>
    public NextItemBatching Batching(ulong seed) =>
        new()
        {
            BatchSize = BatchSize,
            MaxLength = MaxLength,
            Negatives = Objective == NextItemObjective.CrossEntropy ? 0 : Negatives,
            Sharing = Sharing,
            ExcludeSeen = ExcludeSeen,
            WithReplacement = WithReplacement,
            Seed = seed,
        };
}

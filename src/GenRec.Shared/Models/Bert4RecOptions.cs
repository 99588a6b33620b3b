using System.ComponentModel.DataAnnotations;
using GenRec.Shared.Data;
using GenRec.Shared.Display;
using GenRec.Shared.Runtime;

namespace GenRec.Shared.Models;

/// <summary>Which way a cell may look.</summary>
public enum AttentionDirection
{
    /// <summary>To both sides; trained on masked items.</summary>
    Bidirectional,

    /// <summary>Only back; trained on the next item at every position, as a causal twin of the same network.</summary>
    Causal,
}

/// <summary>Sizes and variants of BERT4Rec, and what it is trained on. How long and how fast stands in the training options.</summary>
public sealed record Bert4RecOptions : RichRecord, INextItemOptions
{
    /// <summary>D, the width of every vector. 1 to 4096, a multiple of <see cref="Heads"/>. Paper symbol d.</summary>
    [Range(1, 4096)]
    public int Hidden { get; init; } = 64; // section 4.3 and bert_train/bert_config_ml-1m_64.json

    /// <summary>Number of blocks, 1 to 64. Paper symbol L.</summary>
    [Range(1, 64)]
    public int Blocks { get; init; } = 2;

    /// <summary>H, attention heads. Paper symbol h.</summary>
    [Range(1, 64)]
    public int Heads { get; init; } = 2;

    /// <summary>Width of the position-wise network.</summary>
    [Range(1, 65_536)]
    public int Inner { get; init; } = 256;

    /// <summary>L, the longest sequence in items, the mask of a question included. At least 2. Paper symbol N.</summary>
    [Range(2, 4096)]
    public int MaxLength { get; init; } = 50;

    /// <summary>Share dropped of embeddings and of each part's output, 0 to below 1.</summary>
    [Range(0, 0.99)]
    public double Dropout { get; init; } = 0.2;

    /// <summary>Share dropped of attention weights, 0 to below 1.</summary>
    [Range(0, 0.99)]
    public double AttentionDropout { get; init; } = 0.2;

    /// <summary>Which way a cell may look.</summary>
    public AttentionDirection Direction { get; init; } = AttentionDirection.Bidirectional;

    /// <summary>A dense layer, GELU and a norm before the item table; Eq. (7) and the authors' code have it, several ports not.</summary>
    public bool OutputProjection { get; init; } = true;

    /// <summary>A free number added to each item's score, b^O in Eq. (7).</summary>
    public bool OutputBias { get; init; } = true;

    /// <summary>Standard deviation of fresh weights.</summary>
    [Range(1e-9, 10.0)]
    public double InitialStandardDeviation { get; init; } = 0.02;

    /// <summary>What is minimised; the paper's is the full softmax.</summary>
    public NextItemObjective Objective { get; init; } = NextItemObjective.CrossEntropy;

    /// <summary>k, negatives of the sampled objectives.</summary>
    [Range(0, 1_000_000)]
    public int Negatives { get; init; } = 1;

    /// <summary>Whose the negatives are.</summary>
    public NegativeSharing Sharing { get; init; } = NegativeSharing.PerPosition;

    /// <summary>Never draw an item of the user's training history as a negative.</summary>
    public bool ExcludeSeen { get; init; } = true;

    /// <summary>t of gBCE, 0 to 1.</summary>
    [Range(0.0, 1.0)]
    public double Calibration { get; init; } = 0.75; // Petrov and Macdonald, "gSASRec", section 6.3

    /// <summary>Sequences in a batch.</summary>
    [Range(1, 1_000_000)]
    public int BatchSize { get; init; } = 256;

    /// <summary>rho, the share of a sequence that is masked; above 0, at most 1.</summary>
    [Range(1e-6, 1.0)]
    public double MaskRate { get; init; } = 0.2;

    /// <summary>How many positions that makes.</summary>
    public MaskDraw MaskDraw { get; init; } = MaskDraw.Exact;

    /// <summary>At most that many masks in a sequence; null sets no bound.</summary>
    [Range(1, 4096)]
    public int? MaxMasks { get; init; }

    /// <summary>Share of the chosen positions that show [MASK]; see <see cref="ClozeBatching.MaskShare"/>.</summary>
    [Range(0.0, 1.0)]
    public double MaskShare { get; init; } = 1;

    /// <summary>Share of sequences in which only the newest item is masked.</summary>
    [Range(0.0, 1.0)]
    public double LastOnlyShare { get; init; }

    /// <summary>Masked copies of a data file written once; null masks afresh in every epoch.</summary>
    [Range(1, 1_000_000)]
    public int? Copies { get; init; }

    /// <summary>Step of the windows over a long history as a share of L; null keeps the newest L items only.</summary>
    [Range(1e-6, 1.0)]
    public double? WindowStep { get; init; }

    /// <summary>Weight decay leaves biases and norms alone, as in BERT's optimizer.</summary>
    public bool DecayMatricesOnly { get; init; }

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
        OptionRanges.Check(this);
        if (Hidden % Heads != 0)
            throw new ArgumentException(
                $"BERT4Rec options: {nameof(Hidden)} ({Hidden}) must be a multiple of {nameof(Heads)} ({Heads})."
            );
        if (Objective != NextItemObjective.CrossEntropy && Negatives < 1)
            throw new ArgumentException($"BERT4Rec options: {Objective} needs at least one of {nameof(Negatives)}.");
    }

    /// <summary>Its batches: masked items, or for the causal twin the next item at every position.</summary>
    /// <param name="train">What to learn from.</param>
    /// <param name="seed">Seed of order, masks and negatives.</param>
    public INextItemBatches Batches(Interactions train, ulong seed)
    {
        var negatives = Objective == NextItemObjective.CrossEntropy ? 0 : Negatives;
        return Direction == AttentionDirection.Causal
            ? new NextItemBatcher(
                train,
                new NextItemBatching
                {
                    BatchSize = BatchSize,
                    MaxLength = MaxLength,
                    Negatives = negatives,
                    Sharing = Sharing,
                    ExcludeSeen = ExcludeSeen,
                    Seed = seed,
                }
            )
            : new ClozeBatcher(
                train,
                new ClozeBatching
                {
                    BatchSize = BatchSize,
                    MaxLength = MaxLength,
                    MaskRate = MaskRate,
                    Draw = MaskDraw,
                    MaxMasks = MaxMasks,
                    MaskShare = MaskShare,
                    LastOnlyShare = LastOnlyShare,
                    Copies = Copies,
                    WindowStep = WindowStep,
                    Negatives = negatives,
                    Sharing = Sharing,
                    ExcludeSeen = ExcludeSeen,
                    Seed = seed,
                }
            );
    }
}

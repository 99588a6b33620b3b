using System.ComponentModel.DataAnnotations;
using GenRec.Shared.Display;
using GenRec.Shared.Runtime;

namespace GenRec.Shared.Data;

/// <summary>How many positions of a sequence are masked.</summary>
public enum MaskDraw
{
    /// <summary>Exactly <c>round(rho * length)</c>, at least one: FeiSun/BERT4Rec, gen_data_fin.py.</summary>
    Exact,

    /// <summary>Each position by itself with probability rho, and one where none was hit: most re-implementations.</summary>
    Bernoulli,
}

/// <summary>Which batches a <see cref="ClozeBatcher"/> makes: section 3.6 of the BERT4Rec paper and what its code adds.</summary>
public sealed record ClozeBatching : RichRecord
{
    /// <summary>Sequences in a batch, at least 1.</summary>
    [Range(1, 1_000_000)]
    public int BatchSize { get; init; } = 128;

    /// <summary>L: a sequence holds at most that many items, at least 2.</summary>
    [Range(2, 4096)]
    public int MaxLength { get; init; } = 50;

    /// <summary>rho, the share of a sequence that is masked; above 0, at most 1.</summary>
    [Range(1e-6, 1.0)]
    public double MaskRate { get; init; } = 0.2;

    /// <summary>How many positions that makes.</summary>
    public MaskDraw Draw { get; init; } = MaskDraw.Bernoulli;

    /// <summary>At most that many masks in a sequence; null sets no bound.</summary>
    [Range(1, 4096)]
    public int? MaxMasks { get; init; }

    /// <summary>
    /// Share of the chosen positions that show [MASK]; of the others, half keep their item and half show a random one. BERT
    /// itself has 0.8, BERT4Rec 1.
    /// </summary>
    [Range(0.0, 1.0)]
    public double MaskShare { get; init; } = 1;

    /// <summary>
    /// Share of sequences, drawn anew each epoch, in which only the newest item is masked: what the model is asked at test
    /// time.
    /// </summary>
    [Range(0.0, 1.0)]
    public double LastOnlyShare { get; init; }

    /// <summary>
    /// Null masks afresh in every epoch; a number makes that many masked copies of each sequence and shows them in turn for
    /// ever, as a data file written once does.
    /// </summary>
    [Range(1, 1_000_000)]
    public int? Copies { get; init; }

    /// <summary>
    /// A long history becomes several windows of L items, each this share of L after the other, and the oldest items make
    /// one more; null keeps the newest L items only. Above 0, at most 1.
    /// </summary>
    [Range(1e-6, 1.0)]
    public double? WindowStep { get; init; }

    /// <summary>k: negatives for each masked position, or for the batch; 0 for none.</summary>
    [Range(0, 1_000_000)]
    public int Negatives { get; init; }

    /// <summary>Whose the negatives are.</summary>
    public NegativeSharing Sharing { get; init; } = NegativeSharing.PerPosition;

    /// <summary>Draw no item of the user's training history as a negative. Only for <see cref="NegativeSharing.PerPosition"/>.</summary>
    public bool ExcludeSeen { get; init; } = true;

    /// <summary>Seed of the order of sequences, of the masks and of the negatives.</summary>
    public ulong Seed { get; init; }

    /// <summary>Checks every option.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Names the option, its value and the range.</exception>
    public void Validate() => OptionRanges.Check(this);
}

using System.ComponentModel.DataAnnotations;
using GenRec.Shared.Decoding;
using GenRec.Shared.Display;
using GenRec.Shared.Nn;
using GenRec.Shared.Runtime;

namespace GenRec.Shared.Models;

/// <summary>Sizes of OneRec's session generator and how it searches. How long and how fast stands in the training options.</summary>
public sealed record OneRecOptions : RichRecord
{
    /// <summary>D, the width of a hidden state; the paper gives none. Default 128.</summary>
    [Range(1, 4096)]
    public int Width { get; init; } = 128;

    /// <summary>Encoder layers; the paper gives none. Default 4.</summary>
    [Range(0, 64)]
    public int EncoderLayers { get; init; } = 4;

    /// <summary>Decoder layers. Default 4.</summary>
    [Range(1, 64)]
    public int DecoderLayers { get; init; } = 4;

    /// <summary>H, attention heads. Default 4.</summary>
    [Range(1, 64)]
    public int Heads { get; init; } = 4;

    /// <summary>Width of one head; heads times this need not be D. Default 32.</summary>
    [Range(1, 1024)]
    public int HeadWidth { get; init; } = 32;

    /// <summary>Inner width of the encoder's feed-forward networks and of each expert. Default 512.</summary>
    [Range(1, 65_536)]
    public int FeedForward { get; init; } = 512;

    /// <summary>E, experts of each decoder layer; 0 puts one network in their place. Default 24, the paper's.</summary>
    [Range(0, 4096)]
    public int Experts { get; init; } = 24;

    /// <summary>K, experts that a token goes to. Default 2, the paper's.</summary>
    [Range(1, 4096)]
    public int ActiveExperts { get; init; } = 2;

    /// <summary>Whether the gates of the chosen experts sum to 1; the paper's formula leaves them as they are. Default false.</summary>
    public bool RenormaliseGates { get; init; }

    /// <summary>Share dropped of embeddings, attention weights, inner and outer activations, 0 to below 1. Default 0.1, T5's.</summary>
    [Range(0, 0.99)]
    public double Dropout { get; init; } = 0.1;

    /// <summary>m, items of a session; 1 makes the point-wise model that sessions are compared with. Default 5, the paper's.</summary>
    [Range(1, 1000)]
    public int SessionLength { get; init; } = 5;

    /// <summary>n, the longest history in items; older ones are dropped. Default 256, the paper's.</summary>
    [Range(1, 4096)]
    public int MaxHistory { get; init; } = 256;

    /// <summary>Pairs of history and session in a batch; the paper gives none. Default 256.</summary>
    [Range(1, 1_000_000)]
    public int BatchSize { get; init; } = 256;

    /// <summary>Format of the products with weights; sums, norms, the router and log-probabilities stay float32.</summary>
    public Precision Precision { get; init; } = Precision.Float32;

    /// <summary>Groups of beams that avoid each other's codes when sessions are sampled. Default 1: plain beams.</summary>
    [Range(1, 4096)]
    public int BeamGroups { get; init; } = 1;

    /// <summary>What a code costs a later group for each beam of an earlier one that chose it. Default 0.5.</summary>
    [Range(0.0, 1e6)]
    public double DiversityPenalty { get; init; } = 0.5;

    /// <summary>When two sessions count as one. Default: when they have the same items, in whatever order.</summary>
    public SessionIdentity Identity { get; init; } = SessionIdentity.SameItems;

    /// <summary>
    /// Whether a session holds no item of the history that it answers. Default false: the paper does not say. On a feed that never
    /// shows a video twice it spares beams that would be worth nothing.
    /// </summary>
    public bool ExcludeSeen { get; init; }

    /// <summary>W, beams when a session is served. Default 16.</summary>
    [Range(1, 4096)]
    public int Beams { get; init; } = 16;

    /// <summary>Validation pairs that are looked at, evenly spread; 0 takes all.</summary>
    [Range(0, int.MaxValue)]
    public int ValidationCases { get; init; }

    /// <summary>The probability of illegal codes is measured in training after so many batches; 0 never. Default 50.</summary>
    [Range(0, 1_000_000)]
    public int MeasureIllegalEvery { get; init; } = 50;

    /// <summary>Where the values come from.</summary>
    public required string Source { get; init; }

    /// <summary>Checks every option.</summary>
    /// <exception cref="ArgumentException">Names the option, its value and what it may be.</exception>
    public void Validate()
    {
        OptionRanges.Check(this);
        if (Experts > 0 && ActiveExperts > Experts)
            throw new ArgumentException($"A token cannot go to {ActiveExperts} of {Experts} experts.");
    }

    /// <summary>The T5 of these sizes.</summary>
    /// <param name="vocabulary">Tokens: BOS and all codes.</param>
    public T5Options Sizes(int vocabulary) =>
        new()
        {
            Vocabulary = vocabulary,
            Width = Width,
            EncoderLayers = EncoderLayers,
            DecoderLayers = DecoderLayers,
            Heads = Heads,
            HeadWidth = HeadWidth,
            FeedForward = FeedForward,
            Experts = Experts,
            ActiveExperts = ActiveExperts,
            RenormaliseGates = RenormaliseGates,
            Dropout = Dropout,
            Precision = Precision,
        };
}

using System.ComponentModel.DataAnnotations;
using GenRec.Shared.Display;
using GenRec.Shared.Runtime;

namespace GenRec.Shared.Nn;

/// <summary>Sizes of a <see cref="T5"/>; the defaults are those of TIGER (arXiv:2305.05065): 4 + 4 layers of width 128.</summary>
public sealed record T5Options : RichRecord
{
    /// <summary>V, tokens of the shared vocabulary, special ones counted. Token 0 is padding and starts the decoder.</summary>
    [Range(2, int.MaxValue)]
    public required int Vocabulary { get; init; }

    /// <summary>D, width of a hidden state. Default 128.</summary>
    [Range(1, int.MaxValue)]
    public int Width { get; init; } = 128;

    /// <summary>Encoder layers; 0 leaves the embeddings as they are. Default 4.</summary>
    [Range(0, int.MaxValue)]
    public int EncoderLayers { get; init; } = 4;

    /// <summary>Decoder layers. Default 4.</summary>
    [Range(1, int.MaxValue)]
    public int DecoderLayers { get; init; } = 4;

    /// <summary>H, attention heads. Default 6.</summary>
    [Range(1, int.MaxValue)]
    public int Heads { get; init; } = 6;

    /// <summary>Width of one head; heads times this need not be D. Default 64.</summary>
    [Range(1, int.MaxValue)]
    public int HeadWidth { get; init; } = 64;

    /// <summary>Inner width of the feed-forward network. Default 1024.</summary>
    [Range(1, int.MaxValue)]
    public int FeedForward { get; init; } = 1024;

    /// <summary>Drop probability. Default 0.1.</summary>
    [Range(0.0, 1.0)]
    public double Dropout { get; init; } = 0.1;

    /// <summary>Buckets of relative distances. Default 32.</summary>
    [Range(4, int.MaxValue)]
    public int Buckets { get; init; } = 32;

    /// <summary>From this distance on all positions are alike. Default 128.</summary>
    [Range(2, int.MaxValue)]
    public int MaxDistance { get; init; } = 128;

    /// <summary>
    /// E, experts of each decoder layer's feed-forward network (<see cref="MixtureOfExperts"/>), each as wide as
    /// <see cref="FeedForward"/>; 0 leaves one network for all tokens. Default 0.
    /// </summary>
    [Range(0, 4096)]
    public int Experts { get; init; }

    /// <summary>K, experts that a token goes to; at most as many as there are. Default 2.</summary>
    [Range(1, 4096)]
    public int ActiveExperts { get; init; } = 2;

    /// <summary>Whether the gates of the chosen experts sum to 1. Default false, as OneRec's formula.</summary>
    public bool RenormaliseGates { get; init; }

    /// <summary>Whether the embedding table also makes the logits; hidden states are then scaled by D^-0.5. Default true.</summary>
    public bool TieOutput { get; init; } = true;

    /// <summary>Number format of the matrix products with weights. Default float32.</summary>
    public Precision Precision { get; init; } = Precision.Float32;

    /// <summary>Width of all heads together.</summary>
    internal int Inner => Heads * HeadWidth;

    /// <summary>Throws for the first option outside its range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Names the option, its value and the range.</exception>
    public void Validate()
    {
        OptionRanges.Check(this);
        if (Experts > 0 && ActiveExperts > Experts)
            throw new ArgumentOutOfRangeException(
                nameof(ActiveExperts),
                ActiveExperts,
                $"A token cannot go to {ActiveExperts} of {Experts} experts."
            );
        if (MaxDistance <= Buckets / 2)
            throw new ArgumentOutOfRangeException(
                nameof(MaxDistance),
                MaxDistance,
                $"MaxDistance is {MaxDistance}; the {Buckets / 2} exact buckets reach as far already, so it must be more."
            );
    }
}

using System.ComponentModel.DataAnnotations;
using GenRec.Shared.Display;
using GenRec.Shared.Nn;
using GenRec.Shared.Runtime;

namespace GenRec.Shared.Models;

/// <summary>Sizes of TIGER's generator, and what it is trained on. How long and how fast stands in the training options.</summary>
public sealed record TigerOptions : RichRecord
{
    /// <summary>D, the width of a hidden state. Default 128.</summary>
    [Range(1, 4096)]
    public int Width { get; init; } = 128;

    /// <summary>Encoder layers. Default 4.</summary>
    [Range(0, 64)]
    public int EncoderLayers { get; init; } = 4;

    /// <summary>Decoder layers. Default 4.</summary>
    [Range(1, 64)]
    public int DecoderLayers { get; init; } = 4;

    /// <summary>H, attention heads. Default 6.</summary>
    [Range(1, 64)]
    public int Heads { get; init; } = 6;

    /// <summary>Width of one head; heads times this need not be D. Default 64.</summary>
    [Range(1, 1024)]
    public int HeadWidth { get; init; } = 64;

    /// <summary>Inner width of the feed-forward networks. Default 1024.</summary>
    [Range(1, 65_536)]
    public int FeedForward { get; init; } = 1024;

    /// <summary>Share dropped of embeddings, attention weights, inner and outer activations, 0 to below 1. Default 0.1.</summary>
    [Range(0, 0.99)]
    public double Dropout { get; init; } = 0.1;

    /// <summary>n, the longest history in items; older ones are dropped. Default 20.</summary>
    [Range(1, 4096)]
    public int MaxItems { get; init; } = 20;

    /// <summary>
    /// Tokens that users are hashed to, the first of each input; 0 leaves users out. The paper takes 2,000 and gains nothing in
    /// recall (Table 8); GRID (arXiv:2507.22224) does best without.
    /// </summary>
    [Range(0, 10_000_000)]
    public int UserTokens { get; init; }

    /// <summary>Windows (a history and its next item) of a batch. Default 256.</summary>
    [Range(1, 1_000_000)]
    public int BatchSize { get; init; } = 256;

    /// <summary>
    /// Format of the products with weights; weights, sums, norms and optimizer stay float32. bfloat16 is taken only where it is
    /// faster (<see cref="Products.BFloat16Pays"/>).
    /// </summary>
    public Precision Precision { get; init; } = Precision.Float32;

    /// <summary>W, beams of a user when the model is measured. Default 20.</summary>
    [Range(1, 4096)]
    public int Beams { get; init; } = 20;

    /// <summary>Which tokens the search may choose; without the trie, invalid ids cost places and are counted.</summary>
    public Decoding.IdConstraint Constraint { get; init; } = Decoding.IdConstraint.Trie;

    /// <summary>Validation cases that are looked at, evenly spread over the users; 0 takes all.</summary>
    [Range(0, int.MaxValue)]
    public int ValidationCases { get; init; }

    /// <summary>Beams of a user at validation; fewer are quicker.</summary>
    [Range(1, 4096)]
    public int ValidationBeams { get; init; } = 20;

    /// <summary>Where the values come from.</summary>
    public required string Source { get; init; }

    /// <summary>Checks every option.</summary>
    /// <exception cref="ArgumentException">Names the option, its value and what it may be.</exception>
    public void Validate() => OptionRanges.Check(this);

    /// <summary>The T5 of these sizes.</summary>
    /// <param name="vocabulary">Tokens of padding, codes and users together.</param>
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
            Dropout = Dropout,
            Precision = Precision,
        };
}

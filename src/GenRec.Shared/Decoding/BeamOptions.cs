using System.ComponentModel.DataAnnotations;
using GenRec.Shared.Display;
using GenRec.Shared.Runtime;

namespace GenRec.Shared.Decoding;

/// <summary>Which tokens a search may choose.</summary>
public enum IdConstraint
{
    /// <summary>Tokens that lead to an allowed item: every id that comes out is an item's.</summary>
    Trie,

    /// <summary>Tokens in use on the level, whatever came before (LC-Rec, arXiv:2311.09049): ids may be no item's.</summary>
    LevelTokens,

    /// <summary>All tokens: ids may be no item's, and are counted.</summary>
    None,
}

/// <summary>How a beam search goes.</summary>
public sealed record BeamOptions : RichRecord
{
    /// <summary>W, beams of a user. At least as many as items are wanted; wider is slower and closer to exact. Default 20.</summary>
    [Range(1, 1 << 20)]
    public int Width { get; init; } = 20;

    /// <summary>Which tokens may be chosen. Default: the trie's.</summary>
    public IdConstraint Constraint { get; init; } = IdConstraint.Trie;

    /// <summary>
    /// Whether probabilities are shared among the legal tokens alone. Default false: the mask comes after a softmax over all tokens, so a
    /// score is the model's own log-probability of the id.
    /// </summary>
    public bool Renormalise { get; init; }

    /// <summary>Groups of beams that avoid each other's tokens; divides <see cref="Width"/>. Default 1: plain beam search.</summary>
    /// <remarks>Vijayakumar et al., "Diverse Beam Search", arXiv:1610.02424.</remarks>
    [Range(1, 1 << 20)]
    public int Groups { get; init; } = 1;

    /// <summary>Taken off a token's log-probability for each beam of an earlier group that chose it in this step. Default 0.5.</summary>
    [Range(0.0, double.MaxValue)]
    public double DiversityPenalty { get; init; } = 0.5;

    /// <summary>
    /// Power of the length that scores of ids of different lengths are divided by at the end. Default 0: scores are
    /// log-probabilities.
    /// </summary>
    [Range(0.0, double.MaxValue)]
    public double LengthPenalty { get; init; }

    /// <summary>Throws for the first option outside its range.</summary>
    /// <exception cref="ArgumentException">Names the option, its value and the range.</exception>
    public void Validate()
    {
        OptionRanges.Check(this);
        if (Width % Groups != 0)
            throw new ArgumentException($"{Width} beams do not make {Groups} groups of one size.", nameof(Groups));
    }
}

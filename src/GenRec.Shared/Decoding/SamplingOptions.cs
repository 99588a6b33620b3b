using System.ComponentModel.DataAnnotations;
using GenRec.Shared.Display;
using GenRec.Shared.Runtime;

namespace GenRec.Shared.Decoding;

/// <summary>How ids are drawn.</summary>
public sealed record SamplingOptions : RichRecord
{
    /// <summary>Ids drawn for each user. Default 10.</summary>
    [Range(1, 1 << 20)]
    public int Samples { get; init; } = 10;

    /// <summary>Logits are divided by it: above 1 lists get more diverse, below 1 closer to the mode. Default 1.</summary>
    [Range(1e-6, double.MaxValue)]
    public double Temperature { get; init; } = 1;

    /// <summary>Only the likeliest tokens that hold this share of the probability may be drawn. Default 1: all.</summary>
    [Range(1e-6, 1.0)]
    public double TopP { get; init; } = 1;

    /// <summary>Which tokens may be drawn. Default: the trie's.</summary>
    public IdConstraint Constraint { get; init; } = IdConstraint.Trie;

    /// <summary>
    /// Whether all ids of a user differ: stochastic beams by Gumbel top-k (Kool et al., arXiv:1903.06059) in place of independent draws.
    /// Default false.
    /// </summary>
    public bool WithoutReplacement { get; init; }

    /// <summary>Seed of the draws; one seed gives one result on one kind of device.</summary>
    public long Seed { get; init; } = 1;

    /// <summary>Throws for the first option outside its range.</summary>
    /// <exception cref="ArgumentException">Names the option, its value and the range, or the options that exclude each other.</exception>
    public void Validate()
    {
        OptionRanges.Check(this);
        if (WithoutReplacement && TopP < 1)
            throw new ArgumentException("TopP cuts single draws; ids without replacement are drawn from all tokens.");
    }
}

using System.ComponentModel.DataAnnotations;
using GenRec.Shared.Display;
using GenRec.Shared.Runtime;

namespace GenRec.Shared.SemanticIds.Neural;

/// <summary>How codebooks learn.</summary>
public enum CodebookUpdate
{
    /// <summary>By the gradient of <c>|sg(r_l) - e|^2</c>, van den Oord et al., NeurIPS 2017.</summary>
    Gradient,

    /// <summary>By running means of the residuals that chose a code, kakaobrain/rq-vae-transformer and SoundStream.</summary>
    MovingAverage,
}

/// <summary>How the gradient passes the choice of a code.</summary>
public enum GradientPath
{
    /// <summary>As if the chosen vectors were the latent vector itself, applied to their sum.</summary>
    StraightThrough,

    /// <summary>As if the latent vector had been rotated and scaled onto the sum (Fifty et al., ICLR 2025, arXiv:2410.06424).</summary>
    Rotation,

    /// <summary>Through a softmax over distances with Gumbel noise; the codes themselves stay the nearest ones.</summary>
    Gumbel,
}

/// <summary>What a level hands on to the next during training.</summary>
public enum ResidualGradient
{
    /// <summary>
    /// <c>r - sg(e)</c>: every level's commitment term reaches the encoder. As <c>r_l - sg(e_l)</c> is then the latent vector minus
    /// the sum of all codes so far, these terms are the cumulative commitment <c>|z - sg(e_1 + .. + e_l)|^2</c> of Lee et al.
    /// (CVPR 2022) and kakaobrain/rq-vae-transformer.
    /// </summary>
    EveryLevel,

    /// <summary>
    /// <c>r</c> minus the level's straight-through output, as LC-Rec and EdoardoBotta/RQ-VAE-Recommender write it: the gradient
    /// of later levels vanishes, only level 1's commitment term reaches the encoder.
    /// </summary>
    FirstLevelOnly,
}

/// <summary>How squared errors are summed up; the commitment weight means another thing under each.</summary>
public enum LossScale
{
    /// <summary>Sum over the columns, mean over the items, sum over the levels: the formulas of the papers.</summary>
    Sum,

    /// <summary>Mean over everything, mean over the levels, as LC-Rec's code computes it.</summary>
    Mean,
}

/// <summary>Sizes and variants of RQ-VAE. How long and how fast stands in the training options.</summary>
public sealed record RqVaeOptions : RichRecord
{
    /// <summary>Widths between input and latent vector; the decoder mirrors them.</summary>
    public IReadOnlyList<int> Hidden { get; init; } = [512, 256, 128]; // TIGER, arXiv:2305.05065

    /// <summary>d, the width of latent vectors and codes. At least 1.</summary>
    [Range(1, 65_536)]
    public int Latent { get; init; } = 32; // TIGER

    /// <summary>m, codes of an id.</summary>
    [Range(1, 64)]
    public int Levels { get; init; } = 3; // TIGER

    /// <summary>K, codes of each level.</summary>
    [Range(2, 1_000_000)]
    public int Codes { get; init; } = 256; // TIGER

    /// <summary>
    /// One codebook for all levels, as in kakaobrain/rq-vae-transformer and CoST (arXiv:2404.14774): fewer numbers, and residuals that
    /// get shorter level by level must find short codes in it.
    /// </summary>
    public bool SharedCodebook { get; init; }

    /// <summary>beta, the weight of the commitment terms. 0 to 100.</summary>
    [Range(0.0, 100.0)]
    public double Commitment { get; init; } = 0.25; // TIGER

    /// <summary>How codebooks learn.</summary>
    public CodebookUpdate Update { get; init; } = CodebookUpdate.Gradient;

    /// <summary>gamma of the running means, 0 to below 1.</summary>
    [Range(0.0, 0.999999)]
    public double Decay { get; init; } = 0.99; // kakaobrain/rq-vae-transformer

    /// <summary>How the gradient passes the choice of a code.</summary>
    public GradientPath Path { get; init; } = GradientPath.StraightThrough;

    /// <summary>Temperature of the Gumbel softmax. Above 0.</summary>
    [Range(1e-6, 1e6)]
    public double Temperature { get; init; } = 0.2;

    /// <summary>What a level hands on to the next.</summary>
    public ResidualGradient Residual { get; init; } = ResidualGradient.EveryLevel;

    /// <summary>How squared errors are summed up.</summary>
    public LossScale Scale { get; init; } = LossScale.Sum;

    /// <summary>Start codebooks from k-means on the latent vectors, level after level; else from small random numbers.</summary>
    public bool KMeansStart { get; init; } = true;

    /// <summary>
    /// Bound the cluster sizes of that k-means as LETTER does (arXiv:2405.07314; its models/vq.py): n items of k codes make clusters of
    /// at least <c>min(n / (2 k), 50)</c> and at most four times as many items. Takes some seconds a level.
    /// </summary>
    public bool BoundedStart { get; init; }

    /// <summary>Items that k-means looks at; 0 takes all. TIGER takes the first batch, LETTER all items.</summary>
    [Range(0, int.MaxValue)]
    public int KMeansItems { get; init; }

    /// <summary>Give unused codes a new place every so many updates; 0 never does.</summary>
    [Range(0, int.MaxValue)]
    public int ResetEverySteps { get; init; }

    /// <summary>A code chosen fewer times than this since the last look is unused.</summary>
    [Range(1, int.MaxValue)]
    public int ResetBelow { get; init; } = 1;

    /// <summary>Softness of Sinkhorn's balanced choice on the last level in training, 0 to choose the nearest code.</summary>
    [Range(0.0, 100.0)]
    public double LastLevelEpsilon { get; init; } // LC-Rec: 0.003

    /// <summary>The same on all other levels.</summary>
    [Range(0.0, 100.0)]
    public double OtherLevelsEpsilon { get; init; } // LC-Rec: 0

    /// <summary>Pairs of Sinkhorn's scalings.</summary>
    [Range(1, 100_000)]
    public int SinkhornRounds { get; init; } = 50; // LC-Rec

    /// <summary>
    /// alpha, the weight of LETTER's collaborative term (arXiv:2405.07314): the code sum of an item is to tell its vector of users'
    /// behaviour from those of the batch. Needs <see cref="FitOptions.Collaborative"/> of width <see cref="Latent"/>; 0 leaves it out.
    /// </summary>
    [Range(0.0, 100.0)]
    public double Collaborative { get; init; } // LETTER: 0.02; its scripts 0.01 and 0.1

    /// <summary>What the collaborative term moves.</summary>
    public CollaborativeGradient CollaborativeReaches { get; init; } = CollaborativeGradient.Encoder;

    /// <summary>beta, the weight of LETTER's diversity term, which draws codes of a group together and groups apart; 0 leaves it out.</summary>
    [Range(0.0, 100.0)]
    public double Diversity { get; init; } // LETTER: 1e-4

    /// <summary>Groups of codes for the diversity term; each needs four codes of the K on average.</summary>
    [Range(2, 1_000_000)]
    public int DiversityGroups { get; init; } = 10; // LETTER

    /// <summary>Epochs after which the codes are grouped anew.</summary>
    [Range(1, 1_000_000)]
    public int RegroupEveryEpochs { get; init; } = 1; // LETTER

    /// <summary>Share dropped of hidden values in training, 0 to below 1.</summary>
    [Range(0.0, 0.99)]
    public double Dropout { get; init; }

    /// <summary>Items in a batch.</summary>
    [Range(1, 10_000_000)]
    public int BatchSize { get; init; } = 1024; // TIGER

    /// <summary>
    /// Format of the layers' products in training; weights, sums, losses and codes stay float32. bfloat16 is taken only where
    /// it is faster (<see cref="Products.BFloat16Pays"/>).
    /// </summary>
    public Precision Precision { get; init; } = Precision.BFloat16;

    /// <summary>Where the values come from.</summary>
    public string Source { get; init; } = "Rajput et al., NeurIPS 2023 (TIGER), RQ-VAE; bfloat16 products ours";

    /// <summary>Checks every option and their agreement.</summary>
    /// <exception cref="ArgumentException">Names the option, its value and what it may be.</exception>
    public void Validate()
    {
        OptionRanges.Check(this);
        if (Hidden.FirstOrDefault(width => width < 1, 1) is < 1 and var wrong)
            throw new ArgumentException($"RQ-VAE options: a hidden layer of width {wrong} holds nothing.");
        if (BoundedStart && !KMeansStart)
            throw new ArgumentException("RQ-VAE options: BoundedStart bounds the k-means that KMeansStart leaves out.");
        if (Path == GradientPath.Gumbel && Update == CodebookUpdate.MovingAverage)
            throw new ArgumentException(
                "RQ-VAE options: Gumbel trains codebooks by gradient; MovingAverage would leave its softmax without one."
            );
        if (Update == CodebookUpdate.MovingAverage && Diversity > 0)
            throw new ArgumentException(
                "RQ-VAE options: Diversity moves codebooks by gradient; MovingAverage gives them none."
            );
        if (
            Update == CodebookUpdate.MovingAverage
            && Collaborative > 0
            && CollaborativeReaches != CollaborativeGradient.Encoder
        )
            throw new ArgumentException(
                $"RQ-VAE options: CollaborativeReaches is {CollaborativeReaches}, but MovingAverage gives codebooks no gradient; "
                    + "only Encoder goes with it."
            );
        if (Diversity > 0 && Codes < 4 * DiversityGroups)
            throw new ArgumentException(
                $"RQ-VAE options: {DiversityGroups} groups of {Codes} codes leave some code alone in its group; take at most "
                    + $"{Codes / 4} groups (DiversityGroups)."
            );
    }

    /// <summary>Softness of each level, see <see cref="LastLevelEpsilon"/>.</summary>
    internal double EpsilonOf(int level) => level == Levels - 1 ? LastLevelEpsilon : OtherLevelsEpsilon;

    /// <summary>All values as one text, part of a checkpoint's identity.</summary>
    internal string Describe() => $"{this with { Hidden = [] }} Hidden {string.Join('-', Hidden)}";
}

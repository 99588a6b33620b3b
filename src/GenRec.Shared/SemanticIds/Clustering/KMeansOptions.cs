using System.ComponentModel.DataAnnotations;
using GenRec.Shared.Data.Importers;
using GenRec.Shared.Display;
using GenRec.Shared.Runtime;

namespace GenRec.Shared.SemanticIds.Clustering;

/// <summary>How k-means searches.</summary>
public sealed record KMeansOptions : RichRecord
{
    /// <summary>Most rounds of assigning and averaging. At least 1.</summary>
    [Range(1, 100_000)]
    public int Rounds { get; init; } = 20;

    /// <summary>Stop when a round lowers the sum of squared distances by less than this share. 0 to 1.</summary>
    [Range(0.0, 1.0)]
    public double Tolerance { get; init; } = 1e-4;

    /// <summary>
    /// Points a cluster that the first centres are drawn from (k-means++, Arthur and Vassilvitskii, SODA 2007): more costs
    /// time, and beyond some ten changes little. At least 1.
    /// </summary>
    [Range(1, 1_000_000)]
    public int SeedingPoints { get; init; } = 16;

    /// <summary>Equal cluster sizes, as OneRec wants them (arXiv:2502.18965, Algorithm 1).</summary>
    public bool Balanced { get; init; }

    /// <summary>How clusters of equal size share the points out. Default: the paper's way.</summary>
    public BalancedOrder Order { get; init; }

    /// <summary>
    /// Fewest points of a cluster; 0 sets no bound. With bounds each round finds the cheapest assignment that keeps them, as
    /// LETTER's start of codebooks does (arXiv:2405.07314).
    /// </summary>
    [Range(0, int.MaxValue)]
    public int FewestPoints { get; init; }

    /// <summary>Most points of a cluster; 0 sets no bound.</summary>
    [Range(0, int.MaxValue)]
    public int MostPoints { get; init; }

    /// <summary>Whether a bound is set.</summary>
    internal bool IsBounded => FewestPoints > 0 || MostPoints > 0;

    /// <summary>Checks every option and their agreement.</summary>
    /// <exception cref="ArgumentException">Names the options and what they may be.</exception>
    internal void Validate()
    {
        OptionRanges.Check(this);
        if (Balanced && IsBounded)
            throw new ArgumentException(
                "k-means options: Balanced makes all clusters equal; it takes no bounds besides."
            );
        if (MostPoints > 0 && FewestPoints > MostPoints)
            throw new ArgumentException(
                $"k-means options: FewestPoints {FewestPoints} is above MostPoints {MostPoints}."
            );
    }
}

/// <summary>Clusters of points.</summary>
/// <param name="Centres"><c>[k, d]</c>.</param>
/// <param name="Labels">The cluster of each point, <c>[n]</c>.</param>
/// <param name="Inertia">Sum of squared distances to the own centre.</param>
/// <param name="Rounds">Rounds made.</param>
public sealed record KMeansResult(EmbeddingMatrix Centres, int[] Labels, double Inertia, int Rounds) : RichRecord;

using System.ComponentModel.DataAnnotations;
using System.Diagnostics;
using GenRec.Shared.Data.Importers;
using GenRec.Shared.Display;
using GenRec.Shared.Runtime;
using GenRec.Shared.SemanticIds.Clustering;
using static TorchSharp.torch;

namespace GenRec.Shared.SemanticIds;

/// <summary>Sizes and variants of residual k-means.</summary>
public sealed record ResidualKMeansOptions : RichRecord
{
    /// <summary>Codes of an id. At least 1.</summary>
    [Range(1, 64)]
    public int Levels { get; init; } = 3;

    /// <summary>Codes of each level. At least 2.</summary>
    [Range(2, 1_000_000)]
    public int Codes { get; init; } = 256;

    /// <summary>Scale each residual to length 1 before the next level, as GRID's configuration does.</summary>
    public bool NormaliseResiduals { get; init; }

    /// <summary>How each level is clustered; <see cref="KMeansOptions.Balanced"/> makes it OneRec's.</summary>
    public KMeansOptions Clustering { get; init; } = new();

    /// <summary>Where the values come from.</summary>
    public string Source { get; init; } =
        "3 x 256 as TIGER; GRID (snap-research/GRID) fits k-means a level on residuals";
}

/// <summary>Residual k-means: k-means on the vectors, then on what it left over, level after level.</summary>
/// <remarks>
/// RQ-Kmeans of the OneRec technical report (arXiv:2506.13695) and RK-means of GRID; with equal cluster sizes
/// (<see cref="KMeansOptions.Balanced"/>) Algorithm 1 of OneRec (arXiv:2502.18965). Items that were not learned from get
/// the nearest code of each level, in the balanced form too; those that were keep their place in the equal clusters.
/// </remarks>
public sealed class ResidualKMeans : RichObject, IQuantiser
{
    private readonly ResidualKMeansOptions options;

    /// <summary>Takes sizes and variants.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of range.</exception>
    public ResidualKMeans(ResidualKMeansOptions? options = null)
    {
        this.options = options ?? new ResidualKMeansOptions();
        OptionRanges.Check(this.options);
    }

    /// <inheritdoc/>
    public string Method =>
        $"{(options.Clustering.Balanced ? "balanced " : "")}rq-kmeans {options.Levels}x{options.Codes}";

    /// <inheritdoc/>
    public QuantiserFit Fit(EmbeddingMatrix embeddings, FitOptions? options = null)
    {
        var (clock, fitting) = (Stopwatch.StartNew(), options ?? new FitOptions());
        var learned = FitSteps.Check(embeddings, this.options.Codes, fitting);
        var (codec, codes) = Learn(learned, fitting);
        if (learned != embeddings)
            codes = AssignAll(codec, codes, embeddings, fitting);
        return FitSteps.Finish(this, embeddings, fitting, codec, codes, clock);
    }

    private int[] AssignAll(ResidualCodebooks codec, int[] learned, EmbeddingMatrix embeddings, FitOptions fitting)
    {
        var codes = codec.Assign(embeddings);
        if (!options.Clustering.Balanced || fitting.LearnFrom is not { } items)
            return codes; // the nearest code is the one that was learned
        var levels = options.Levels;
        for (var row = 0; row < items.Count; row++)
            learned.AsSpan(row * levels, levels).CopyTo(codes.AsSpan((items[row] - 1) * levels));
        return codes;
    }

    private (ResidualCodebooks Codec, int[] Codes) Learn(EmbeddingMatrix learned, FitOptions fitting)
    {
        using var none = no_grad();
        using var scope = NewDisposeScope();
        var (levels, width) = (options.Levels, learned.Columns);
        var random = new CounterRandom((ulong)fitting.Seed).Fork("residual k-means");
        var residual = NearestCodes.ToTensor(learned.Values, learned.Rows, width);
        var values = NearestCodes.Floats(residual);
        var (books, codes) = (new List<EmbeddingMatrix>(), new int[learned.Rows * levels]);
        for (var level = 0; level < levels; level++)
        {
            fitting.Cancellation.ThrowIfCancellationRequested();
            var clusters = KMeans.Fit(residual, options.Codes, random.Fork($"level {level}"), options.Clustering);
            books.Add(clusters.Centres);
            for (var row = 0; row < learned.Rows; row++)
            {
                var code = clusters.Labels[row];
                codes[row * levels + level] = code;
                NearestCodes.Subtract(values.Slice(row * width, width), clusters.Centres[code]);
                if (options.NormaliseResiduals)
                    ResidualCodebooks.ScaleToLengthOne(values.Slice(row * width, width));
            }
            fitting.Progress?.Report(
                new FitProgress(
                    (level + 1.0) / levels,
                    $"level {level + 1} of {levels}: {clusters.Rounds} rounds, mean squared error "
                        + $"{clusters.Inertia / learned.Rows:G4}"
                )
            );
        }
        return (new ResidualCodebooks(books, options.NormaliseResiduals), codes);
    }
}

using System.ComponentModel.DataAnnotations;
using GenRec.Shared.Display;

namespace GenRec.Shared.Text;

/// <summary>Sizes and variants of TF-IDF with truncated singular value decomposition.</summary>
public sealed record TfIdfOptions : RichRecord
{
    /// <summary>Columns of the vectors. At least 1; fewer where the texts do not span as many.</summary>
    [Range(1, 8192)]
    public int Width { get; init; } = 256;

    /// <summary>Texts a term must occur in. At least 1.</summary>
    [Range(1, int.MaxValue)]
    public int LeastTexts { get; init; } = 2;

    /// <summary>Share of texts above which a term says nothing. Above 0, at most 1.</summary>
    [Range(1e-9, 1.0)]
    public double MostShare { get; init; } = 0.4;

    /// <summary>Most terms; the most frequent are kept.</summary>
    [Range(1, 10_000_000)]
    public int MostTerms { get; init; } = 50_000;

    /// <summary>Pairs of neighbouring words are terms too.</summary>
    public bool Pairs { get; init; } = true;

    /// <summary>Products with the matrix and back after the first: more are closer to the exact decomposition. 0 to 20.</summary>
    [Range(0, 20)]
    public int PowerRounds { get; init; } = 3;

    /// <summary>Columns beyond the wanted ones in the random projection.</summary>
    [Range(0, 1000)]
    public int Oversampling { get; init; } = 16;

    /// <summary>Seed of the random projection.</summary>
    public long Seed { get; init; } = 1;
}

using GenRec.Shared.Data.Importers;
using GenRec.Shared.Display;

namespace GenRec.Shared.SemanticIds.Measures;

/// <summary>How good ids are by themselves, before any recommender uses them; the same measures for ours and for published sets.</summary>
public sealed class SemanticIdReport : RichValue
{
    private SemanticIdReport(string name, SemanticIdTable ids, SemanticIdEvidence evidence)
    {
        (Name, Ids) = (name, ids);
        Levels = [.. Enumerable.Range(0, ids.Levels).Select(level => CodeUsage.Of(ids, level))];
        Final = CollisionCounts.Of(ids);
        Before = evidence.Collisions?.Before ?? CollisionCounts.Of(ids, ids.ContentLevels);
        TuplePerplexity = CodeUsage.PerplexityOf(ids.Label(ids.Levels).Counts);
        if (evidence.Vectors is { } vectors)
        {
            Explained = SemanticIdMeasures.Explained(ids, vectors);
            NeighbourShare = SemanticIdMeasures.Neighbours(ids, vectors, evidence);
            if (ids.Structure != CodeStructure.Product)
                PrefixCosine = SemanticIdMeasures.PrefixCosine(ids, vectors, evidence);
            if (evidence.Codec is { CanReconstruct: true } codec)
                ReconstructionError = ErrorOf(codec, ids, vectors);
        }
        if (evidence.Categories is { } categories)
            CategoryAgreement =
            [
                .. Enumerable
                    .Range(0, ids.ContentLevels)
                    .Select(level =>
                        SemanticIdMeasures.MutualInformation(
                            ids.Structure == CodeStructure.Tree
                                ? ids.Label(level + 1).Labels
                                : SemanticIdMeasures.Column(ids, level),
                            categories
                        )
                    ),
            ];
    }

    /// <summary>What the ids are called in tables.</summary>
    public string Name { get; }

    /// <summary>The ids.</summary>
    public SemanticIdTable Ids { get; }

    /// <summary>How each level is used.</summary>
    public IReadOnlyList<CodeUsage> Levels { get; }

    /// <summary>Collisions of the ids as they are.</summary>
    public CollisionCounts Final { get; }

    /// <summary>Collisions before repair: as the quantiser told, or without the level that only numbers equal codes.</summary>
    public CollisionCounts Before { get; }

    /// <summary><c>exp</c> of the entropy of whole tuples, <c>1..N</c>.</summary>
    public double TuplePerplexity { get; }

    /// <summary>Share of the tuples that could be spelled that some item has: what unconstrained decoding hits by luck.</summary>
    public double LegalShare => Ids.TupleCount / Ids.Capacity;

    /// <summary>Share of the vectors' variance that the first levels explain with refitted codebooks; null without vectors.</summary>
    public IReadOnlyList<double>? Explained { get; }

    /// <summary>
    /// Squared error of the codec's own reconstruction from these ids over the vectors' variance; null without a codec that has a
    /// way back.
    /// </summary>
    public double? ReconstructionError { get; }

    /// <summary>Normalised mutual information of each level (in a tree: each prefix) with the category; null without categories.</summary>
    public IReadOnlyList<double>? CategoryAgreement { get; }

    /// <summary>Share of nearest neighbours by vector that are nearest by id too; null without vectors.</summary>
    public double? NeighbourShare { get; }

    /// <summary>Mean cosine of pairs sharing 0, 1, 2 ... leading codes; null without vectors, or where codes have no order.</summary>
    public IReadOnlyList<double>? PrefixCosine { get; }

    /// <summary>Measures ids.</summary>
    /// <param name="name">What they are called in tables.</param>
    /// <param name="ids">The ids.</param>
    /// <param name="evidence">What to compare them with.</param>
    /// <exception cref="ArgumentException">The evidence is about another number of items, or holds numbers that are not finite.</exception>
    public static SemanticIdReport Of(string name, SemanticIdTable ids, SemanticIdEvidence? evidence = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(ids);
        evidence ??= new SemanticIdEvidence();
        if (evidence.Vectors is { } vectors)
        {
            if (vectors.Rows != ids.ItemCount)
                throw new ArgumentException(
                    $"There are {vectors.Rows} vectors for {ids.ItemCount} items.",
                    nameof(evidence)
                );
            FitSteps.RequireFinite(vectors);
        }
        if (evidence.Categories is { } categories && categories.Count != ids.ItemCount)
            throw new ArgumentException(
                $"There are {categories.Count} categories for {ids.ItemCount} items.",
                nameof(evidence)
            );
        return new SemanticIdReport(name, ids, evidence);
    }

    /// <summary>All measures by name, as records keep them; levels count from 1.</summary>
    public IReadOnlyDictionary<string, double> Metrics()
    {
        var metrics = new Dictionary<string, double>
        {
            ["levels"] = Ids.Levels,
            ["tuples"] = Final.Tuples,
            ["collision-rate-before"] = Before.Rate,
            ["shared-items-before"] = Before.SharedItems,
            ["largest-group-before"] = Before.LargestGroup,
            ["collision-rate"] = Final.Rate,
            ["shared-items"] = Final.SharedItems,
            ["largest-group"] = Final.LargestGroup,
            ["tuple-perplexity"] = TuplePerplexity,
            ["legal-share"] = LegalShare,
        };
        foreach (var level in Levels)
        {
            metrics[$"usage-{level.Level + 1}"] = level.Usage;
            metrics[$"perplexity-{level.Level + 1}"] = level.Perplexity;
            metrics[$"balance-{level.Level + 1}"] = level.Balance;
        }
        Add("explained", Explained);
        Add("category-nmi", CategoryAgreement);
        if (NeighbourShare is { } share)
            metrics["neighbour-share"] = share;
        if (ReconstructionError is { } error)
            metrics["reconstruction-error"] = error;
        for (var depth = 0; depth < PrefixCosine?.Count; depth++)
            if (double.IsFinite(PrefixCosine[depth]))
                metrics[$"prefix-cosine-{depth}"] = PrefixCosine[depth];
        return metrics;

        void Add(string name, IReadOnlyList<double>? values)
        {
            for (var level = 0; level < values?.Count; level++)
                metrics[$"{name}-{level + 1}"] = values[level];
        }
    }

    /// <summary>One row a level.</summary>
    public Table LevelTable() =>
        new Table(
            [
                "level",
                "codes",
                new("used", "P1"),
                new("perplexity", "F1"),
                new("balance", "P1"),
                new("in top tenth", "P1"),
                new("variance explained", "P1"),
                new("NMI with category", "F3"),
                new("cosine of sharers", "F3"),
            ],
            [
                .. Levels.Select(level =>
                    (object?[])
                        [
                            level.Level >= Ids.ContentLevels ? "number" : $"{level.Level + 1}",
                            level.Size,
                            level.Usage,
                            level.Perplexity,
                            level.Balance,
                            level.TopShare,
                            At(Explained, level.Level),
                            At(CategoryAgreement, level.Level),
                            At(PrefixCosine, level.Level + 1),
                        ]
                ),
            ]
        )
        {
            MaxRows = Levels.Count,
            Caption =
                "Variance explained is cumulative, with codebooks refitted to the ids; sharers agree in all codes up to the level.",
        }.Titled(Heading());

    /// <summary>Several sets side by side, one row each.</summary>
    public static Table Compare(IReadOnlyList<SemanticIdReport> reports)
    {
        ArgumentNullException.ThrowIfNull(reports);
        return Table
            .Of(
                reports,
                ("ids", report => report.Name),
                ("levels", report => report.SizesText()),
                (new("least used level", "P1"), report => report.ContentUsage().Min(level => level.Usage)),
                (
                    new("lowest perplexity / size", "P1"),
                    report => report.ContentUsage().Min(level => level.Perplexity / level.Size)
                ),
                (new("collisions before", "P2"), report => report.Before.Rate),
                ("largest group", report => report.Before.LargestGroup),
                (new("collisions now", "P2"), report => report.Final.Rate),
                (new("legal tuples", "G2"), report => report.LegalShare),
                (new("explained", "P1"), report => report.Explained?[^1]),
                (new("reconstruction error", "P1"), report => report.ReconstructionError),
                (new("NMI level 1", "F3"), report => report.CategoryAgreement?[0]),
                (new("neighbours kept", "P1"), report => report.NeighbourShare)
            )
            .Top(Math.Max(1, reports.Count))
            .Titled(
                "Semantic ids side by side",
                "Collisions are (N - different tuples) / N; before: without repair or number level where that is known. Explained: share "
                    + "of the vectors' variance, codebooks refitted to the ids. Neighbours kept: share of the nearest by vector that are "
                    + "nearest by id."
            );
    }

    /// <inheritdoc/>
    public override string ToHtml() => LevelTable().ToHtml();

    /// <inheritdoc/>
    public override string ToText() => LevelTable().ToText();

    private IEnumerable<CodeUsage> ContentUsage() => Levels.Take(Ids.ContentLevels);

    private string SizesText()
    {
        var sizes = Ids.CodebookSizes[..Ids.ContentLevels].ToArray();
        var text = sizes.Distinct().Count() == 1 ? $"{sizes.Length} x {sizes[0]}" : string.Join(" x ", sizes);
        return Ids.IsNumbered ? $"{text} + number" : text;
    }

    private string Heading() =>
        $"{Name}: {Ids.ItemCount:N0} items, collisions {Before.Rate:P2} before and {Final.Rate:P2} after repair, largest group "
        + $"{Before.LargestGroup}"
        + (NeighbourShare is { } share ? $", {share:P1} of neighbours kept" : "");

    private static double ErrorOf(ICodec codec, SemanticIdTable ids, EmbeddingMatrix vectors)
    {
        var levels = codec.CodebookSizes.Count;
        var codes = new int[ids.ItemCount * levels];
        for (var row = 0; row < ids.ItemCount; row++)
            ids[row + 1][..levels].CopyTo(codes.AsSpan(row * levels)); // without a level that only numbers
        var rebuilt = codec.Reconstruct(codes);
        var means = new double[vectors.Columns];
        for (var row = 0; row < vectors.Rows; row++)
        for (var column = 0; column < means.Length; column++)
            means[column] += vectors[row][column] / (double)vectors.Rows;
        var (error, spread) = (0.0, 0.0);
        for (var row = 0; row < vectors.Rows; row++)
        {
            var given = vectors[row];
            var made = rebuilt[row];
            for (var column = 0; column < means.Length; column++)
            {
                error += Math.Pow(given[column] - made[column], 2);
                spread += Math.Pow(given[column] - means[column], 2);
            }
        }
        return spread == 0 ? 0 : error / spread;
    }

    private static double? At(IReadOnlyList<double>? values, int at) =>
        at < values?.Count && double.IsFinite(values[at]) ? values[at] : null;
}

using GenRec.Shared.Data.Importers;
using GenRec.Shared.SemanticIds.Measures;
using static TorchSharp.torch;

namespace GenRec.Shared.SemanticIds.Neural;

/// <summary>What a validation of RQ-VAE tells of its codes; cheap beside encoding all items.</summary>
internal sealed class RqVaeMetrics
{
    private readonly EmbeddingMatrix vectors;
    private readonly SemanticIdEvidence evidence;
    private Neighbourhood? near; // found at the first validation; it does not change

    /// <summary>Takes what codes are compared with.</summary>
    /// <param name="vectors">One vector an item.</param>
    /// <param name="categories">A category of each, <c>[N]</c>; null where none are known.</param>
    /// <exception cref="ArgumentException">There are not as many categories as items.</exception>
    public RqVaeMetrics(EmbeddingMatrix vectors, IReadOnlyList<int>? categories)
    {
        if (categories is not null && categories.Count != vectors.Rows)
            throw new ArgumentException(
                $"There are {categories.Count} categories for {vectors.Rows} items.",
                nameof(categories)
            );
        this.vectors = vectors;
        evidence = new SemanticIdEvidence { Categories = categories, Sample = 256 };
    }

    /// <summary>All metrics by name, those of whole tuples first.</summary>
    /// <param name="ids">The codes that the items get now.</param>
    /// <param name="explained">Share of the vectors' variance that reconstruction keeps.</param>
    /// <param name="left">Share of the latent vectors' variance that the levels so far leave, <c>[levels]</c>.</param>
    /// <param name="items">The vectors as a tensor, <c>[N, D]</c>, where the model computes.</param>
    public IReadOnlyDictionary<string, double> Of(SemanticIdTable ids, double explained, double[] left, Tensor items)
    {
        near ??= Neighbourhood.Of(items, evidence);
        var levels = Enumerable.Range(0, ids.Levels).Select(level => CodeUsage.Of(ids, level)).ToArray();
        var tuples = ids.Label(ids.Levels).Counts;
        var collisions = CollisionCounts.Of(ids.ItemCount, tuples);
        var metrics = new Dictionary<string, double>
        {
            ["explained"] = explained,
            ["unique"] = collisions.Tuples / (double)collisions.Items,
            ["usage"] = levels.Min(level => level.Usage),
            ["perplexity"] = levels.Min(level => level.Perplexity / level.Size),
            ["collision-rate"] = collisions.Rate,
            ["shared-items"] = collisions.SharedItems,
            ["largest-group"] = collisions.LargestGroup,
            ["tuple-perplexity"] = CodeUsage.PerplexityOf(tuples),
            ["neighbour-share"] = SemanticIdMeasures.Neighbours(ids, near),
        };
        foreach (var level in levels)
        {
            var number = level.Level + 1;
            metrics[$"usage-{number}"] = level.Usage;
            metrics[$"perplexity-{number}"] = level.Perplexity / level.Size;
            metrics[$"balance-{number}"] = level.Balance;
            metrics[$"latent-error-{number}"] = left[level.Level];
            if (evidence.Categories is { } categories)
                metrics[$"category-nmi-{number}"] = SemanticIdMeasures.MutualInformation(
                    SemanticIdMeasures.Column(ids, level.Level),
                    categories
                );
        }
        var cosines = SemanticIdMeasures.PrefixCosine(ids, vectors, evidence);
        for (var depth = 0; depth < cosines.Length; depth++)
            if (double.IsFinite(cosines[depth])) // NaN where no sampled item shares a prefix
                metrics[$"prefix-cosine-{depth}"] = cosines[depth];
        return metrics;
    }
}

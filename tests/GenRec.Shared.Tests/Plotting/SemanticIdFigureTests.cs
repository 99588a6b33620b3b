using GenRec.Shared.Plotting;
using GenRec.Shared.SemanticIds;
using GenRec.Shared.SemanticIds.Measures;
using GenRec.Shared.Tests.SemanticIds;

namespace GenRec.Shared.Tests.Plotting;

public class SemanticIdFigureTests
{
    [Fact]
    public void EveryFigureOfIdsHoldsTheirNumbers()
    {
        var vectors = Clouds.Around(10, 80, 6);
        using var fit = new ResidualKMeans(new() { Levels = 2, Codes = 6 }).Fit(vectors);
        var categories = Enumerable.Range(0, 80).Select(row => row % 3).ToArray();
        var report = SemanticIdReport.Of("ours", fit.Ids, new() { Vectors = vectors, Collisions = fit.Collisions });
        Assert.Contains("level 2", SemanticIdFigures.CodeFrequencies(fit.Ids).ToHtml(), StringComparison.Ordinal);
        Assert.Contains("ours", SemanticIdFigures.Perplexity([report]).ToHtml(), StringComparison.Ordinal);
        Assert.Contains("after", SemanticIdFigures.Collisions([report]).ToHtml(), StringComparison.Ordinal);
        Assert.Contains("ours", SemanticIdFigures.PrefixCosine([report]).ToHtml(), StringComparison.Ordinal);
        var map = SemanticIdFigures.CategoryHeatMap(fit.Ids, categories, ["red", "green", "blue"]);
        Assert.Contains("green", map.ToHtml(), StringComparison.Ordinal);
    }
}

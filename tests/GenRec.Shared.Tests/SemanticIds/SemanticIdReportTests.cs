using GenRec.Shared.Data.Importers;
using GenRec.Shared.Evaluation;
using GenRec.Shared.SemanticIds;
using GenRec.Shared.SemanticIds.Measures;
using GenRec.Shared.Tests.Data;

namespace GenRec.Shared.Tests.SemanticIds;

public class SemanticIdReportTests
{
    [Fact]
    public void UsagePerplexityAndBalanceAreThoseOfTheFormulas()
    {
        var ids = new SemanticIdTable([4], [0, 0, 0, 1, 1, 2]);
        var usage = CodeUsage.Of(ids, 0);
        Assert.Equal(3, usage.Used);
        Assert.Equal(0.75, usage.Usage);
        var entropy = -(0.5 * Math.Log(0.5) + 2 / 6.0 * Math.Log(2 / 6.0) + 1 / 6.0 * Math.Log(1 / 6.0));
        Assert.Equal(Math.Exp(entropy), usage.Perplexity, 10);
        Assert.Equal(1 - (1.5 + 0.5 + 0.5 + 1.5) / 12, usage.Balance, 10);
        Assert.Equal(0.5, usage.TopShare, 10);
    }

    [Fact]
    public void AgreementIsOneForTheSameLabelsAndZeroForIndependentOnes()
    {
        Assert.Equal(1, SemanticIdMeasures.MutualInformation([0, 0, 1, 1], [5, 5, 2, 2]), 10);
        Assert.Equal(0, SemanticIdMeasures.MutualInformation([0, 0, 1, 1], [0, 1, 0, 1]), 10);
        Assert.Equal(1, SemanticIdMeasures.MutualInformation([0, 0, 1, -1], [5, 5, 2, 2]), 10);
    }

    [Fact]
    public void RefittedCodebooksExplainTheVarianceOfThePlainLoop()
    {
        var vectors = new EmbeddingMatrix(4, 1, [0, 2, 10, 14]);
        var ids = new SemanticIdTable([2, 2], [0, 0, 0, 1, 1, 0, 1, 1]);
        var explained = SemanticIdReport.Of("x", ids, new() { Vectors = vectors }).Explained!;
        var whole = 6.5 * 6.5 + 4.5 * 4.5 + 3.5 * 3.5 + 7.5 * 7.5;
        Assert.Equal(1 - (1 + 1 + 4 + 4) / whole, explained[0], 5);
        // What is left is -1, 1, -2, 2; its means by the second code are -1.5 and 1.5.
        Assert.Equal(1 - 4 * 0.25 / whole, explained[1], 5);
    }

    [Fact]
    public void NeighboursAreKeptByIdsOfTheirOwnAndLostByChance()
    {
        var vectors = Clouds.Around(10, 100, 8, noise: 0.05);
        var evidence = new SemanticIdEvidence { Vectors = vectors, Neighbours = 5 };
        using var kept = new ResidualKMeans(new() { Levels = 2, Codes = 10 }).Fit(vectors);
        using var lost = new RandomIds(2, 10).Fit(vectors);
        var own = SemanticIdReport.Of("k-means", kept.Ids, evidence).NeighbourShare!.Value;
        var chance = SemanticIdReport.Of("random", lost.Ids, evidence).NeighbourShare!.Value;
        Assert.True(own > 0.5 && chance < 0.15, $"{own} {chance}");
        // All items alike by id: every neighbour is found by chance, wanted out of all others.
        var same = new SemanticIdTable([1], new int[100]);
        Assert.Equal(5 / 99.0, SemanticIdReport.Of("same", same, evidence).NeighbourShare!.Value, 6);
    }

    [Theory]
    [InlineData(CodeStructure.Residual)]
    [InlineData(CodeStructure.Product)]
    public void NeighboursByIdAreThoseOfASlowCount(CodeStructure structure)
    {
        var vectors = Clouds.Around(6, 40, 5, noise: 0.5);
        var codes = Clouds.Around(40, 40, 3).Values.ToArray().Select(value => value > 0 ? 1 : 0).ToArray();
        var ids = new SemanticIdTable([2, 2, 2], codes, structure);
        var found = 0.0;
        for (var own = 0; own < 40; own++)
        {
            var others = Enumerable.Range(0, 40).Where(row => row != own).ToArray();
            var near = others.OrderByDescending(row => Cosine(vectors[own], vectors[row])).Take(4).ToHashSet();
            var left = 4;
            foreach (var alike in others.GroupBy(row => Alike(own, row)).OrderByDescending(group => group.Key))
            {
                var taken = Math.Min(left, alike.Count());
                found += taken * alike.Count(near.Contains) / (double)alike.Count();
                left -= taken;
            }
        }
        var evidence = new SemanticIdEvidence { Neighbours = 4 };
        Assert.Equal(found / 160, SemanticIdMeasures.Neighbours(ids, vectors, evidence), 9);

        int Alike(int a, int b)
        {
            var equal = Enumerable.Range(0, 3).Select(level => codes[a * 3 + level] == codes[b * 3 + level]);
            return structure == CodeStructure.Product ? equal.Count(one => one) : equal.TakeWhile(one => one).Count();
        }

        static double Cosine(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
        {
            var (dot, left, right) = (0.0, 0.0, 0.0);
            for (var at = 0; at < a.Length; at++)
                (dot, left, right) = (dot + a[at] * b[at], left + a[at] * a[at], right + b[at] * b[at]);
            return dot / Math.Sqrt(left * right);
        }
    }

    [Fact]
    public void PairsThatShareALongerPrefixAreMoreAlike()
    {
        var vectors = Clouds.Around(10, 200, 8, noise: 0.4);
        using var fit = new ResidualKMeans(new() { Levels = 2, Codes = 6 }).Fit(vectors);
        var evidence = new SemanticIdEvidence
        {
            Vectors = vectors,
            Codec = fit.Codec,
            Collisions = fit.Collisions,
            Categories = [.. Enumerable.Range(0, 200).Select(row => row % 3)],
        };
        var report = SemanticIdReport.Of("k-means", fit.Ids, evidence);
        Assert.True(report.PrefixCosine![1] > report.PrefixCosine[0] + 0.2);
        Assert.Equal(fit.Collisions.Before, report.Before);
        Assert.Equal(1 - report.Explained![^1], report.ReconstructionError!.Value, 2); // means are what k-means has too
        Assert.Equal(report.Ids.TupleCount / report.Ids.Capacity, report.LegalShare);
        Assert.Contains("k-means", SemanticIdReport.Compare([report]).ToText(), StringComparison.Ordinal);
        Assert.Contains("NMI", report.ToHtml(), StringComparison.Ordinal);
        Assert.All(report.Metrics(), metric => Assert.True(double.IsFinite(metric.Value), metric.Key));
    }

    [Fact]
    public void EvidenceOfOtherItemsIsRefused()
    {
        var ids = new SemanticIdTable([2], [0, 1]);
        Assert.Throws<ArgumentException>(() =>
            SemanticIdReport.Of("x", ids, new() { Vectors = Clouds.Around(2, 3, 2) })
        );
        Assert.Throws<ArgumentException>(() => SemanticIdReport.Of("x", ids, new() { Categories = [1] }));
    }

    [Theory]
    [InlineData("letter-rqvae-4x256", false, 24)]
    [InlineData("iba-rqvae-4x256", false, 410)]
    [InlineData("unigenrec-text-rqvae-3x256", true, 0)]
    public void PublishedIdsGoThroughTheSameReport(string name, bool isNumbered, int shared)
    {
        PublicData.Need(GenRec.Shared.Data.PublicDatasets.Find("amazon14-beauty")!);
        var folder = GenRec.Shared.Data.DataFolders.Find("amazon14-beauty");
        var path = Path.Combine(folder, "sids", name + ".tsv.gz");
        Assert.SkipUnless(File.Exists(path), $"{path} is not here.");
        var ids = SemanticIdFile.ReadPublished(path, 12_101, isNumbered: isNumbered);
        var report = SemanticIdReport.Of(name, ids);
        Assert.Equal(shared, report.Final.SharedItems);
        if (isNumbered)
            Assert.Equal(2171, report.Before.Items - report.Before.Tuples);
        Assert.NotNull(SeedMean.Of([report.Metrics()["usage-1"]]));
    }
}

using GenRec.Shared.Data.Importers;
using GenRec.Shared.Runtime;
using GenRec.Shared.SemanticIds;

namespace GenRec.Shared.Tests.SemanticIds;

public class CollisionRepairTests
{
    private static readonly EmbeddingMatrix Vectors = Clouds.Around(6, 60, 5, noise: 0.3);

    private static readonly EmbeddingMatrix Twins = new(60, 5, [.. Vectors.Values[..150], .. Vectors.Values[..150]]);

    private static QuantiserFit Fit(
        CollisionPolicy policy,
        int codes = 5,
        int levels = 2,
        EmbeddingMatrix? of = null
    ) =>
        new ResidualKMeans(new() { Levels = levels, Codes = codes }).Fit(
            of ?? Vectors,
            new FitOptions { Collisions = policy }
        );

    [Fact]
    public void TheExtraTokenNumbersEachGroup()
    {
        using var raw = Fit(CollisionPolicy.None);
        using var fit = Fit(CollisionPolicy.ExtraToken);
        Assert.False(raw.Ids.IsUnique);
        Assert.True(fit.Ids.IsUnique);
        Assert.True(fit.Ids.IsNumbered);
        Assert.Equal(raw.Collisions.Before, fit.Collisions.Before);
        Assert.Equal(fit.Collisions.Before.LargestGroup, fit.Ids.CodebookSizes[^1]);
        var next = new Dictionary<string, int>();
        for (var item = 1; item <= 60; item++)
        {
            var tuple = string.Join(' ', raw.Ids[item].ToArray());
            Assert.Equal(raw.Ids[item].ToArray(), fit.Ids[item][..2].ToArray());
            Assert.Equal(next.GetValueOrDefault(tuple), fit.Ids[item][2]);
            next[tuple] = next.GetValueOrDefault(tuple) + 1;
        }
    }

    [Fact]
    public void NoneAndRandomMemberLeaveTheCodesAndSaySo()
    {
        using var none = Fit(CollisionPolicy.None);
        using var random = Fit(CollisionPolicy.RandomMember);
        Assert.Equal(none.Ids.Codes.ToArray(), random.Ids.Codes.ToArray());
        Assert.Contains("not repaired", none.Ids.Origin!.Collisions, StringComparison.Ordinal);
        Assert.Contains("random member", random.Ids.Origin!.Collisions, StringComparison.Ordinal);
        var group = none.Ids.SharedTuples()[0];
        var members = Enumerable
            .Range(0, 200)
            .Select(at => CollisionRepair.Member(none.Ids, none.Ids[group[0]], new CounterRandom(1).At(0, at)))
            .ToHashSet();
        Assert.Equal(group.ToHashSet(), members);
        Assert.Equal(1.0 / group.Count, none.Ids.CreditOf(group[0]));
        Assert.Equal(0, CollisionRepair.Member(none.Ids, [4, 4, 4], default));
    }

    [Fact]
    public void FreeCodesAreUniqueAndTheLeastChangeInsideEachPrefix()
    {
        using var raw = Fit(CollisionPolicy.None, codes: 8, levels: 3, of: Twins);
        using var fit = Fit(CollisionPolicy.FreeCode, codes: 8, levels: 3, of: Twins);
        Assert.True(raw.Collisions.Before.SharedItems > 0);
        Assert.True(fit.Ids.IsUnique);
        Assert.Equal(0, fit.Collisions.After.SharedItems);
        Assert.Equal(3, fit.Ids.Levels);
        var moved = 0;
        for (var item = 1; item <= 60; item++)
        {
            Assert.Equal(raw.Ids[item][..2].ToArray(), fit.Ids[item][..2].ToArray()); // only last codes change
            moved += raw.Ids[item][2] == fit.Ids[item][2] ? 0 : 1;
        }
        Assert.Equal(moved, fit.Collisions.Moved);
        Assert.True(moved > 0);
    }

    [Fact]
    public void AFullPrefixIsReportedNotHidden()
    {
        using var fit = Fit(CollisionPolicy.FreeCode, codes: 3, levels: 2); // 60 items, 9 tuples
        Assert.Equal(9, fit.Ids.TupleCount);
        Assert.True(fit.Collisions.After.SharedItems > 0);
        Assert.Contains("still shared", fit.Collisions.Summary, StringComparison.Ordinal);
        var wrong = Assert.Throws<InvalidOperationException>(() => fit.Ids.RequireUnique());
        Assert.Contains("60 items have 9 different ids", wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void SinkhornLowersCollisionsAndReportsWhatIsLeft()
    {
        using var raw = Fit(CollisionPolicy.None, codes: 8, levels: 2);
        using var fit = Fit(CollisionPolicy.Sinkhorn, codes: 8, levels: 2);
        Assert.True(fit.Collisions.After.SharedItems < raw.Collisions.Before.SharedItems);
        Assert.Equal(CollisionCounts.Of(fit.Ids), fit.Collisions.After);
        for (var item = 1; item <= 60; item++)
            Assert.Equal(raw.Ids[item][0], fit.Ids[item][0]);
    }

    [Fact]
    public void EqualVectorsAreToldApartToo()
    {
        foreach (var policy in new[] { CollisionPolicy.ExtraToken, CollisionPolicy.FreeCode })
        {
            using var fit = Fit(policy, codes: 8, levels: 3, of: Twins);
            Assert.Equal(0, fit.Collisions.After.SharedItems);
        }
    }

    [Fact]
    public void APolicyThatNeedsCostsSaysSo()
    {
        var ids = new SemanticIdTable([2, 2], [0, 1, 0, 1]);
        var wrong = Assert.Throws<ArgumentException>(() => CollisionRepair.Apply(ids, CollisionPolicy.FreeCode));
        Assert.Contains("ExtraToken", wrong.Message, StringComparison.Ordinal);
        var (_, outcome) = CollisionRepair.Apply(new SemanticIdTable([2, 2], [0, 1, 0, 0]), CollisionPolicy.FreeCode);
        Assert.Equal("no collisions", outcome.Summary); // nothing to do needs no costs
    }
}

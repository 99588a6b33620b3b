using GenRec.Shared.Data.Importers;
using GenRec.Shared.Data.Worlds;
using GenRec.Shared.Runtime;
using GenRec.Shared.SemanticIds;
using GenRec.Shared.SemanticIds.Neural;
using GenRec.Shared.Training;

namespace GenRec.Shared.Tests.SemanticIds;

[Collection(TorchGenerator.Name)]
public class QuantiserTests
{
    public static TheoryData<string> Methods =>
        ["rq-kmeans", "balanced", "normalised", "opq", "pq", "tree", "lsh", "random", "rq-vae"];

    private static IQuantiser Make(string method) =>
        method switch
        {
            "rq-kmeans" => new ResidualKMeans(new() { Levels = 3, Codes = 8 }),
            "balanced" => new ResidualKMeans(
                new()
                {
                    Levels = 3,
                    Codes = 8,
                    Clustering = new() { Balanced = true },
                }
            ),
            "normalised" => new ResidualKMeans(
                new()
                {
                    Levels = 3,
                    Codes = 8,
                    NormaliseResiduals = true,
                }
            ),
            "opq" => new ProductQuantiser(
                new()
                {
                    Parts = 4,
                    Codes = 8,
                    Rotations = 5,
                }
            ),
            "pq" => new ProductQuantiser(
                new()
                {
                    Parts = 4,
                    Codes = 8,
                    Rotations = 0,
                }
            ),
            "tree" => new BalancedTree(new() { Branches = 5, Levels = 3 }),
            "lsh" => new LshQuantiser(new() { Levels = 3, Bits = 3 }),
            "random" => new RandomIds(3, 8),
            _ => new RqVaeQuantiser(
                new()
                {
                    Hidden = [8],
                    Latent = 4,
                    Codes = 8,
                    BatchSize = 64,
                },
                new TrainingOptions { Epochs = 2 }
            ),
        };

    [Theory]
    [MemberData(nameof(Methods))]
    public void AFitIsRepeatableUniqueAfterRepairAndNamesItsOrigin(string method)
    {
        var vectors = Clouds.Around(12, 100, 12);
        using var fit = Make(method).Fit(vectors);
        using var again = Make(method).Fit(vectors);
        Assert.Equal(fit.Ids.Codes.ToArray(), again.Ids.Codes.ToArray());
        Assert.Equal(100, fit.Ids.ItemCount);
        Assert.True(fit.Ids.IsUnique);
        Assert.Equal(0, fit.Collisions.After.SharedItems);
        Assert.Equal(Make(method).Method, fit.Ids.Origin!.Method);
        Assert.Equal(64, fit.Ids.Origin.InputHash!.Length);
        Assert.Equal(fit.Collisions.Summary, fit.Ids.Origin.Collisions);
    }

    [Theory]
    [MemberData(nameof(Methods))]
    public void ColdItemsGetCodesOfTheSameCodebooks(string method)
    {
        using var fit = Make(method).Fit(Clouds.Around(12, 100, 12));
        var cold = fit.Codec.Assign(Clouds.Around(12, 30, 12, seed: 5));
        Assert.Equal(30 * fit.Codec.CodebookSizes.Count, cold.Length);
        _ = new SemanticIdTable(fit.Codec.CodebookSizes, cold, fit.Codec.Structure); // throws for a code outside
    }

    [Theory]
    [MemberData(nameof(Methods))]
    public void BadVectorsAreRefusedWithTheirPlace(string method)
    {
        var vectors = Clouds.Around(12, 100, 12);
        var wrong = Assert.Throws<ArgumentException>(() => Make(method).Fit(vectors.With(41, 3, float.NaN)));
        Assert.Contains("Item 42", wrong.Message, StringComparison.Ordinal);
        Assert.Contains("column 3", wrong.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => Make(method).Fit(new EmbeddingMatrix(0, 12, [])));
        using var fit = Make(method).Fit(vectors);
        Assert.Throws<ArgumentException>(() => fit.Codec.Assign(Clouds.Around(3, 5, 11)));
    }

    [Theory]
    [InlineData("rq-kmeans")]
    [InlineData("balanced")]
    [InlineData("opq")]
    [InlineData("rq-vae")]
    public void MoreCodesThanItemsAreRefused(string method)
    {
        var wrong = Assert.Throws<ArgumentException>(() => Make(method).Fit(Clouds.Around(2, 7, 12)));
        Assert.Contains("8 codes cannot be learned from 7 items", wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ItemsThatWereNotLearnedFromAreOnlyAssigned()
    {
        var vectors = Clouds.Around(12, 100, 12);
        var some = new FitOptions { LearnFrom = [.. Enumerable.Range(1, 60)], Collisions = CollisionPolicy.None };
        using var fit = Make("rq-kmeans").Fit(vectors, some);
        using var moved = Make("rq-kmeans").Fit(vectors.With(80, 0, 99), some);
        Assert.Equal(fit.Ids.Codes[..180].ToArray(), moved.Ids.Codes[..180].ToArray());
        Assert.Equal(fit.Codec.Assign(vectors), fit.Ids.Codes.ToArray());
        Assert.Throws<ArgumentException>(() =>
            Make("rq-kmeans").Fit(vectors, new FitOptions { LearnFrom = [.. Enumerable.Range(1, 8), 101] })
        );
    }

    [Fact]
    public void ATreesWidthMustHoldAllItems() =>
        Assert.Throws<ArgumentException>(() =>
            new BalancedTree(new() { Branches = 4, Levels = 2 }).Fit(Clouds.Around(3, 17, 4))
        );

    [Fact]
    public void ATreeIsBalancedAtEveryNodeAndItsLeavesAreNumberedByDistance()
    {
        var vectors = Clouds.Around(12, 100, 12);
        using var fit = new BalancedTree(new() { Branches = 5, Levels = 3 }).Fit(vectors);
        Assert.Equal(CollisionPolicy.ExtraToken, fit.Collisions.Policy);
        Assert.Equal(3, fit.Ids.Levels); // nothing to repair, no level added
        foreach (var depth in new[] { 1, 2 })
            Assert.True(fit.Ids.Label(depth).Counts is var counts && counts.Max() - counts.Min() <= 1);
        var node = Enumerable.Range(1, 100).Where(item => fit.Ids[item][..2].SequenceEqual(fit.Ids[1][..2])).ToArray();
        var mean = Enumerable.Range(0, 12).Select(c => node.Average(item => vectors[item - 1][c])).ToArray();
        var byLeaf = node.OrderBy(item => fit.Ids[item][2]).Select(Distance).ToArray();
        Assert.Equal(byLeaf.Order(), byLeaf);
        Assert.Equal(Enumerable.Range(0, node.Length), node.Select(item => fit.Ids[item][2]).Order());

        double Distance(int item) => mean.Select((m, c) => Math.Pow(vectors[item - 1][c] - m, 2)).Sum();
    }

    [Fact]
    public void ALearnedRotationExplainsMoreThanNone()
    {
        // Two strong directions that plain PQ would leave to one part.
        var random = new CounterRandom(3);
        var values = new float[300 * 8];
        for (var at = 0; at < values.Length; at++)
            values[at] = (float)(random.At(0, at).Normal * (at % 8 < 2 ? 5 : 0.5));
        var vectors = new EmbeddingMatrix(300, 8, values);
        Assert.True(Error(rotations: 10) < 0.8 * Error(rotations: 0));

        double Error(int rotations)
        {
            using var fit = new ProductQuantiser(
                new()
                {
                    Parts = 4,
                    Codes = 8,
                    Rotations = rotations,
                }
            ).Fit(vectors);
            return Clouds.Error(vectors, fit.Codec.Reconstruct(fit.Codec.Assign(vectors)));
        }
    }

    [Fact]
    public void PartsMustDivideTheWidth() =>
        Assert.Throws<ArgumentException>(() =>
            new ProductQuantiser(new() { Parts = 5, Codes = 4 }).Fit(Clouds.Around(3, 20, 12))
        );

    [Fact]
    public void HashCodesSaySidesOfPlanesThroughTheMean()
    {
        var vectors = Clouds.Around(12, 400, 12);
        var shifted = new EmbeddingMatrix(400, 12, [.. vectors.Values.ToArray().Select(value => value + 100)]);
        using var fit = new LshQuantiser(new() { Levels = 2, Bits = 4 }).Fit(vectors);
        using var far = new LshQuantiser(new() { Levels = 2, Bits = 4 }).Fit(shifted);
        var same = fit.Ids.Codes.ToArray().Zip(far.Ids.Codes.ToArray()).Count(pair => pair.First == pair.Second);
        Assert.True(same > 0.99 * fit.Ids.Codes.Length); // rounding may move a vector that lies on a plane
    }

    [Fact]
    public void CategoryCodesFollowTheTree()
    {
        var items = World.Create(WorldPreset.Smoke).Dataset.Items;
        using var fit = new CategoryTree(items).Fit(
            Clouds.Around(3, items.ItemCount, 2),
            new FitOptions { Collisions = CollisionPolicy.ExtraToken }
        );
        Assert.True(fit.Ids.IsUnique);
        Assert.True(fit.Ids.IsNumbered);
        for (var item = 2; item <= items.ItemCount; item++)
        for (var depth = 1; depth <= 3; depth++)
            Assert.Equal(
                items.Categories(1)[0].Take(depth).SequenceEqual(items.Categories(item)[0].Take(depth)),
                fit.Ids[1][..depth].SequenceEqual(fit.Ids[item][..depth])
            );
    }

    [Fact]
    public void CodebooksReadFromDiskGiveTheSameCodes()
    {
        using var folder = new Data.TempFolder();
        var vectors = Clouds.Around(12, 100, 12);
        using var fit = Make("normalised").Fit(vectors);
        ((ResidualCodebooks)fit.Codec).Save(folder.PathOf("books.safetensors"));
        using var read = ResidualCodebooks.Load(folder.PathOf("books.safetensors"));
        Assert.Equal(fit.Codec.Assign(vectors), read.Assign(vectors));
    }
}

using GenRec.Shared.Data.Importers;
using GenRec.Shared.SemanticIds;

namespace GenRec.Shared.Tests.SemanticIds;

public class SemanticIdTableTests
{
    private static SemanticIdTable Ids() =>
        new([3, 4, 2], [0, 3, 0, 0, 3, 1, 2, 0, 0, 0, 1, 0], CodeStructure.Residual, isNumbered: true)
        {
            Origin = new SemanticIdOrigin("rq-kmeans 2x4") { Seed = 7, Collisions = "none" },
        };

    [Fact]
    public void FilesOfEveryLayoutReadBackTheSame()
    {
        using var folder = new Data.TempFolder();
        var ids = Ids();
        SemanticIdFile.Save(folder.PathOf("ids.json"), ids);
        var read = SemanticIdFile.Load(folder.PathOf("ids.json"));
        Assert.Equal(ids.Codes.ToArray(), read.Codes.ToArray());
        Assert.Equal(ids.CodebookSizes.ToArray(), read.CodebookSizes.ToArray());
        Assert.Equal((ids.Structure, ids.IsNumbered, ids.Origin), (read.Structure, read.IsNumbered, read.Origin));
        SemanticIdFile.WriteIndexJson(folder.PathOf("index.json"), ids);
        Assert.Contains("\"0\": [\"<a_0>\", \"<b_3>\", \"<c_0>\"]", File.ReadAllText(folder.PathOf("index.json")));
        SemanticIdFile.WriteTable(folder.PathOf("ids.tsv"), ids);
        foreach (var file in new[] { "index.json", "ids.tsv" })
        {
            var published = SemanticIdFile.ReadPublished(folder.PathOf(file), 4, isNumbered: true);
            Assert.Equal(ids.Codes.ToArray(), published.Codes.ToArray());
            Assert.Equal([3, 4, 2], published.CodebookSizes.ToArray());
        }
        Assert.Throws<IOException>(() => SemanticIdFile.Save(folder.PathOf("ids.json"), ids));
        Assert.Throws<DataFormatException>(() => SemanticIdFile.Load(folder.Write("no.json", "{\"format\":1}")));
        Assert.Throws<DataFormatException>(() => SemanticIdFile.ReadPublished(folder.PathOf("ids.tsv"), 5));
        var changed = File.ReadAllText(folder.PathOf("ids.json"))
            .Replace("[2,0,0]", "[2,9,0]", StringComparison.Ordinal);
        var wrong = Assert.Throws<DataFormatException>(() => SemanticIdFile.Load(folder.Write("bad.json", changed)));
        Assert.Contains("Item 3", wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TokensOfLevelsDoNotOverlapAndPaddingIsZero()
    {
        var tokens = Ids().ToTokens(first: 5);
        Assert.Equal([0, 0, 0, 5, 11, 12, 5, 11, 13, 7, 8, 12, 5, 9, 12], tokens);
        using var tensor = Ids().ToTokenTensor();
        Assert.Equal([5, 3], tensor.shape);
    }

    [Fact]
    public void PrefixesAreNumberedInOrderOfAppearance()
    {
        var (labels, counts) = Ids().Label(1);
        Assert.Equal([0, 0, 1, 0], labels);
        Assert.Equal([3, 1], counts);
        Assert.Equal([4], Ids().Label(0).Counts);
        Assert.Equal([0, 0, 1, 2], Ids().Label(2).Labels);
    }

    [Fact]
    public void ATableKnowsItsSharedTuples()
    {
        var ids = new SemanticIdTable([2, 2], [0, 1, 1, 1, 0, 1, 0, 1]);
        Assert.Equal(
            [
                [1, 3, 4],
            ],
            ids.SharedTuples()
        );
        Assert.Equal((3, 1, 2), (ids.GroupSizeOf(4), ids.GroupSizeOf(2), ids.TupleCount));
        Assert.Equal([1, 3, 4], ids.ItemsOf([0, 1]));
        Assert.Empty(ids.ItemsOf([1, 0]));
        Assert.Equal(new CollisionCounts(4, 2, 3, 3), CollisionCounts.Of(ids));
        Assert.Equal(0.5, CollisionCounts.Of(ids).Rate);
    }

    [Fact]
    public void WrongCodesAreRefusedWithTheirPlace()
    {
        var wrong = Assert.Throws<ArgumentException>(() => new SemanticIdTable([3, 3], [0, 1, 2, 3]));
        Assert.Contains("Item 2 has the code 3 on level 2", wrong.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new SemanticIdTable([3, 3], [0, 1, 2]));
        Assert.Throws<ArgumentException>(() => new SemanticIdTable([3, 3], []));
        Assert.Throws<ArgumentException>(() => new SemanticIdTable([], []));
        Assert.Throws<ArgumentOutOfRangeException>(() => Ids()[5].Length);
    }

    [Fact]
    public void ItShowsItself()
    {
        Assert.Contains("rq-kmeans 2x4", Ids().ToHtml(), StringComparison.Ordinal);
        Assert.Contains("4 items, 4 different tuples; none", Ids().ToText(), StringComparison.Ordinal);
    }
}

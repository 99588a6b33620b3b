using CsCheck;
using GenRec.Shared.Data;
using GenRec.Shared.Data.Importers;
using GenRec.Shared.Decoding;
using GenRec.Shared.SemanticIds;
using GenRec.Shared.Tests.Data;

namespace GenRec.Shared.Tests.Decoding;

public class PrefixTrieTests
{
    [Fact]
    public void ItAllowsWhatADictionaryTrieAllows() =>
        DecodingGen.Catalogues.Sample(
            catalogue =>
            {
                using var trie = catalogue.Trie;
                var plain = DictionaryTrie.Of(catalogue.Ids);
                foreach (var prefix in plain.Prefixes())
                    Assert.Equal(plain.Legal(prefix), DecodingGen.Legal(trie.All, prefix));
                Assert.Equal(catalogue.Items.Length, trie.ItemCount);
                Assert.Equal(plain.Prefixes().Count(prefix => prefix.Length == catalogue.Levels), trie.LeafCount);
                Assert.Equal(plain.Prefixes().Count(), trie.StateCount);
            },
            iter: 100
        );

    [Fact]
    public void EachIdLeadsToExactlyItsItems() =>
        DecodingGen.Catalogues.Sample(
            catalogue =>
            {
                using var trie = catalogue.Trie;
                var plain = DictionaryTrie.Of(catalogue.Ids);
                for (var row = 0; row < catalogue.Items.Length; row++)
                {
                    var id = catalogue.Flat.AsSpan(row * catalogue.Levels, catalogue.Levels).ToArray();
                    Assert.Equal(plain.Find(catalogue.Ids[row].Tokens)!.Items.Order(), trie.ItemsOf(id));
                }
            },
            iter: 50
        );

    [Fact]
    public void AViewAllowsWhatTheTrieOfItsItemsAllows() =>
        DecodingGen.Catalogues.Sample(
            catalogue =>
            {
                var some = catalogue.Items.Where(item => item % 3 != 0).ToArray();
                var odd = some.Where(item => item % 2 == 1).ToHashSet();
                using var trie = catalogue.Trie;
                using var first = trie.All.Without(catalogue.Items.Where(item => item % 3 == 0));
                using var view = first.Only(Enumerable.Range(1, 99).Where(item => item % 2 == 1)); // views of views
                var plain = DictionaryTrie.Of(catalogue.Ids.Where(id => odd.Contains(id.Item)));
                foreach (var prefix in DictionaryTrie.Of(catalogue.Ids).Prefixes())
                    Assert.Equal(plain.Legal(prefix), DecodingGen.Legal(view, prefix));
                Assert.Equal(odd.Count, view.ItemCount);
            },
            iter: 100
        );

    [Fact]
    public void AnExclusionClosesExactlyTheIdsThatHaveNoOtherItem() =>
        DecodingGen.Catalogues.Sample(
            catalogue =>
            {
                using var trie = catalogue.Trie;
                using var view = trie.All.Without(catalogue.Items.Take(2));
                var seen = catalogue.Items.Skip(1).Take(4).Append(39).ToArray(); // some not allowed anyway, one perhaps unknown
                using var exclusion = view.Exclude(Histories.From([seen]));
                var left = catalogue.Ids.Skip(2).Where(id => !seen.Contains(id.Item));
                var plain = DictionaryTrie.Of(left);
                foreach (var prefix in DictionaryTrie.Of(catalogue.Ids).Prefixes())
                    Assert.Equal(plain.Legal(prefix), DecodingGen.Legal(view, prefix, exclusion.Leaves.unsqueeze(1)));
            },
            iter: 100
        );

    [Fact]
    public void AddingItemsEqualsBuildingAnew() =>
        DecodingGen.Catalogues.Sample(
            catalogue =>
            {
                var old = catalogue.Items.Length / 2;
                if (old == 0)
                    return;
                var cut = old * catalogue.Levels;
                using var before = PrefixTrie.Build(
                    catalogue.Flat[..cut],
                    catalogue.Levels,
                    catalogue.Items[..old],
                    catalogue.Layout
                );
                using var after = before.With(catalogue.Flat[cut..], catalogue.Items[old..], catalogue.Levels);
                using var anew = catalogue.Trie;
                foreach (var (one, other) in after.Tables.All.Zip(anew.Tables.All))
                    Assert.Equal(one.data<long>().ToArray(), other.data<long>().ToArray());
                Assert.Equal(old, before.ItemCount); // the old trie stays
            },
            iter: 100
        );

    [Fact]
    public void LongIdsAreSortedThoughTheyFitNoNumber() // 12 levels of 256 codes are 96 bits
    {
        const int levels = 12;
        var random = new Random(1);
        var codes = Enumerable.Range(0, 40 * levels).Select(at => at % levels < 10 ? 7 : random.Next(256)).ToArray();
        using var trie = PrefixTrie.Build(
            codes,
            levels,
            layout: TokenLayout.PerLevel([.. Enumerable.Repeat(256, levels)])
        );
        for (var item = 1; item <= 40; item++)
            Assert.Contains(item, trie.ItemsOf(codes[((item - 1) * levels)..(item * levels)]));
        using var more = trie.With([.. Enumerable.Repeat(3, levels)], [41], levels);
        Assert.Equal([41], more.ItemsOf([.. Enumerable.Repeat(3, levels)]));
    }

    [Fact]
    public void IdsOfDifferentLengthsEndWithTheirToken()
    {
        var layout = TokenLayout.Joint([3, 3, 3], first: 1);
        int[][] ids =
        [
            [0],
            [0, 1],
            [0, 1, 2],
            [2, 2],
            [0, 1],
        ];
        using var trie = PrefixTrie.BuildRagged(ids, null, layout, endToken: 0);
        Assert.False(trie.IsUniform);
        Assert.Equal(4, trie.LeafCount);
        Assert.Equal([2, 5], trie.ItemsOf(0, 1));
        Assert.Equal([1], trie.ItemsOf(0));
        Assert.Empty(trie.ItemsOf(2));
        Assert.Equal([0, 5], DecodingGen.Legal(trie.All, [1L])); // stop, or go on with code 1
        Assert.Equal([0], DecodingGen.Legal(trie.All, [1L, 5, 9]));
    }

    [Fact]
    public void PrefixFreeIdsNeedNoEndToken()
    {
        var layout = TokenLayout.PerLevel([3, 3]);
        using var trie = PrefixTrie.BuildRagged(
            [
                [0],
                [1, 2],
                [1, 0],
            ],
            [7, 8, 9],
            layout
        );
        Assert.Equal([7], trie.ItemsOf(0));
        Assert.Equal([8], trie.ItemsOf(1, 2));
        Assert.Empty(trie.ItemsOf(1));
    }

    [Fact]
    public void AnIdThatBeginsAnotherIsNamed()
    {
        var layout = TokenLayout.PerLevel([3, 3]);
        var failure = Assert.Throws<ArgumentException>(() =>
            PrefixTrie.BuildRagged(
                [
                    [2],
                    [1, 2],
                    [1],
                ],
                [7, 8, 9],
                layout
            )
        );
        Assert.Contains("item 9 is the beginning of the id of item 8", failure.Message);
        Assert.Contains("end token", failure.Message);
    }

    [Fact]
    public void ATableOfSemanticIdsKeepsItsCodebooks()
    {
        var ids = new SemanticIdTable([4, 3], [0, 2, 1, 1, 0, 2]); // code 3 of the first level is unused, items 1 and 3 share an id
        using var trie = PrefixTrie.Build(ids);
        Assert.Equal([4, 3], trie.Layout.Sizes);
        Assert.Equal([1, 3], trie.ItemsOf(0, 2));
        using var joint = PrefixTrie.Build(ids, TokenLayout.Joint([4, 3]));
        Assert.Equal([2], joint.ItemsOf(1, 1));
        Assert.Throws<ArgumentException>(() => PrefixTrie.Build(ids, TokenLayout.PerLevel([4])));
    }

    [Fact]
    public void BadInputIsNamed()
    {
        Assert.Contains("at least one", Assert.Throws<ArgumentException>(() => PrefixTrie.Build([], 3)).Message);
        Assert.Contains("rows of 3", Assert.Throws<ArgumentException>(() => PrefixTrie.Build([1, 2], 3)).Message);
        var sizes = TokenLayout.PerLevel([4, 4]);
        Assert.Contains(
            "Id 1 (counted from 0) has the code 4 on level 2, whose codes are 0..3",
            Assert.Throws<ArgumentException>(() => PrefixTrie.Build([0, 0, 1, 4], 2, layout: sizes)).Message
        );
        Assert.Contains(
            "the code -1",
            Assert.Throws<ArgumentException>(() => PrefixTrie.Build([0, -1], 2, layout: sizes)).Message
        );
        Assert.Contains("the code -1", Assert.Throws<ArgumentException>(() => PrefixTrie.Build([0, -1], 2)).Message);
        Assert.Contains(
            "Item 5 occurs twice",
            Assert.Throws<ArgumentException>(() => PrefixTrie.Build([0, 1], 1, [5, 5])).Message
        );
        Assert.Contains(
            "numbered from 1",
            Assert.Throws<ArgumentException>(() => PrefixTrie.Build([0, 1], 1, [5, 0])).Message
        );
        using var trie = PrefixTrie.Build([0, 1, 2, 3], 2, layout: sizes);
        Assert.Contains("Item 2 has an id", Assert.Throws<ArgumentException>(() => trie.With([0, 0], [2], 2)).Message);
        Assert.Contains("have 1 codes", Assert.Throws<ArgumentException>(() => trie.With([0], [3], 1)).Message);
        Assert.Contains("Item 0", Assert.Throws<ArgumentException>(() => trie.All.Only([0])).Message);
    }

    [Fact]
    public void ItemsThatShareAnIdShareALeaf()
    {
        using var trie = PrefixTrie.Build([1, 1, 0, 1, 1, 1], 2, [30, 20, 10]);
        Assert.Equal((3, 2, false), (trie.ItemCount, trie.LeafCount, trie.IsUnique));
        Assert.Equal([10, 30], trie.ItemsOf(1, 1));
    }

    [Fact]
    public void PublishedIdsOfBeautyAreFoundAgain()
    {
        PublicData.Need(PublicDatasets.Find("amazon14-beauty")!);
        var path = Path.Combine(DataFolders.Find("amazon14-beauty"), "sids", "letter-rqvae-4x256.tsv.gz");
        var codes = ItemCodesFile.ReadTable(path, 12_101);
        using var trie = PrefixTrie.Build(codes, TokenLayout.Joint([256, 256, 256, 256]));
        Assert.Equal(12_101, trie.ItemCount);
        Assert.Equal(24, codes.SharedItems());
        foreach (var item in new[] { 1, 777, 12_101 })
            Assert.Contains(item, trie.ItemsOf([.. codes[item].ToArray()]));
        Assert.Equal(197, trie.PrefixCount(1));
    }
}

using CsCheck;
using GenRec.Shared.Data;
using GenRec.Shared.Decoding;
using static TorchSharp.torch;

namespace GenRec.Shared.Tests.Decoding;

public class BeamSearchTests
{
    private const int Users = 3;

    private static readonly Gen<(Catalogue, uint)> Cases = Gen.Select(DecodingGen.Catalogues, Gen.UInt);

    [Fact]
    public void BeamsAsWideAsTheCatalogueRankItExactly() =>
        Cases.Sample(
            (catalogue, seed) =>
            {
                using var trie = catalogue.Trie;
                using var decoder = new TableDecoder(seed, Users, catalogue.Vocabulary);
                using var ids = new BeamSearch(trie.All, new BeamOptions { Width = trie.LeafCount }).Run(decoder);
                using var lists = ids.ToItems(catalogue.Items.Length);
                Assert.Equal(0, ids.Invalid);
                for (var user = 0; user < Users; user++)
                {
                    var exact = catalogue.Ids.ToDictionary(id => (long)id.Item, id => decoder.Of(user, id.Tokens));
                    var (items, scores) = (Row(lists.Items, user), Scores(lists.Scores, user));
                    Assert.Equal(exact.Keys.Order(), items.Order());
                    foreach (var (at, best) in exact.Values.OrderDescending().Index())
                    {
                        Assert.Equal(best, scores[at], 1e-4);
                        Assert.Equal(exact[items[at]], scores[at], 1e-4);
                    }
                }
            },
            iter: 60
        );

    [Fact]
    public void NarrowBeamsGoAsTheSlowSearchGoes() =>
        Cases.Sample(
            (catalogue, seed) =>
            {
                using var trie = catalogue.Trie;
                foreach (var width in new[] { 1, 2, 5 })
                {
                    using var decoder = new TableDecoder(seed, Users, catalogue.Vocabulary);
                    using var ids = new BeamSearch(trie.All, new BeamOptions { Width = width }).Run(decoder);
                    for (var user = 0; user < Users; user++)
                    {
                        var slow = SlowSearch(decoder, user, DictionaryTrie.Of(catalogue.Ids), catalogue.Levels, width);
                        var found = Scores(ids.Scores, user).Where(score => score > float.NegativeInfinity).ToArray();
                        Assert.Equal(slow.Length, found.Length);
                        foreach (var ((path, expected), score) in Paths(ids, user).Zip(slow).Zip(found))
                        {
                            Assert.Equal(expected, score, 1e-4);
                            Assert.Equal(decoder.Of(user, [.. path.Split(' ').Select(long.Parse)]), score, 1e-4);
                        }
                    }
                }
            },
            iter: 40
        );

    [Fact]
    public void PlainLoopsChooseWhatTheOperatorsChoose() // many equal scores, items of single users and of all excluded
    {
        var random = new Random(8);
        using var trie = PrefixTrie.Build([.. Enumerable.Range(0, 3 * 200).Select(_ => random.Next(9))], 3);
        using var view = trie.All.Without(Enumerable.Range(1, 60));
        using var excluded = view.Exclude(
            Histories.From([
                [70, 80, 90, 200],
                [],
                [.. Enumerable.Range(61, 120)],
            ])
        );
        foreach (var width in new[] { 1, 7, 300 })
        foreach (var exclusion in new[] { null, excluded })
        {
            using var ids = Run(ScalarType.Float32);
            using var expected = Run(ScalarType.Float64); // operators
            var isThere = expected.Scores.gt(float.NegativeInfinity);
            Assert.True(expected.Scores.eq(ids.Scores).all().item<bool>());
            Assert.True(expected.IsItem.eq(ids.IsItem).all().item<bool>());
            Assert.True((expected.Tokens.eq(ids.Tokens).all(-1) | isThere.logical_not()).all().item<bool>());

            GeneratedIds Run(ScalarType type)
            {
                using var decoder = new CoarseDecoder(type);
                return new BeamSearch(view, new BeamOptions { Width = width }).Run(decoder, exclusion);
            }
        }
    }

    [Fact]
    public void OfEqualScoresTheSmallerTokenComesFirst()
    {
        using var scope = NewDisposeScope();
        var codes = Enumerable.Range(0, 27).SelectMany(at => new[] { at / 9, at / 3 % 3, at % 3 }).ToArray();
        using var trie = PrefixTrie.Build(codes, 3);
        foreach (var width in new[] { 4, 27, 40 })
        {
            var heads = new HeadsStepDecoder([zeros(2, 3), zeros(2, 3), zeros(2, 3)]);
            using var ids = new BeamSearch(trie.All, new BeamOptions { Width = width }).Run(heads);
            using var lists = ids.ToItems(4);
            Assert.Equal([1, 2, 3, 4], Row(lists.Items, 1));
        }
    }

    [Fact]
    public void EveryIdUnderConstraintIsAnAllowedItemThatTheUserHasNotSeen() =>
        Cases.Sample(
            (catalogue, seed) =>
            {
                using var trie = catalogue.Trie;
                using var view = trie.All.Only(catalogue.Items.Where(item => item % 4 != 0));
                var seen = Histories.From(
                    Enumerable.Range(0, Users).Select(user => catalogue.Items[..(user % catalogue.Items.Length)])
                );
                using var exclusion = view.Exclude(seen);
                using var decoder = new TableDecoder(seed, Users, catalogue.Vocabulary);
                using var ids = new BeamSearch(view, new BeamOptions { Width = 30 }).Run(decoder, exclusion);
                using var lists = ids.ToItems(40);
                Assert.Equal(0, ids.Invalid);
                for (var user = 0; user < Users; user++)
                {
                    var found = Row(lists.Items, user).Where(item => item > 0).ToArray();
                    var wanted = catalogue.Items.Where(item => item % 4 != 0).Except(seen[user].ToArray());
                    Assert.Equal(wanted.Order(), found.Select(item => (int)item).Order()); // 30 beams hold all 25 items
                }
            },
            iter: 60
        );

    [Theory]
    [InlineData(IdConstraint.None)]
    [InlineData(IdConstraint.LevelTokens)]
    public void WithoutATrieInvalidIdsAreCountedAndLeftOut(IdConstraint constraint) =>
        Cases.Sample(
            (catalogue, seed) =>
            {
                using var trie = catalogue.Trie;
                using var decoder = new TableDecoder(seed, Users, catalogue.Vocabulary);
                var options = new BeamOptions { Width = 12, Constraint = constraint };
                using var ids = new BeamSearch(trie.All, options).Run(decoder);
                using var lists = ids.ToItems(25);
                var known = catalogue.Ids.Select(id => string.Join(' ', id.Tokens)).ToHashSet();
                var (invalid, generated) = (0, 0);
                for (var user = 0; user < Users; user++)
                {
                    var paths = Paths(ids, user);
                    generated += paths.Length;
                    invalid += paths.Count(path => !known.Contains(path));
                    var items = catalogue.Ids.Where(id => paths.Contains(string.Join(' ', id.Tokens)));
                    Assert.Equal(
                        items.Select(id => (long)id.Item).Order(),
                        Row(lists.Items, user).Where(item => item > 0).Order()
                    );
                    if (constraint == IdConstraint.LevelTokens)
                        Assert.All(paths, path => Assert.True(UsesLevelTokens(path, catalogue)));
                }
                Assert.Equal((generated, invalid), ((int)ids.Generated, (int)ids.Invalid));
                Assert.Equal((generated, invalid), ((int)lists.Generated, (int)lists.Invalid));
            },
            iter: 40
        );

    [Fact]
    public void PermutingTheUsersPermutesTheLists()
    {
        using var scope = NewDisposeScope();
        var logits = new[] { randn(4, 6), randn(4, 6) };
        var order = tensor(new long[] { 2, 0, 3, 1 });
        using var trie = PrefixTrie.Build([0, 1, 0, 2, 3, 3, 4, 5, 5, 0], 2, layout: TokenLayout.PerLevel([6, 6]));
        var search = new BeamSearch(trie.All, new BeamOptions { Width = 3 });
        using var straight = search.Run(new HeadsStepDecoder(logits));
        using var permuted = search.Run(new HeadsStepDecoder([.. logits.Select(one => one.index_select(0, order))]));
        Assert.True(straight.Tokens.index_select(0, order).eq(permuted.Tokens).all().item<bool>());
        Assert.True(straight.Scores.index_select(0, order).eq(permuted.Scores).all().item<bool>());
    }

    [Fact]
    public void BeamsWiderThanTheCatalogueEndWithEmptyPlaces()
    {
        using var trie = PrefixTrie.Build([0, 0, 1, 1], 2, layout: TokenLayout.PerLevel([2, 2]));
        using var decoder = new TableDecoder(1, 1, 2);
        using var ids = new BeamSearch(trie.All, new BeamOptions { Width = 50 }).Run(decoder);
        using var lists = ids.ToItems(5);
        Assert.Equal([1, 2], Row(lists.Items, 0)[..2].Order());
        Assert.Equal([0, 0, 0], Row(lists.Items, 0)[2..]);
        Assert.All(Scores(lists.Scores, 0)[2..], score => Assert.Equal(float.NegativeInfinity, score));
        Assert.Equal(2, ids.Generated);
    }

    [Fact]
    public void AnEmptyViewGivesEmptyLists()
    {
        using var trie = PrefixTrie.Build([0, 0, 1, 1], 2);
        using var view = trie.All.Only([]);
        using var decoder = new TableDecoder(1, 2, 2);
        using var ids = new BeamSearch(view, new BeamOptions { Width = 3 }).Run(decoder);
        using var lists = ids.ToItems(2);
        Assert.Equal([0, 0], Row(lists.Items, 1));
        Assert.Equal(0, ids.Generated);
    }

    [Fact]
    public void SharingAllProbabilityAmongLegalTokensMakesAllItemsSumToOne()
    {
        using var trie = PrefixTrie.Build([0, 1, 0, 2, 3, 3, 4, 1], 2, layout: TokenLayout.PerLevel([6, 6]));
        using var decoder = new TableDecoder(5, 2, 6);
        var options = new BeamOptions { Width = 4, Renormalise = true };
        using var ids = new BeamSearch(trie.All, options).Run(decoder);
        for (var user = 0; user < 2; user++)
            Assert.Equal(1, Scores(ids.Scores, user).Sum(score => Math.Exp(score)), 1e-5);
    }

    [Fact]
    public void IdsOfDifferentLengthsAreRankedExactly()
    {
        var layout = TokenLayout.Joint([3, 3, 3], first: 1);
        int[][] codes =
        [
            [0],
            [0, 1],
            [0, 1, 2],
            [2, 2],
            [1],
        ];
        using var trie = PrefixTrie.BuildRagged(codes, null, layout, endToken: 0);
        using var decoder = new TableDecoder(8, 2, 10);
        foreach (var constraint in new[] { IdConstraint.Trie, IdConstraint.None })
        {
            var options = new BeamOptions { Width = 20_000, Constraint = constraint };
            using var ids = new BeamSearch(trie.All, options).Run(decoder);
            using var lists = ids.ToItems(5);
            for (var user = 0; user < 2; user++)
            {
                var exact = codes
                    .Select(
                        (id, row) =>
                            (
                                Item: row + 1L,
                                Score: decoder.Of(
                                    user,
                                    [.. id.Select((code, level) => (long)layout.TokenOf(level, code)), 0]
                                )
                            )
                    )
                    .OrderByDescending(pair => pair.Score)
                    .ToArray();
                Assert.Equal(exact.Select(pair => pair.Item), Row(lists.Items, user));
                foreach (var (expected, found) in exact.Zip(Scores(lists.Scores, user)))
                    Assert.Equal(expected.Score, found, 1e-4);
            }
        }
    }

    [Fact]
    public void ALengthPenaltyDividesByTheLength()
    {
        var layout = TokenLayout.PerLevel([3, 3]);
        using var trie = PrefixTrie.BuildRagged(
            [
                [0],
                [1, 2],
                [1, 0],
            ],
            null,
            layout
        );
        using var decoder = new TableDecoder(8, 1, 3);
        using var plain = new BeamSearch(trie.All, new BeamOptions { Width = 3 }).Run(decoder);
        using var again = new TableDecoder(8, 1, 3);
        using var divided = new BeamSearch(trie.All, new BeamOptions { Width = 3, LengthPenalty = 1 }).Run(again);
        using var one = plain.ToItems(3);
        using var other = divided.ToItems(3);
        var scores = Row(one.Items, 0).Zip(Scores(one.Scores, 0)).ToDictionary(pair => pair.First, pair => pair.Second);
        var found = Row(other.Items, 0).Zip(Scores(other.Scores, 0)).ToArray();
        foreach (var (item, score) in found)
            Assert.Equal(scores[item] / (item == 1 ? 1 : 2), score, 1e-5f);
        Assert.Equal(
            found.OrderByDescending(pair => pair.Second).Select(pair => pair.First),
            found.Select(pair => pair.First)
        );
    }

    [Fact]
    public void GroupsSpreadOverTheFirstCodes()
    {
        using var scope = NewDisposeScope();
        // Code 0 of the first level is far ahead, so plain beams all begin with it.
        var first = tensor(new[] { 5f, 0f, 0f, 0f }).view(1, 4);
        var codes = Enumerable.Range(0, 16).SelectMany(at => new[] { at / 4, at % 4 }).ToArray();
        using var trie = PrefixTrie.Build(codes, 2, layout: TokenLayout.PerLevel([4, 4]));
        var decoder = () => new HeadsStepDecoder([first, zeros(1, 4)]);
        using var plain = new BeamSearch(trie.All, new BeamOptions { Width = 4 }).Run(decoder());
        var options = new BeamOptions
        {
            Width = 4,
            Groups = 4,
            DiversityPenalty = 10,
        };
        using var diverse = new BeamSearch(trie.All, options).Run(decoder());
        Assert.Single(plain.Tokens[0].select(1, 0).data<long>().ToArray().Distinct());
        Assert.Equal(4, diverse.Tokens[0].select(1, 0).data<long>().ToArray().Distinct().Count());
        Assert.True((diverse.Scores.narrow(1, 0, 3) >= diverse.Scores.narrow(1, 1, 3)).all().item<bool>()); // own scores, best first
        using var alone = new BeamSearch(trie.All, options with { DiversityPenalty = 0 }).Run(decoder());
        using var lists = alone.ToItems(4);
        Assert.Equal(1, Row(lists.Items, 0).Count(item => item > 0)); // four equal groups name one item once
    }

    [Fact]
    public void ASearchLeavesItsResultBehindAndNoMore()
    {
        using var trie = PrefixTrie.Build([0, 1, 0, 2, 3, 3], 2, layout: TokenLayout.PerLevel([6, 6]));
        var search = new BeamSearch(trie.All, new BeamOptions { Width = 3 });
        using var decoder = new TableDecoder(5, 2, 6);
        using var scope = NewDisposeScope();
        using var ids = search.Run(decoder);
        Assert.Equal(0, scope.DisposablesCount); // its owner disposes it
        using var lists = ids.ToItems(3);
        Assert.Equal(2, scope.DisposablesCount);
    }

    [Fact]
    public void AModelOfAnotherVocabularyIsNamed()
    {
        using var trie = PrefixTrie.Build([0, 9], 2);
        using var decoder = new TableDecoder(5, 2, 6);
        var search = new BeamSearch(trie.All, new BeamOptions { Width = 3 });
        Assert.Contains(
            "gives 6 logits for level 2",
            Assert.Throws<InvalidOperationException>(() => search.Run(decoder)).Message
        );
    }

    [Fact]
    public void BadOptionsAreNamed()
    {
        using var trie = PrefixTrie.Build([0, 1], 1);
        Assert.Contains(
            "Width",
            Assert
                .Throws<ArgumentOutOfRangeException>(() => new BeamSearch(trie.All, new BeamOptions { Width = 0 }))
                .Message
        );
        Assert.Contains(
            "3 groups",
            Assert
                .Throws<ArgumentException>(() => new BeamSearch(trie.All, new BeamOptions { Width = 4, Groups = 3 }))
                .Message
        );
        using var view = trie.All.Only([1]);
        using var exclusion = view.Exclude(
            Histories.From([
                [1],
            ])
        );
        using var decoder = new TableDecoder(5, 1, 6);
        var search = new BeamSearch(trie.All, new BeamOptions());
        Assert.Contains("another view", Assert.Throws<ArgumentException>(() => search.Run(decoder, exclusion)).Message);
    }

    internal static long[] Row(Tensor table, int row) => table[row].data<long>().ToArray();

    internal static float[] Scores(Tensor table, int row) => table[row].data<float>().ToArray();

    /// <summary>Ids of a user's beams that are alive, in order.</summary>
    private static string[] Paths(GeneratedIds ids, int user) =>
        [
            .. Enumerable
                .Range(0, (int)ids.Scores.shape[1])
                .Where(beam => ids.Scores[user, beam].item<float>() > float.NegativeInfinity)
                .Select(beam => string.Join(' ', ids.Tokens[user][beam].data<long>().ToArray())),
        ];

    /// <summary>Scores of beam search with lists and sorting.</summary>
    private static double[] SlowSearch(TableDecoder model, int user, DictionaryTrie trie, int levels, int width)
    {
        var beams = new List<(long[] Tokens, double Score)> { ([], 0) };
        for (var level = 0; level < levels; level++)
            beams =
            [
                .. beams
                    .SelectMany(beam =>
                    {
                        var next = model.After(user, beam.Tokens);
                        return trie.Legal(beam.Tokens)
                            .Select(token => ((long[])[.. beam.Tokens, token], Score: beam.Score + next[token]));
                    })
                    .OrderByDescending(beam => beam.Score)
                    .Take(width),
            ];
        return [.. beams.Select(beam => beam.Score)];
    }

    private static bool UsesLevelTokens(string path, Catalogue catalogue)
    {
        var tokens = path.Split(' ').Select(long.Parse).ToArray();
        return Enumerable
            .Range(0, catalogue.Levels)
            .All(level => catalogue.Ids.Any(id => id.Tokens[level] == tokens[level]));
    }

    /// <summary>Logits that are small whole numbers, so that scores are equal often; of nine tokens.</summary>
    private sealed class CoarseDecoder(ScalarType type) : IStepDecoder
    {
        private static readonly float[] values = [0, 1, 1, 2, 0, 2, 1, 0, 1];

        public int Users => BeamSearchTests.Users;

        public Tensor Start() => Logits(zeros(BeamSearchTests.Users, 1, dtype: ScalarType.Int64));

        public Tensor Next(Tensor tokens, Tensor parents) => Logits(tokens);

        public void Dispose() { }

        private Tensor Logits(Tensor tokens)
        {
            using var scope = NewDisposeScope();
            var column = arange(9, dtype: ScalarType.Int64);
            var place = (tokens.unsqueeze(-1) * 4 + column).remainder(9); // [B, W, 9]
            return tensor(values)
                .index_select(0, place.view(-1))
                .view(place.shape)
                .to_type(type)
                .alias()
                .MoveToOuterDisposeScope();
        }
    }
}

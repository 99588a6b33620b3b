using CsCheck;
using GenRec.Shared.Decoding;
using GenRec.Shared.Tests.Data;
using static TorchSharp.torch;

namespace GenRec.Shared.Tests.Decoding;

/// <summary>A random catalogue: some items, some of them with equal ids.</summary>
internal sealed record Catalogue(int Levels, int Codes, int[] Flat, int[] Items)
{
    public TokenLayout Layout => TokenLayout.Joint([.. Enumerable.Repeat(Codes, Levels)], first: 2);

    public int Vocabulary => 2 + Levels * Codes;

    public PrefixTrie Trie => PrefixTrie.Build(Flat, Levels, Items, Layout);

    /// <summary>Each item with its tokens.</summary>
    public (int Item, long[] Tokens)[] Ids =>
        [
            .. Items.Select(
                (item, row) =>
                    (
                        item,
                        Enumerable
                            .Range(0, Levels)
                            .Select(level => (long)Layout.TokenOf(level, Flat[row * Levels + level]))
                            .ToArray()
                    )
            ),
        ];
}

/// <summary>Random catalogues, and tries as plain sets.</summary>
internal static class DecodingGen
{
    /// <summary>1 to 3 levels of up to 4 codes, 1 to 25 items in random order with gaps between their numbers.</summary>
    public static readonly Gen<Catalogue> Catalogues =
        from levels in Gen.Int[1, 3]
        from codes in Gen.Int[1, 4]
        from flat in DataGen.Arrays(DataGen.Arrays(Gen.Int[0, codes - 1], levels, levels), 1, 25)
        from items in Gen.Shuffle(Enumerable.Range(1, 40).ToArray(), flat.Length)
        select new Catalogue(levels, codes, [.. flat.SelectMany(row => row)], items);

    /// <summary>The tokens that the trie allows after a prefix, ascending.</summary>
    public static long[] Legal(TrieView view, IEnumerable<long> prefix, Tensor? excluded = null)
    {
        using var scope = NewDisposeScope();
        var trie = view.Trie;
        var state = zeros(1, 1, dtype: ScalarType.Int64);
        var level = 0;
        foreach (var token in prefix)
        {
            state = trie.Child(state, tensor(new[] { token }).view(1, 1));
            level++;
        }
        if (state.item<long>() == trie.Dead || level == trie.Depth)
            return [];
        var values = zeros(1, 1, trie.LargestToken.Max() + 1);
        var found = new CandidateFinder(view, IdConstraint.Trie, renormalise: false).Find(
            level,
            state,
            values,
            excluded
        );
        var open = found.LogProbabilities.view(-1).data<float>().ToArray();
        var tokens = found.Tokens!.view(-1).data<long>().ToArray();
        return [.. tokens.Where((_, at) => open[at] == 0).Order()];
    }
}

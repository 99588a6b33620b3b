using CsCheck;
using GenRec.Shared.Decoding;
using GenRec.Shared.Plotting;
using static TorchSharp.torch;

namespace GenRec.Shared.Tests.Decoding;

public class BeamTraceTests
{
    [Fact]
    public void ATraceFindsWhatTheSearchFinds() =>
        Gen.Select(DecodingGen.Catalogues, Gen.Int[1, 6], Gen.UInt[0, 1000])
            .Sample(
                (catalogue, width, seed) =>
                {
                    using var scope = NewDisposeScope();
                    using var trie = catalogue.Trie;
                    using var traced = new TableDecoder(seed, 1, catalogue.Vocabulary);
                    using var searched = new TableDecoder(seed, 1, catalogue.Vocabulary);
                    var trace = BeamTrace.Of(traced, trie, width);
                    using var ids = new BeamSearch(trie.All, new BeamOptions { Width = width }).Run(searched);
                    var scores = ids.Scores[0].data<float>().ToArray().Where(float.IsFinite).ToArray();
                    Assert.Equal(scores.Length, trace.Found.Count);
                    for (var at = 0; at < scores.Length; at++)
                    {
                        var tokens = ids.Tokens[0, at].data<long>().ToArray();
                        var codes = tokens.Select((token, level) => (int)token - trie.Layout.Starts[level]);
                        Assert.Equal(codes, trace.CodesOf(trace.Found[at]));
                        Assert.Equal(scores[at], trace.Prefixes[trace.Found[at]].Score, 1e-4f);
                    }
                },
                iter: 30
            );

    [Fact]
    public void WhatWasThrownAwayIsThereToBeSeen()
    {
        using var trie = PrefixTrie.Build([0, 0, 0, 1, 1, 0], 2);
        using var decoder = new TableDecoder(3, 1, 2);
        var trace = BeamTrace.Of(decoder, trie, width: 1);
        Assert.Equal(1, trace.Prefixes.Count(one => one.Level == 1 && !one.IsKept));
        Assert.Equal([1, 2, 3], trace.Prefixes[0].Items);
        Assert.Equal([1, 2], trace.Prefixes.Single(one => one.Level == 1 && one.Code == 0).Items);
        Assert.Single(trace.Found);
    }

    [Fact]
    public void SeveralUsersAndRaggedIdsAreRefused()
    {
        using var trie = PrefixTrie.Build([0, 1], 1);
        using var two = new TableDecoder(1, 2, 2);
        Assert.Throws<ArgumentException>(() => BeamTrace.Of(two, trie, 1));
        using var ragged = PrefixTrie.BuildRagged(
            [
                [0],
                [1, 0],
            ],
            null,
            TokenLayout.PerLevel([2, 2])
        );
        using var one = new TableDecoder(1, 1, 2);
        Assert.Throws<ArgumentException>(() => BeamTrace.Of(one, ragged, 1));
    }

    [Fact]
    public void FiguresNameItemsAndMarkWhatWasLost()
    {
        using var trie = PrefixTrie.Build([0, 0, 0, 1, 1, 0], 2);
        string Title(int item) => $"<item {item}>";
        var drawn = DecodingFigures.Trie(trie, Title).ToHtml();
        Assert.Contains("item 3", drawn, StringComparison.Ordinal);
        Assert.DoesNotContain("<item 3>", drawn, StringComparison.Ordinal);
        using var decoder = new TableDecoder(3, 1, 2);
        var trace = BeamTrace.Of(decoder, trie, width: 1);
        var lost = trace.Prefixes.First(one => one.Level == 1 && !one.IsKept).Items;
        Assert.Contains(
            "with a wanted item",
            DecodingFigures.Beam(trace, Title, lost).ToHtml(),
            StringComparison.Ordinal
        );
        Assert.DoesNotContain(
            "with a wanted item",
            DecodingFigures.Beam(trace, Title).ToHtml(),
            StringComparison.Ordinal
        );
        using var large = PrefixTrie.Build([.. Enumerable.Range(0, 1000)], 1);
        Assert.Throws<ArgumentException>(() => DecodingFigures.Trie(large, Title));
    }
}

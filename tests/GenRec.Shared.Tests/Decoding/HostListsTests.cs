using CsCheck;
using GenRec.Shared.Data;
using GenRec.Shared.Decoding;
using GenRec.Shared.Tests.Data;
using static TorchSharp.torch;

namespace GenRec.Shared.Tests.Decoding;

public class HostListsTests
{
    private const int Users = 3;
    private const int Beams = 12;

    [Fact]
    public void PlainLoopsListWhatTheOperatorsList() => // any state, repeated ones, beams that found nothing, ids that items share
        Gen.Select(
                DecodingGen.Catalogues,
                DataGen.Arrays(Gen.Int[0, int.MaxValue - 1], Users * Beams, Users * Beams),
                DataGen.Arrays(Gen.Float[-9, 0], Users * Beams, Users * Beams),
                DataGen.Arrays(Gen.Bool, Users * Beams, Users * Beams),
                DataGen.Arrays(DataGen.Arrays(Gen.Int[1, 41], 0, 20), Users, Users),
                DataGen.Arrays(Gen.Int[1, 41], 0, 20)
            )
            .Sample(
                (catalogue, states, scores, isAlive, seen, hidden) =>
                {
                    using var scope = NewDisposeScope();
                    using var trie = catalogue.Trie;
                    using var view = trie.All.Without(hidden);
                    using var exclusion = view.Exclude(Histories.From(seen));
                    var at = tensor(states.Select(state => state % (trie.Dead + 1)).ToArray()).view(Users, Beams);
                    var score = tensor(
                            scores.Zip(isAlive, (value, lives) => lives ? value : float.NegativeInfinity).ToArray()
                        )
                        .view(Users, Beams);
                    foreach (var (shown, left) in new[] { (trie.All, null), (view, null), (view, exclusion) })
                    foreach (var k in new[] { 1, 4, 50 })
                    {
                        var ids = new GeneratedIds(shown, left, zeros_like(at).unsqueeze(-1), score, at);
                        var lists = ids.ToItems(k);
                        var (items, values) = ids.ListsByOperators(k);
                        Assert.Equal(items.data<long>().ToArray(), lists.Items.data<long>().ToArray());
                        Assert.Equal(values.data<float>().ToArray(), lists.Scores.data<float>().ToArray());
                        var isItem = GeneratedIds.IsItemByOperators(trie, at, score);
                        Assert.Equal(isItem.data<bool>().ToArray(), ids.IsItem.data<bool>().ToArray());
                    }
                },
                iter: 60
            );
}

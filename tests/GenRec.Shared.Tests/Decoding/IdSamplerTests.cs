using GenRec.Shared.Decoding;
using static TorchSharp.torch;

namespace GenRec.Shared.Tests.Decoding;

[Collection(TorchGenerator.Name)]
public class IdSamplerTests
{
    private static readonly int[] Codes = [0, 0, 0, 1, 1, 0, 2, 2]; // items 1 to 4
    private const int Draws = 4000;

    [Theory]
    [InlineData(1.0)]
    [InlineData(2.0)]
    [InlineData(0.5)]
    public void IdsComeInProportionToTheirTemperedProbability(double temperature)
    {
        using var trie = PrefixTrie.Build(Codes, 2, layout: TokenLayout.PerLevel([3, 3]));
        using var decoder = new TableDecoder(6, 1, 3);
        var options = new SamplingOptions { Samples = Draws, Temperature = temperature };
        using var ids = new IdSampler(trie.All, options).Run(decoder);
        var found = Counts(ids);
        var expected = Tempered(decoder, temperature);
        Assert.Equal(0, ids.Invalid);
        foreach (var (path, share) in expected)
            Assert.Equal(share, found.GetValueOrDefault(path) / (double)Draws, 0.04); // 5 standard deviations
        Assert.Equal(decoder.Of(0, [0, 1]), ScoreOf(ids, "0 1"), 1e-4); // the model's own score, whatever the temperature
    }

    [Fact]
    public void TopPDrawsOnlyFromTheNucleus()
    {
        using var scope = NewDisposeScope();
        var head = tensor(new[] { 0.5f, 0.3f, 0.15f, 0.05f }).log().view(1, 4);
        using var trie = PrefixTrie.Build([0, 1, 2, 3], 1);
        using var ids = new IdSampler(trie.All, new SamplingOptions { Samples = 500, TopP = 0.6 }).Run(
            new HeadsStepDecoder([head])
        );
        Assert.Equal(["0", "1"], Counts(ids).Keys.Order()); // 0.5 is not enough, 0.8 is
    }

    [Fact]
    public void StochasticBeamsDrawDifferentIdsAndIncludeEachAsOftenAsSequentialDrawingDoes()
    {
        using var trie = PrefixTrie.Build(Codes, 2, layout: TokenLayout.PerLevel([3, 3]));
        using var first = new TableDecoder(6, 1, 3);
        var share = Tempered(first, 1);
        const int rounds = 1500;
        var (counts, starts) = (new Dictionary<string, int>(), new Dictionary<string, int>());
        for (var seed = 0; seed < rounds; seed++)
        {
            using var decoder = new TableDecoder(6, 1, 3);
            var options = new SamplingOptions
            {
                Samples = 2,
                WithoutReplacement = true,
                Seed = seed,
            };
            using var ids = new IdSampler(trie.All, options).Run(decoder);
            var paths = Paths(ids);
            Assert.Equal(2, paths.Distinct().Count());
            foreach (var path in paths)
                counts[path] = counts.GetValueOrDefault(path) + 1;
            starts[paths[0]] = starts.GetValueOrDefault(paths[0]) + 1;
        }
        foreach (var (path, p) in share)
        {
            var second = share.Where(other => other.Key != path).Sum(other => other.Value * p / (1 - other.Value));
            Assert.Equal(p, starts.GetValueOrDefault(path) / (double)rounds, 0.06);
            Assert.Equal(p + second, counts.GetValueOrDefault(path) / (double)rounds, 0.06);
        }
    }

    [Fact]
    public void OneSeedGivesOneResult()
    {
        using var trie = PrefixTrie.Build(Codes, 2, layout: TokenLayout.PerLevel([3, 3]));
        string[] Run(long seed)
        {
            using var decoder = new TableDecoder(6, 2, 3);
            using var ids = new IdSampler(trie.All, new SamplingOptions { Samples = 20, Seed = seed }).Run(decoder);
            return Paths(ids);
        }
        Assert.Equal(Run(3), Run(3));
        Assert.NotEqual(Run(3), Run(4));
    }

    [Fact]
    public void ListsNameADrawnItemOnce()
    {
        using var trie = PrefixTrie.Build(Codes, 2, layout: TokenLayout.PerLevel([3, 3]));
        using var decoder = new TableDecoder(6, 1, 3);
        using var ids = new IdSampler(trie.All, new SamplingOptions { Samples = 200 }).Run(decoder);
        using var lists = ids.ToItems(10);
        Assert.Equal([1, 2, 3, 4], BeamSearchTests.Row(lists.Items, 0).Where(item => item > 0).Order());
    }

    [Fact]
    public void WithoutConstraintInvalidIdsAreCounted()
    {
        using var trie = PrefixTrie.Build(Codes, 2, layout: TokenLayout.PerLevel([3, 3]));
        using var decoder = new TableDecoder(6, 1, 3);
        var options = new SamplingOptions { Samples = 300, Constraint = IdConstraint.None };
        using var ids = new IdSampler(trie.All, options).Run(decoder);
        string[] known = ["0 0", "0 1", "1 0", "2 2"];
        Assert.Equal(Counts(ids).Where(pair => !known.Contains(pair.Key)).Sum(pair => pair.Value), ids.Invalid);
        Assert.InRange(ids.Invalid, 1, 299);
    }

    [Fact]
    public void AnEmptyViewDrawsNothing()
    {
        using var trie = PrefixTrie.Build(Codes, 2, layout: TokenLayout.PerLevel([3, 3]));
        using var view = trie.All.Only([]);
        foreach (var distinct in new[] { false, true })
        {
            using var decoder = new TableDecoder(6, 1, 3);
            var options = new SamplingOptions { Samples = 3, WithoutReplacement = distinct };
            using var ids = new IdSampler(view, options).Run(decoder);
            Assert.Equal(0, ids.Generated);
        }
    }

    [Fact]
    public void OptionsThatExcludeEachOtherAreNamed()
    {
        using var trie = PrefixTrie.Build(Codes, 2);
        var options = new SamplingOptions { TopP = 0.9, WithoutReplacement = true };
        Assert.Contains("TopP", Assert.Throws<ArgumentException>(() => new IdSampler(trie.All, options)).Message);
    }

    /// <summary>Probability of each id when every step draws among legal tokens.</summary>
    private static Dictionary<string, double> Tempered(TableDecoder model, double temperature)
    {
        var first = Softmax(model.After(0, []), temperature, [0, 1, 2]);
        var below = Softmax(model.After(0, [0]), temperature, [0, 1]);
        return new()
        {
            ["0 0"] = first[0] * below[0],
            ["0 1"] = first[0] * below[1],
            ["1 0"] = first[1],
            ["2 2"] = first[2],
        };
    }

    private static double[] Softmax(double[] logs, double temperature, int[] legal)
    {
        var weights = legal.Select(token => Math.Exp(logs[token] / temperature)).ToArray();
        return [.. weights.Select(weight => weight / weights.Sum())];
    }

    private static string[] Paths(GeneratedIds ids)
    {
        var (tokens, depth) = (ids.Tokens.data<long>().ToArray(), (int)ids.Tokens.shape[2]);
        return [.. tokens.Chunk(depth).Select(path => string.Join(' ', path))];
    }

    private static Dictionary<string, int> Counts(GeneratedIds ids) =>
        Paths(ids).GroupBy(path => path).ToDictionary(group => group.Key, group => group.Count());

    private static float ScoreOf(GeneratedIds ids, string path) =>
        ids.Scores[0, Array.IndexOf(Paths(ids), path)].item<float>();
}

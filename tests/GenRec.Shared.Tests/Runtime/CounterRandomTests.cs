using GenRec.Shared.Runtime;

namespace GenRec.Shared.Tests.Runtime;

public class CounterRandomTests
{
    [Theory] // kat_vectors of the authors' Random123 library, philox4x32 with 10 rounds
    [InlineData(0u, 0u, 0u, 0u, 0u, 0u, 0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u)]
    [InlineData(~0u, ~0u, ~0u, ~0u, ~0u, ~0u, 0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu)]
    [InlineData(
        0x243f6a88u,
        0x85a308d3u,
        0x13198a2eu,
        0x03707344u,
        0xa4093822u,
        0x299f31d0u,
        0xd16cfe09u,
        0x94fdccebu,
        0x5001e420u,
        0x24126ea1u
    )]
    public void TheCipherGivesTheAuthorsKnownAnswers(
        uint c0,
        uint c1,
        uint c2,
        uint c3,
        uint k0,
        uint k1,
        uint a,
        uint b,
        uint c,
        uint d
    ) => Assert.Equal((a, b, c, d), CounterRandom.Philox4x32((c0, c1, c2, c3), (k0, k1)));

    [Fact]
    public void SeedStreamAndIndexEachChangeTheDraw()
    {
        var draws = new HashSet<ulong>();
        for (var seed = 0ul; seed < 10; seed++)
        for (var stream = 0; stream < 10; stream++)
        for (var index = 0; index < 10; index++)
            draws.Add(new CounterRandom(seed).At(stream, index).UInt64);
        Assert.Equal(1000, draws.Count);
        Assert.NotEqual(new CounterRandom(1).Fork("a"), new CounterRandom(1).Fork("b"));
        Assert.Equal(new CounterRandom(1).Fork("a"), new CounterRandom(1).Fork("a"));
    }

    [Fact]
    public void NormalsHaveTheMomentsOfANormal()
    {
        var random = new CounterRandom(7);
        var values = Enumerable.Range(0, 20_000).Select(i => random.At(0, i).Normal).ToArray();
        Assert.Equal(0, values.Average(), 0.03);
        Assert.Equal(1, values.Average(v => v * v), 0.04);
        Assert.Equal(3, values.Average(v => v * v * v * v), 0.25);
    }

    [Fact]
    public void IntegersAndCategoriesFollowTheirWeights()
    {
        var random = new CounterRandom(3);
        double[] weights = [1, 0, 2, 5];
        var (uniform, weighted) = (new double[5], new double[4]);
        for (var i = 0; i < 20_000; i++)
        {
            uniform[random.At(0, i).Below(5)]++;
            weighted[random.At(1, i).Categorical(weights)]++;
        }
        Assert.All(uniform, count => Assert.InRange(count, 3_800, 4_200));
        Assert.Equal(0, weighted[1]);
        Assert.All([0, 2, 3], k => Assert.Equal(weights[k] / 8, weighted[k] / 20_000, 0.012));
    }

    [Fact]
    public void AShuffleKeepsEveryValueAndReachesEveryOrder()
    {
        var orders = new Dictionary<string, int>();
        for (var stream = 0ul; stream < 6_000; stream++)
        {
            int[] values = [1, 2, 3];
            new CounterRandom(5).Shuffle(values.AsSpan(), stream);
            Assert.Equal([1, 2, 3], values.Order());
            var order = string.Join("", values);
            orders[order] = orders.GetValueOrDefault(order) + 1;
        }
        Assert.Equal(6, orders.Count);
        Assert.All(orders.Values, count => Assert.InRange(count, 880, 1_120));
    }

    [Fact]
    public void WeightsThatAreNoDistributionAreRefused()
    {
        var draw = new CounterRandom(0).At(0, 0);
        Assert.Throws<ArgumentException>(() => draw.Categorical([0, 0]));
        Assert.Throws<ArgumentException>(() => draw.Categorical([1, -1]));
        Assert.Throws<ArgumentException>(() => draw.Categorical([1, double.NaN]));
        Assert.Throws<ArgumentException>(() => draw.Categorical([1, double.PositiveInfinity]));
        Assert.Throws<ArgumentOutOfRangeException>(() => draw.Below(0));
    }
}

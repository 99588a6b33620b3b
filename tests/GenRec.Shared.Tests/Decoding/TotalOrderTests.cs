using CsCheck;
using GenRec.Shared.Decoding;
using static TorchSharp.torch;

namespace GenRec.Shared.Tests.Decoding;

public class TotalOrderTests
{
    [Fact]
    public void TheBestAreThoseOfAStableSort() =>
        Gen.Select(Gen.Int[1, 90], Gen.Int[0, 89], Gen.Int)
            .Sample(
                (length, most, seed) =>
                {
                    using var scope = NewDisposeScope();
                    var random = new Random(seed);
                    var row = Enumerable.Range(0, length).Select(_ => Score(random)).ToArray();
                    var k = Math.Min(length, most + 1);
                    var expected = Enumerable.Range(0, length).OrderByDescending(at => row[at]).Take(k).ToArray();
                    var twice = tensor(row.Concat(row).ToArray()).view(2, length); // two rows, each on its own
                    foreach (var best in new[] { TotalOrder.Best(twice, k), TotalOrder.BestByOperators(twice, k) })
                        for (var at = 0; at < k; at++)
                        for (var copy = 0; copy < 2; copy++)
                        {
                            Assert.Equal(expected[at], best.Places[copy, at].item<long>());
                            Assert.Equal(row[expected[at]], best.Scores[copy, at].item<float>());
                        }
                },
                iter: 60
            );

    private static float Score(Random random) => // many ties
        random.Next(4) switch
        {
            0 => float.NegativeInfinity,
            1 => random.NextSingle() * -50,
            _ => random.Next(-3, 4),
        };
}

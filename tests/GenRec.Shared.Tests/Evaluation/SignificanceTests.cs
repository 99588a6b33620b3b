using CsCheck;
using GenRec.Shared.Evaluation;

namespace GenRec.Shared.Tests.Evaluation;

public class SignificanceTests
{
    [Fact]
    public void TheExactWilcoxonPEqualsTheCountOverAllSigns()
    {
        Gen.UInt.Sample(
            seed =>
            {
                var random = new Random((int)seed);
                double[] differences = [.. Enumerable.Range(0, 9).Select(_ => random.Next(-3, 4) / 2.0)]; // ties and zeros
                var comparison = PairedTest.Compare(differences, new double[9], samples: 10);
                Assert.Equal(WilcoxonOverAllSigns([.. differences.Where(d => d != 0)]), comparison.WilcoxonP, 9);
                Assert.Equal(differences.Count(d => d != 0), comparison.Differing);
            },
            iter: 50
        );
    }

    [Fact]
    public void ThePermutationPApproachesTheCountOverAllSigns()
    {
        double[] differences = [0.9, -0.2, 0.4, 0.4, -0.1, 0.7, 0, 0.3, -0.4];
        double[] present = [.. differences.Where(d => d != 0)];
        var sums = Signs(present.Length).Select(signs => Math.Abs(signs.Zip(present, (s, d) => s * d).Sum())).ToList();
        var exact = sums.Count(sum => sum >= present.Sum() - 1e-9) / (double)sums.Count;
        var comparison = PairedTest.Compare(differences, new double[9], samples: 20_000);
        Assert.InRange(comparison.PermutationP, exact - 0.015, exact + 0.015); // four standard deviations
        Assert.Equal(comparison, PairedTest.Compare(differences, new double[9], samples: 20_000)); // no chance in it
    }

    [Fact]
    public void TheNormalApproximationTakesOverWhereTheExactCountEnds()
    {
        var random = new Random(5);
        double[] differences = [.. Enumerable.Range(0, 101).Select(_ => random.NextDouble() - 0.42)];
        var exact = PairedTest.Compare(differences[..100], new double[100], samples: 10).WilcoxonP;
        var approximate = PairedTest.Compare(differences, new double[101], samples: 10).WilcoxonP;
        Assert.InRange(approximate / exact, 0.5, 2); // one case more or less and another formula
    }

    [Theory] // erfc(z / sqrt 2) / 2 of the C library, on both sides of the change of formula
    [InlineData(0.0, 0.5)]
    [InlineData(1.0, 0.15865525393145707)]
    [InlineData(1.959963984540054, 0.025)]
    [InlineData(2.999, 0.0013543365337271066)]
    [InlineData(3.0, 0.0013498980316301)]
    [InlineData(5.0, 2.866515718791939e-7)]
    public void TheNormalTailIsHalfTheComplementaryErrorFunction(double z, double tail) =>
        Assert.Equal(1, PairedTest.NormalTail(z) / tail, 9);

    [Fact]
    public void EqualRunsDoNotDiffer()
    {
        double[] values = [0, 1, 0.5, 1];
        var comparison = PairedTest.Compare(values, values);
        Assert.Equal((1, 1, 0), (comparison.PermutationP, comparison.WilcoxonP, comparison.Differing));
        Assert.Equal((0, 0, 0), (comparison.Difference.Mean, comparison.Difference.Low, comparison.Difference.High));
        Assert.Throws<ArgumentException>(() => PairedTest.Compare(values, [1, 2]));
    }

    [Fact]
    public void TheBootstrapIntervalOfAShareIsItsBinomialOne()
    {
        double[] values = [.. Enumerable.Range(0, 1000).Select(i => i < 300 ? 1.0 : 0.0)];
        var interval = Bootstrap.Mean(values, samples: 4000);
        var half = 1.96 * Math.Sqrt(0.3 * 0.7 / 1000);
        Assert.Equal(0.3, interval.Mean, 12);
        Assert.InRange(interval.Low, 0.3 - half - 0.003, 0.3 - half + 0.003);
        Assert.InRange(interval.High, 0.3 + half - 0.003, 0.3 + half + 0.003);
        Assert.Equal(interval, Bootstrap.Mean(values, samples: 4000));
        Assert.NotEqual(interval.Low, Bootstrap.Mean(values[..997], samples: 4000, seed: 1).Low);
    }

    [Fact]
    public void TheIntervalCoversTheTruthAboutAsOftenAsItSays()
    {
        var random = new Random(11);
        var covered = 0;
        for (var trial = 0; trial < 200; trial++)
        {
            double[] values = [.. Enumerable.Range(0, 80).Select(_ => random.NextDouble())];
            var interval = Bootstrap.Mean(values, 0.9, 200, (ulong)trial);
            covered += interval.Low <= 0.5 && 0.5 <= interval.High ? 1 : 0;
        }
        Assert.InRange(covered, 163, 195); // 180 expected, standard deviation 4.2
    }

    [Fact]
    public void SeedsAreSummarisedByMeanAndStandardError()
    {
        Assert.Equal(new SeedMean(0.25, null), SeedMean.Of([0.25]));
        var three = SeedMean.Of([1, 2, 6]);
        Assert.Equal((3, Math.Sqrt(7.0 / 3)), (three.Mean, three.StandardError!.Value)); // variance (4 + 1 + 9) / 2 = 7
        Assert.Throws<ArgumentException>(() => SeedMean.Of([]));
    }

    private static double WilcoxonOverAllSigns(double[] differences)
    {
        if (differences.Length == 0)
            return 1;
        var sizes = differences.Select(Math.Abs).ToArray();
        var ranks = sizes
            .Select(size => sizes.Count(s => s < size) + (sizes.Count(s => s == size) + 1) / 2.0)
            .ToArray();
        double Sum(IEnumerable<int> signs) => Math.Abs(signs.Zip(ranks, (sign, rank) => sign * rank).Sum());
        var observed = Sum(differences.Select(Math.Sign));
        var all = Signs(differences.Length).Select(Sum).ToList();
        return all.Count(sum => sum >= observed) / (double)all.Count;
    }

    private static IEnumerable<int[]> Signs(int n) =>
        Enumerable
            .Range(0, 1 << n)
            .Select(bits => Enumerable.Range(0, n).Select(i => (bits >> i & 1) == 0 ? 1 : -1).ToArray());
}

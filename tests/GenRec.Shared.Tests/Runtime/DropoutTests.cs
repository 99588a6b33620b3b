using GenRec.Shared.Runtime;
using static TorchSharp.torch;

namespace GenRec.Shared.Tests.Runtime;

public sealed class DropoutTests
{
    [Fact]
    public void EveryVectorWidthWritesTheSameMask()
    {
        var key = new MaskKey(0x0123456789ABCDEF, 0x1_0000_0007, 3);
        foreach (var length in new[] { 0, 1, 63, 64, 65, 1000, 4096 })
        {
            var expected = new float[length];
            PhiloxMask.Fill(expected, 13107, 1.25f, key, width: 0);
            foreach (var width in PhiloxMask.Widths())
            {
                var actual = new float[length];
                PhiloxMask.Fill(actual, 13107, 1.25f, key, width);
                Assert.Equal(expected, actual);
            }
        }
    }

    [Theory]
    [InlineData(0.1)]
    [InlineData(0.2)]
    [InlineData(0.5)]
    [InlineData(0.9)]
    public void TheShareOfZerosIsTheProbabilityAndNeighboursAreIndependent(double p)
    {
        const int n = 1 << 18;
        var mask = Mask(n, p, new DropoutStream(7, 11));
        var dropped = mask.Count(value => value == 0);
        Assert.InRange(dropped, n * p - 5 * Math.Sqrt(n * p * (1 - p)), n * p + 5 * Math.Sqrt(n * p * (1 - p)));
        Assert.All(mask.Where(value => value != 0).Distinct(), value => Assert.Equal(1, value * (1 - p), 2e-4));
        foreach (var lag in new[] { 1, 2, 16, 32, 64, 1024 }) // both halves of a word, its neighbours, the next group
        {
            var both = Enumerable.Range(0, n - lag).Count(i => mask[i] == 0 && mask[i + lag] == 0);
            var deviation = 5 * Math.Sqrt(n * p * p * (1 + 2 * p) * (1 - p)) + 5;
            Assert.InRange(both, (n - lag) * p * p - deviation, (n - lag) * p * p + deviation);
        }
    }

    [Fact]
    public void MasksDependOnSeedStepAndCallAndOnNothingElse()
    {
        var stream = new DropoutStream(1, 2);
        var (first, second) = (Mask(4096, 0.5, stream), Mask(4096, 0.5, stream));
        Assert.Equal(first, Mask(4096, 0.5, new DropoutStream(1, 2)));
        Assert.Equal(first[..100], Mask(100, 0.5, new DropoutStream(1, 2)));
        foreach (var other in new[] { second, Mask(4096, 0.5, new(1, 3)), Mask(4096, 0.5, new(2, 2)) })
            Assert.InRange(first.Zip(other).Count(pair => pair.First == pair.Second), 1848, 2248); // half, give or take 6 sigma
    }

    [Fact]
    public void TheGradientPassesThroughTheSameMask()
    {
        using var scope = NewDisposeScope();
        var x = ones(32, 16).requires_grad_();
        var y = SeededDropout.Apply(x, 0.3, new DropoutStream(5, 0));
        y.sum().backward();
        AssertSame(x.grad!, y);
        Assert.True(y.eq(0).any().item<bool>());
    }

    [Fact]
    public void TheExtremesKeepAllOrNothing()
    {
        using var scope = NewDisposeScope();
        var x = rand(100);
        AssertSame(SeededDropout.Apply(x, 0, new DropoutStream(5, 0)), x);
        Assert.Equal(0f, SeededDropout.Apply(x, 1, new DropoutStream(5, 0)).abs().sum().item<float>());
        foreach (var p in new[] { -0.1, 1.1, double.NaN })
            Assert.Throws<ArgumentOutOfRangeException>(() => SeededDropout.Apply(x, p, new DropoutStream(5, 0)));
    }

    [Fact]
    public void NarrowTypesKeepTheirTypeAndTheirMean()
    {
        using var scope = NewDisposeScope();
        var y = SeededDropout.Apply(ones(1 << 16, dtype: ScalarType.BFloat16), 0.25, new DropoutStream(5, 0));
        Assert.Equal(ScalarType.BFloat16, y.dtype);
        Assert.Equal(1.0, y.to(ScalarType.Float32).mean().item<float>(), 0.02);
    }

    [Fact]
    public void TheModuleDropsInTrainingOnlyAndDrawsFromTheCurrentStream()
    {
        using var scope = NewDisposeScope();
        var module = new SeededDropout(0.5);
        var x = ones(256);
        Tensor Once()
        {
            using var current = new DropoutStream(1, 1).Enter();
            return module.forward(x);
        }
        var (first, second) = (Once(), Once());
        AssertSame(first, second);
        Assert.Null(DropoutStream.Current);
        Assert.True(module.forward(x).eq(0).any().item<bool>()); // torch's generator stands in
        module.eval();
        AssertSame(module.forward(x), x);
    }

    private static void AssertSame(Tensor a, Tensor b) => Assert.True(allclose(a, b, rtol: 0, atol: 0));

    private static float[] Mask(int length, double p, DropoutStream stream)
    {
        var mask = new float[length];
        SeededDropout.FillMask(mask, p, stream);
        return mask;
    }
}

using GenRec.Shared.Runtime;

namespace GenRec.Shared.Tests.Runtime;

public class PortableMathTests
{
    [Fact]
    public void ExpAndLogAgreeWithTheCLibraryToAFewUnitsInTheLastPlace()
    {
        for (var i = -7000; i <= 7000; i++)
        {
            var x = i * 0.1003;
            var (exact, own) = (Math.Exp(x), PortableMath.Exp(x));
            Assert.True(Math.Abs(own - exact) <= 4e-16 * exact, $"exp({x}): {own} against {exact}");
            var logarithm = PortableMath.Log(exact);
            Assert.True(Math.Abs(logarithm - Math.Log(exact)) <= 4e-16 * Math.Max(1e-3, Math.Abs(x)), $"log({exact})");
        }
        Assert.Equal(0, PortableMath.Exp(-1000));
        Assert.Equal(double.PositiveInfinity, PortableMath.Exp(1000));
        Assert.Equal(double.NegativeInfinity, PortableMath.Log(0));
        Assert.True(double.IsNaN(PortableMath.Log(-1)));
    }

    [Theory] // check values printed with algorithm AS 241
    [InlineData(0.25, -0.6744897501960817)]
    [InlineData(0.001, -3.090232306167814)]
    [InlineData(1e-20, -9.262340089798408)]
    [InlineData(0.5, 0)]
    public void TheNormalQuantileGivesThePublishedCheckValues(double p, double quantile) =>
        Assert.Equal(quantile, PortableMath.NormalQuantile(p), 1e-14);

    [Fact]
    public void ResultsAreBitEqualOnEveryMachine() // pinned bits: a change here changes every simulated world
    {
        var hash = 0L;
        for (var i = 1; i < 5_000; i++)
            hash = unchecked(
                hash * 31
                + BitConverter.DoubleToInt64Bits(PortableMath.Exp(i * 0.01 - 25))
                + BitConverter.DoubleToInt64Bits(PortableMath.Log(i * 0.37))
                + BitConverter.DoubleToInt64Bits(PortableMath.NormalQuantile(i / 5000.0))
            );
        Assert.Equal(5915587286604698375, hash);
    }
}

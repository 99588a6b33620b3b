using GenRec.Shared.Nn;
using static TorchSharp.torch;

namespace GenRec.Shared.Tests.Nn;

public class RmsNormTests
{
    [Fact]
    public void TheResultHasMeanSquareOneAndKeepsItsMean()
    {
        using var scope = NewDisposeScope();
        var x = tensor(new[] { 3f, 4f, 3f, 4f, 30f, 40f, 30f, 40f }).view(2, 4);
        var y = new RmsNorm(4).forward(x);
        Assert.True(allclose(y.square().mean([-1]), ones(2), atol: 1e-5));
        Assert.True(allclose(y[0], y[1], atol: 1e-5)); // the scale of the input is gone
        Assert.True(y.mean([-1]).gt(0.9).all().item<bool>()); // nothing was centred
    }

    [Fact]
    public void AZeroVectorStaysZero()
    {
        using var scope = NewDisposeScope();
        Assert.Equal(0, new RmsNorm(4).forward(zeros(1, 4)).abs().sum().item<float>());
    }
}

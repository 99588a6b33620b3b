using GenRec.Shared.Nn;
using GenRec.Shared.Runtime;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace GenRec.Shared.Tests.Nn;

[Collection(TorchGenerator.Name)]
public class NextItemLossTests
{
    [Theory]
    [InlineData(3, 5)]
    [InlineData(40, 30_000)] // several blocks
    public void TheBlockwiseSoftmaxEqualsThePlainOne(int positions, int catalogue)
    {
        using var scope = NewDisposeScope();
        manual_seed(1);
        var (states, items) = (randn(positions, 8), randn(catalogue, 8));
        var targets = randint(0, catalogue, [positions]);
        var (h1, e1) = (states.clone().requires_grad_(), items.clone().requires_grad_());
        var (h2, e2) = (states.clone().requires_grad_(), items.clone().requires_grad_());
        var (plain, blocks) = (F.cross_entropy(h1.mm(e1.t()), targets), FusedCrossEntropy.Mean(h2, e2, targets));
        (plain * 2).backward();
        (blocks * 2).backward(); // a factor from outside must reach both gradients
        Assert.Equal(plain.item<float>(), blocks.item<float>(), 1e-4f);
        Assert.True(allclose(h1.grad!, h2.grad!, atol: 1e-6));
        Assert.True(allclose(e1.grad!, e2.grad!, atol: 1e-6));
    }

    [Fact]
    public void BFloat16ProductsChangeTheGradientByLessThanTwoPercent()
    {
        using var scope = NewDisposeScope();
        manual_seed(1);
        var (states, items, targets) = (randn(64, 32), randn(500, 32) * 0.3, randint(0, 500, [64]));
        var (h1, h2) = (states.clone().requires_grad_(), states.clone().requires_grad_());
        FusedCrossEntropy.Mean(h1, items, targets).backward();
        FusedCrossEntropy.Mean(h2, items, targets, Precision.BFloat16).backward();
        Assert.InRange(((h1.grad! - h2.grad!).norm() / h1.grad!.norm()).item<float>(), 1e-6f, 0.02f);
    }

    [Fact]
    public void BinaryEqualsTorchsOwn()
    {
        using var scope = NewDisposeScope();
        var (positive, negative) = (randn(7), randn(7, 1));
        var expected =
            F.binary_cross_entropy_with_logits(positive, ones(7))
            + F.binary_cross_entropy_with_logits(negative, zeros(7, 1));
        Assert.Equal(expected.item<float>(), NextItemLoss.Binary(positive, negative).item<float>(), 1e-5f);
    }

    [Theory]
    [InlineData(0.0)]
    [InlineData(0.75)]
    [InlineData(1.0)]
    public void GeneralisedBinaryEqualsItsDefinition(double calibration)
    {
        double[] positive = [0.3, -2.0, 4.0];
        double[,] negative =
        {
            { 0.1, -1 },
            { 2, 0 },
            { -3, 1 },
        };
        const int catalogue = 11;
        var alpha = 2.0 / (catalogue - 1);
        var beta = alpha * (calibration * (1 - 1 / alpha) + 1 / alpha); // Eq. (7)
        var expected = 0.0;
        for (var i = 0; i < 3; i++)
            expected -=
                (
                    beta * Math.Log(Sigma(positive[i]))
                    + Math.Log(1 - Sigma(negative[i, 0]))
                    + Math.Log(1 - Sigma(negative[i, 1]))
                ) / 9;
        using var scope = NewDisposeScope();
        var loss = NextItemLoss.GeneralisedBinary(
            tensor(positive, ScalarType.Float32),
            tensor(negative, ScalarType.Float32),
            catalogue,
            calibration
        );
        Assert.Equal(expected, loss.item<float>(), 1e-5);
    }

    [Fact]
    public void GeneralisedBinaryStaysFiniteForConfidentScores()
    {
        using var scope = NewDisposeScope();
        var positive = tensor(new[] { 60f, -60f, 15f }).requires_grad_();
        var loss = NextItemLoss.GeneralisedBinary(positive, tensor(new[] { -60f, 60f, -15f }).view(3, 1), 10_000, 0.75);
        loss.backward();
        Assert.True(double.IsFinite(loss.item<float>()));
        Assert.True(positive.grad!.isfinite().all().item<bool>());
    }

    [Fact]
    public void ATargetDrawnAsItsOwnNegativeDoesNotCount()
    {
        using var scope = NewDisposeScope();
        var (positive, negative) = (tensor(new[] { 1f }), tensor(new[] { 1f, 0.5f }).view(1, 2));
        var loss = NextItemLoss.SampledSoftmax(positive, negative, tensor(new[] { true, false }).view(1, 2));
        Assert.Equal(-Math.Log(Math.Exp(1) / (Math.Exp(1) + Math.Exp(0.5))), loss.item<float>(), 1e-5);
    }

    private static double Sigma(double x) => 1 / (1 + Math.Exp(-x));
}

using GenRec.Shared.Nn;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace GenRec.Shared.Tests.Nn;

[Collection(TorchGenerator.Name)]
public class MixtureOfExpertsTests
{
    private static readonly MixtureSizes Small = new(Width: 6, Inner: 10, Experts: 5, Active: 2);

    [Theory]
    [InlineData(1, false)]
    [InlineData(2, false)]
    [InlineData(2, true)]
    [InlineData(5, false)]
    public void ExpertByExpertAndTokenByTokenGiveTheSameOutputsAndGradients(int active, bool renormalise)
    {
        using var scope = NewDisposeScope();
        var model = Model(Small with { Active = active, Renormalise = renormalise });
        var (x, weights) = (randn(3, 7, 6), randn(3, 7, 6));
        var (fast, slow) = (x.clone().requires_grad_(true), x.clone().requires_grad_(true));
        var output = model.forward(fast);
        (output * weights).sum().backward();
        var gradients = Gradients(model);
        model.zero_grad();
        var exact = TokenByToken(model, slow);
        (exact * weights).sum().backward();
        Assert.True(allclose(output, exact, rtol: 1e-5, atol: 1e-6));
        Assert.True(allclose(fast.grad!, slow.grad!, rtol: 1e-4, atol: 1e-6));
        foreach (var (name, gradient) in Gradients(model))
            Assert.True(allclose(gradient, gradients[name], rtol: 1e-4, atol: 1e-6), name);
    }

    [Fact]
    public void GatesAreTheirSharesOfTheSoftmaxUnlessRenormalised()
    {
        using var scope = NewDisposeScope();
        var model = Model(Small);
        var (gates, experts) = model.Route(randn(40, 6));
        var sums = gates.sum([-1L]);
        Assert.True(sums.lt(0.999f).any().item<bool>()); // what the other experts would have got is lost
        Assert.True(gates.select(1, 0).ge(gates.select(1, 1)).all().item<bool>());
        Assert.True(experts.select(1, 0).ne(experts.select(1, 1)).all().item<bool>());
        var scaled = Model(Small with { Renormalise = true }).Route(randn(40, 6)).Gates.sum([-1L]);
        Assert.True(allclose(scaled, ones_like(scaled)));
    }

    [Fact]
    public void ATokensOutputDoesNotDependOnTheOthers()
    {
        using var scope = NewDisposeScope();
        var model = Model(Small);
        var x = randn(20, 6);
        var all = model.forward(x);
        for (var token = 0; token < 20; token += 5)
            Assert.True(allclose(all[token], model.forward(x.narrow(0, token, 1))[0], atol: 1e-6));
    }

    [Fact]
    public void EveryExpertAndTheRouterReceiveAGradient()
    {
        using var scope = NewDisposeScope();
        var model = Model(Small);
        model.forward(randn(200, 6)).square().mean().backward();
        Assert.DoesNotContain(0, model.Load.ToArray());
        foreach (var (name, weight) in model.named_parameters())
            for (var expert = 0; expert < Small.Experts; expert++)
                Assert.True(weight.grad![expert].abs().sum().item<float>() > 1e-6f, $"{name} of expert {expert}");
    }

    [Fact]
    public void TheLoadCountsEachTokenOnceForEachOfItsExperts()
    {
        using var scope = NewDisposeScope();
        var model = Model(Small);
        var x = randn(33, 6);
        model.forward(x);
        var counts = new long[5];
        foreach (var expert in model.Route(x).Experts.view(-1).data<long>())
            counts[expert]++;
        Assert.Equal(counts, model.Load.ToArray());
        var load = new ExpertLoad([counts, [10, 0]]);
        Assert.Equal(1, load.Shares(0).Sum(), 1e-9);
        Assert.Equal((1, 1, 2), (load.Idle(1), load.EffectiveExperts(1), load.Peak(1)));
        Assert.Contains("busiest over average", load.ToText());
        model.ResetLoad();
        Assert.Equal(new long[5], model.Load.ToArray());
    }

    [Fact]
    public void OneCallLeavesOneTensor()
    {
        using var scope = NewDisposeScope();
        var model = Model(Small);
        var x = randn(9, 6);
        using var inner = NewDisposeScope();
        model.forward(x);
        Assert.Equal(1, inner.DisposablesCount);
    }

    [Fact]
    public void MoreActiveExpertsThanThereAreAreRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new MixtureOfExperts(Small with { Active = 6 }));
        var options = T5Tests.Tiny with { Experts = 3, ActiveExperts = 4 };
        Assert.Contains("4 of 3 experts", Assert.Throws<ArgumentOutOfRangeException>(options.Validate).Message);
    }

    [Fact]
    public void OneExpertThatAlwaysWorksIsT5sOwnNetwork()
    {
        using var scope = NewDisposeScope();
        var model = Model(Small with { Experts = 1, Active = 1 });
        var weights = model.named_parameters().ToDictionary(pair => pair.name, pair => pair.parameter);
        var x = randn(8, 6);
        var plain = F.linear(F.relu(F.linear(x, weights["wide"][0])), weights["narrow"][0]);
        Assert.True(allclose(plain, model.forward(x), atol: 1e-6));
    }

    /// <summary>The formula, a token and an expert at a time.</summary>
    private static Tensor TokenByToken(MixtureOfExperts model, Tensor x)
    {
        var weights = model.named_parameters().ToDictionary(pair => pair.name, pair => pair.parameter);
        var rows = new List<Tensor>();
        foreach (var token in x.view(-1, model.Sizes.Width).unbind(0))
        {
            var shares = F.softmax(weights["router"].mv(token), -1);
            var best = shares
                .data<float>()
                .ToArray()
                .Select((share, expert) => (share, expert))
                .OrderByDescending(pair => pair.share)
                .Take(model.Sizes.Active)
                .Select(pair => pair.expert)
                .ToArray();
            var total = best.Select(expert => shares[expert]).Aggregate((a, b) => a + b);
            var sum = zeros_like(token);
            foreach (var expert in best)
            {
                var gate = model.Sizes.Renormalise ? shares[expert] / total : shares[expert];
                sum = sum + gate * weights["narrow"][expert].mv(F.relu(weights["wide"][expert].mv(token)));
            }
            rows.Add(sum);
        }
        return stack(rows).view(x.shape);
    }

    private static MixtureOfExperts Model(MixtureSizes sizes)
    {
        manual_seed(5);
        return new MixtureOfExperts(sizes);
    }

    private static Dictionary<string, Tensor> Gradients(MixtureOfExperts model) =>
        model.named_parameters().ToDictionary(pair => pair.name, pair => pair.parameter.grad!.clone());
}

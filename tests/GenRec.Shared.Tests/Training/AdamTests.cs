using GenRec.Shared.Training;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace GenRec.Shared.Tests.Training;

[Collection(TorchGenerator.Name)]
public sealed class AdamTests
{
    [Theory]
    [InlineData(true, 0.0)]
    [InlineData(true, 0.1)]
    [InlineData(false, 0.0)]
    [InlineData(false, 0.1)]
    public void FiveStepsEqualTheLibrarysAdam(bool fused, double decay)
    {
        using var scope = NewDisposeScope();
        var (ours, theirs) = (Weights(), Weights());
        using var adam = new FusedAdam([Group(ours)], new AdamOptions { Beta2 = 0.98, WeightDecay = decay }, fused);
        var library = optim.Adam(theirs, 1e-3, 0.9, 0.98, weight_decay: decay);
        Assert.Equal(fused, adam.IsFused);
        for (var step = 0; step < 5; step++)
        {
            GiveGradients(step, ours, theirs);
            adam.Step(1e-3);
            library.step();
        }
        Assert.InRange(LargestDifference(ours, theirs), 0, 5e-7);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void FiveStepsEqualTheLibrarysAdamW(bool fused)
    {
        using var scope = NewDisposeScope();
        var (ours, theirs) = (Weights(), Weights());
        using var adam = new FusedAdam([Group(ours)], AdamOptions.AdamW(0.1), fused);
        var library = optim.AdamW(theirs, 1e-2, weight_decay: 0.1);
        for (var step = 0; step < 5; step++)
        {
            GiveGradients(step, ours, theirs);
            adam.Step(1e-2);
            library.step();
        }
        Assert.InRange(LargestDifference(ours, theirs), 0, 5e-7);
    }

    [Fact]
    public void DecoupledDecayShrinksByRateTimesDecayWhateverTheGradient()
    {
        using var scope = NewDisposeScope();
        var weight = new Parameter(full(4, 2.0f));
        using var adam = new FusedAdam([Group(weight)], AdamOptions.AdamW(0.5));
        weight.grad = zeros(4);
        adam.Step(0.1);
        Assert.Equal(2 * (1 - 0.1 * 0.5), weight[0].item<float>(), 1e-6);
    }

    [Fact]
    public void GroupsHaveTheirOwnRateAndDecay()
    {
        using var scope = NewDisposeScope();
        var (slow, still, plain) = (new Parameter(ones(2)), new Parameter(ones(2)), new Parameter(ones(2)));
        using var adam = new FusedAdam(
            [
                new("slow", [("slow", slow)]) { LearningRateFactor = 0.1 },
                new("still", [("still", still)]) { LearningRateFactor = 0 },
                new("plain", [("plain", plain)]) { WeightDecay = 0 },
            ],
            AdamOptions.AdamW(1)
        );
        foreach (var parameter in adam.Parameters)
            parameter.grad = ones(2);
        adam.Step(0.01);
        Assert.Equal(1 * (1 - 0.001) - 0.001, slow[0].item<float>(), 1e-6);
        Assert.Equal(1, still[0].item<float>());
        Assert.Equal(1 - 0.01, plain[0].item<float>(), 1e-6); // the first step moves by the rate
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void AParameterWithoutAGradientStaysAndItsCountDoesNotAdvance(bool fused)
    {
        using var scope = NewDisposeScope();
        var (ours, theirs) = (Weights(), Weights());
        using var adam = new FusedAdam([Group(ours)], fused: fused);
        var library = optim.Adam(theirs, 1e-3);
        for (var step = 0; step < 6; step++)
        {
            GiveGradients(step, ours, theirs);
            if (step < 3)
                ours[1].grad = theirs[1].grad = null;
            adam.Step(1e-3);
            library.step();
        }
        Assert.InRange(LargestDifference(ours, theirs), 0, 5e-7);
        Assert.Equal([6, 3, 6], adam.State()["step"].data<float>().ToArray());
    }

    [Fact]
    public void AStateCopiedToAnotherOptimizerGoesOnBitForBit()
    {
        using var scope = NewDisposeScope();
        var (first, second) = (Weights(), Weights());
        using var one = new FusedAdam([Group(first)]);
        for (var step = 0; step < 4; step++)
            Step(one, step, first);
        using var two = new FusedAdam([Group(second)]);
        using (no_grad())
        {
            for (var i = 0; i < first.Length; i++)
                second[i].copy_(first[i]);
            foreach (var (name, tensor) in one.State())
                two.State()[name].copy_(tensor);
        }
        for (var step = 4; step < 8; step++)
        {
            Step(one, step, first);
            Step(two, step, second);
        }
        Assert.Equal(0, LargestDifference(first, second));

        static void Step(FusedAdam adam, int step, Parameter[] weights)
        {
            GiveGradients(step, weights);
            adam.Step(1e-3);
            adam.ZeroGrad();
            Assert.All(weights, weight => Assert.Null(weight.grad));
        }
    }

    [Fact]
    public void AGarbageCollectionInTheMiddleOfAnUpdateChangesNothing()
    {
        using var scope = NewDisposeScope();
        var (calm, stressed) = (Weights(), Weights());
        Train(calm);
        using (var stop = new CancellationTokenSource())
        {
            var collector = new Thread(() => Collect(stop.Token));
            collector.Start();
            Train(stressed);
            stop.Cancel();
            collector.Join();
        }
        Assert.Equal(0, LargestDifference(calm, stressed));

        static void Train(Parameter[] weights)
        {
            using var adam = new FusedAdam([Group(weights)], new AdamOptions { Beta2 = 0.98 });
            foreach (var weight in weights)
                weight.grad = ones_like(weight);
            for (var step = 0; step < 500; step++)
                adam.Step(1e-3);
        }

        static void Collect(CancellationToken stop)
        {
            while (!stop.IsCancellationRequested)
            {
                GC.Collect(0);
                GC.WaitForPendingFinalizers();
            }
        }
    }

    [Fact]
    public void WrongGroupsAreRefusedByName()
    {
        using var scope = NewDisposeScope();
        var weight = new Parameter(ones(2));
        Assert.Contains("no parameters", Assert.Throws<ArgumentException>(() => new FusedAdam([])).Message);
        var twice = Assert.Throws<ArgumentException>(() => new FusedAdam([Group(weight), Group(weight)]));
        Assert.Contains("'w0' is in the groups 2 times", twice.Message);
        var shared = Assert.Throws<ArgumentException>(() => new FusedAdam([new("g", [("a", weight), ("b", weight)])]));
        Assert.Contains("'a' and 'b' are one tensor", shared.Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => new FusedAdam([Group(weight)], new AdamOptions { Beta1 = 1 }));
    }

    [Theory]
    [InlineData(0.5, 1.0, false)]
    [InlineData(1e6, 1.0, false)]
    [InlineData(0.5, 32.0, false)]
    [InlineData(0.5, 1.0, true)]
    [InlineData(1e6, 1.0, true)]
    [InlineData(0.5, 32.0, true)]
    public void ClippingEqualsTheLibrarys(double limit, double divisor, bool inHalves)
    {
        using var scope = NewDisposeScope();
        var (ours, theirs) = (Weights(), Weights());
        GiveGradients(1, ours, theirs);
        foreach (var weight in theirs)
            weight.grad = weight.grad! / divisor;
        Tensor[] gradients = [.. ours.Select(w => w.grad!)];
        var norm = (
            inHalves
                ? GradientNorm.ClipInHalves(gradients, limit, divisor)
                : GradientNorm.Clip(gradients, limit, divisor)
        ).item<float>();
        var expected = nn.utils.clip_grad_norm_(theirs, limit);
        Assert.Equal(expected, norm, 1e-4 * expected);
        for (var i = 0; i < ours.Length; i++)
            Assert.True(allclose(ours[i].grad!, theirs[i].grad!, rtol: 1e-5, atol: 1e-7));
    }

    [Fact]
    public void AnUpdateInHalvesIsTheWholeOne()
    {
        using var scope = NewDisposeScope();
        var (whole, halves) = (Weights(), Weights());
        using var one = new FusedAdam([Group(whole)], AdamOptions.AdamW(0.1));
        using var two = new FusedAdam([Group(halves)], AdamOptions.AdamW(0.1));
        var threads = get_num_threads();
        set_num_threads(2); // one thread would take the halves one after the other
        try
        {
            for (var step = 0; step < 4; step++)
            {
                GiveGradients(step, whole, halves);
                if (step == 2)
                    (whole[1].grad, halves[1].grad) = (null, null);
                one.Step(1e-2);
                two.Step(1e-2, inHalves: true);
            }
        }
        finally
        {
            set_num_threads(threads);
        }
        Assert.Equal(0, LargestDifference(whole, halves));
        Assert.Equal(4, two.State()["step"][0].item<float>());
        var (first, second) = Halves.Of(halves);
        Assert.Equal(new[] { 0, 1, 2 }, first.Concat(second).Order());
    }

    private static Parameter[] Weights()
    {
        manual_seed(0);
        return [new(randn(50, 8)), new(randn(8)), new(randn(8, 8))];
    }

    private static void GiveGradients(int step, params Parameter[][] all)
    {
        foreach (var weights in all)
        {
            manual_seed(100 + step);
            foreach (var weight in weights)
                weight.grad = randn_like(weight);
        }
    }

    private static ParameterGroup Group(params Parameter[] weights) =>
        new("all", [.. weights.Select((weight, i) => ($"w{i}", weight))]);

    private static float LargestDifference(Parameter[] a, Parameter[] b) =>
        a.Zip(b).Max(pair => (pair.First - pair.Second).abs().max().item<float>());
}

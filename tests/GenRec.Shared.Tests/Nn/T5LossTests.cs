using GenRec.Shared.Nn;
using GenRec.Shared.Runtime;
using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace GenRec.Shared.Tests.Nn;

[Collection(TorchGenerator.Name)]
public class T5LossTests // the handwritten training pass against the operators' (T5Groups)
{
    private const int Length = 3;
    private static readonly LengthGroup[] Groups = [new(3, 1), new(6, 4), new(2, 5), new(1, 19), new(2, 33)];
    private static readonly T5Options Small = new()
    {
        Vocabulary = 37,
        Width = 32,
        EncoderLayers = 2,
        DecoderLayers = 2,
        Heads = 3,
        HeadWidth = 16,
        FeedForward = 48,
        Dropout = 0,
        Buckets = 8,
        MaxDistance = 16,
    };

    [Theory]
    [InlineData(true, 1, 0, false)]
    [InlineData(false, 1, 0, false)]
    [InlineData(true, 2, 0, false)]
    [InlineData(true, 2, 5, false)]
    [InlineData(true, 1, 3, true)]
    public void LossAndEveryGradientAreThoseOfTheOperators(bool tied, int threads, int experts, bool renormalise)
    {
        using var scope = NewDisposeScope();
        var before = get_num_threads();
        set_num_threads(threads);
        try
        {
            var model = Model(
                Small with
                {
                    TieOutput = tied,
                    Experts = experts,
                    RenormaliseGates = renormalise,
                    DecoderLayers = 3,
                }
            );
            var exact = ByOperators(model);
            var wanted = Gradients(model, exact);
            var loss = Loss(model);
            var found = Gradients(model, loss);
            Assert.Equal(exact.item<float>(), loss.item<float>(), 1e-5f);
            foreach (var (name, gradient) in wanted)
            {
                var difference = (found[name] - gradient).abs().max().item<float>();
                Assert.True(difference < 1e-5 * (1 + gradient.abs().max().item<float>()), $"{name}: {difference}");
                Assert.True(gradient.abs().max().item<float>() > 0, name);
            }
        }
        finally
        {
            set_num_threads(before);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    public void SequencesWithSeveralRowsAndPositionsWithoutATargetAreThoseOfTheOperators(int experts)
    {
        using var scope = NewDisposeScope();
        var model = Model(Small with { Experts = experts });
        var rows = 2 * Groups.Sum(group => group.Count) * Length;
        var (ids, shifted, targets) = (Tokens(Groups.Sum(group => group.Tokens)), Tokens(rows), Tokens(rows + 2)[2..]);
        for (var at = Length - 1; at < rows; at += Length)
            targets[at] = T5.NoTarget;
        var loss = model.LossOfGroups(ids, Groups, shifted, targets, perSequence: 2);
        var found = Gradients(model, loss);
        var load = model.Experts.Select(one => one.Load.ToArray()).ToArray();
        model.eval(); // without dropout it is the same model, and the operators' turn
        foreach (var one in model.Experts)
            one.ResetLoad();
        var exact = model.LossOfGroups(ids, Groups, shifted, targets, perSequence: 2);
        var wanted = Gradients(model, exact);
        Assert.Equal(exact.item<float>(), loss.item<float>(), 1e-5f);
        foreach (var (name, gradient) in wanted)
        {
            var difference = (found[name] - gradient).abs().max().item<float>();
            Assert.True(difference < 1e-5 * (1 + gradient.abs().max().item<float>()), $"{name}: {difference}");
        }
        Assert.Equal(model.Experts.Select(one => one.Load.ToArray()), load);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    public void BFloat16GradientsPointWhereFloat32OnesDo(int experts)
    {
        using var scope = NewDisposeScope();
        var sizes = Small with { Experts = experts, ActiveExperts = 5 }; // rounding must not choose other experts
        var wanted = Flat(Gradients(Model(sizes), null));
        var found = Flat(Gradients(Model(sizes with { Precision = Precision.BFloat16 }), null));
        var cosine = F.cosine_similarity(wanted, found, dim: 0).item<float>();
        Assert.True(cosine > 0.999, $"cosine {cosine}");
        Assert.False(allclose(wanted, found, atol: 1e-7)); // it did multiply in bfloat16
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public void DropoutsMasksAreTheSameForwardAndBackward(int experts) // else the gradient would not be the slope of the loss
    {
        using var scope = NewDisposeScope();
        // All experts at work: a step to another choice would be no slope.
        var model = Model(Small with { Dropout = 0.3, Experts = experts, ActiveExperts = 3 });
        var gradients = Gradients(model, Masked(model));
        foreach (var (name, parameter) in model.named_parameters())
        {
            var direction = gradients[name] / gradients[name].norm();
            const double Step = 2e-3;
            var (ahead, behind) = (Moved(Step), Moved(-Step));
            var slope = (ahead - behind) / (2 * Step);
            var wanted = gradients[name].norm().item<float>();
            Assert.True(Math.Abs(slope - wanted) < 0.03 * wanted + 1e-3, $"{name}: slope {slope}, gradient {wanted}");

            double Moved(double by)
            {
                using var quiet = no_grad();
                parameter.add_(direction, by);
                using (enable_grad())
                    slope = Masked(model).item<float>();
                parameter.add_(direction, -by);
                return slope;
            }
        }
    }

    [Fact]
    public void OneStepsMasksDifferFromTheNextAndDoNotDependOnThreads()
    {
        using var scope = NewDisposeScope();
        var model = Model(Small with { Dropout = 0.3 });
        var before = get_num_threads();
        var first = Masked(model).item<float>();
        set_num_threads(before == 1 ? 2 : 1);
        var again = Masked(model).item<float>();
        set_num_threads(before);
        Assert.Equal(first, again);
        Assert.NotEqual(first, Masked(model, step: 8).item<float>());
    }

    [Fact]
    public void DropsTheShareAskedFor() // of embeddings: with no layers the loss is a function of them alone
    {
        var mask = new DropMask(new MaskKey(1, 2, 3), 0.25);
        var values = new float[1 << 16];
        mask.Fill(values, 0);
        Assert.Equal(0.25, values.Count(value => value == 0) / (double)values.Length, 0.01);
        Assert.All(values, value => Assert.True(value == 0 || value == mask.Keep));
        var tail = new float[100];
        mask.Fill(tail, 1024);
        Assert.Equal(values.AsSpan(1024, 100).ToArray(), tail); // a piece is the same wherever it is made
    }

    [Fact]
    public void ManyBatchesOfDifferentSizesKeepTheMemory()
    {
        using var scope = NewDisposeScope();
        var model = Model(Small);
        Step(5); // keeps memory for the next ones
        var before = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
        for (var round = 0; round < 5; round++)
            Step(round);
        Assert.Equal(before, DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);

        void Step(int round)
        {
            model.zero_grad();
            using var inner = NewDisposeScope();
            var groups = new[] { new LengthGroup(1 + round, 4 + round) };
            var tokens = groups[0].Tokens;
            model.LossOfGroups(Tokens(tokens), groups, Tokens(1 + round), Tokens(1 + round)).backward();
        }
    }

    [Fact]
    public void TokensOutsideTheVocabularyAreRefused()
    {
        using var model = Model(Small);
        var wrong = Assert.Throws<ArgumentException>(() =>
            model.LossOfGroups([1, 99], [new LengthGroup(1, 2)], [0], [3])
        );
        Assert.Contains("99", wrong.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => model.LossOfGroups([1], [new LengthGroup(1, 2)], [0], [3]));
        Assert.Throws<ArgumentException>(() => model.LossOfGroups([1, 2], [new LengthGroup(1, 2)], [0, 1], [3]));
    }

    private static T5 Model(T5Options options)
    {
        manual_seed(3);
        var model = new T5(options);
        model.train();
        return model;
    }

    private static long[] Tokens(int count) =>
        [.. Enumerable.Range(0, count).Select(at => (long)(at * 7 + at * at % 5) % Small.Vocabulary)];

    private static Tensor Loss(T5 model)
    {
        var rows = Groups.Sum(group => group.Count) * Length;
        var targets = Tokens(rows + 2)[2..];
        return model.LossOfGroups(Tokens(Groups.Sum(group => group.Tokens)), Groups, Tokens(rows), targets);
    }

    private static Tensor Masked(T5 model, long step = 7)
    {
        using var masks = new DropoutStream(5, step).Enter();
        return Loss(model);
    }

    private static Tensor ByOperators(T5 model)
    {
        var rows = Groups.Sum(group => group.Count) * Length;
        var hidden = model.ForwardGroups(
            tensor(Tokens(Groups.Sum(group => group.Tokens))),
            Groups,
            tensor(Tokens(rows)).view(-1, Length)
        );
        return F.cross_entropy(model.Logits(hidden).view(rows, -1), tensor(Tokens(rows + 2)[2..]));
    }

    private static Dictionary<string, Tensor> Gradients(T5 model, Tensor? loss)
    {
        model.zero_grad();
        (loss ?? Loss(model)).backward();
        return model.named_parameters().ToDictionary(one => one.name, one => one.parameter.grad!.clone());
    }

    private static Tensor Flat(Dictionary<string, Tensor> gradients) =>
        cat([.. gradients.OrderBy(one => one.Key, StringComparer.Ordinal).Select(one => one.Value.view(-1))]);
}

using GenRec.Shared.Nn;
using static TorchSharp.torch;

namespace GenRec.Shared.Tests.Nn;

[Collection(TorchGenerator.Name)]
public class CausalT5Tests
{
    [Fact]
    public void LaterTokensDoNotChangeEarlierLogits()
    {
        using var scope = NewDisposeScope();
        var model = Model();
        var before = model.forward(tensor(new long[] { 1, 2, 3, 4 }).view(1, 4), null);
        var after = model.forward(tensor(new long[] { 1, 2, 3, 9 }).view(1, 4), null);
        Assert.True(allclose(before.narrow(1, 0, 3), after.narrow(1, 0, 3), atol: 1e-6));
        Assert.False(allclose(before.narrow(1, 3, 1), after.narrow(1, 3, 1), atol: 1e-4));
    }

    [Fact]
    public void ASharedPromptAndOwnStepsEqualTheWholeSequence()
    {
        using var scope = NewDisposeScope();
        var model = Model();
        var prompts = tensor(new long[] { 0, 0, 5, 6, 7, 8, 9, 10 }).view(2, 4); // the first is padded on the left
        var isReal = tensor(new[] { false, false, true, true, true, true, true, true }).view(2, 4);
        var (logits, cache) = model.ReadPrompt(prompts, isReal);
        using var mine = cache;
        Assert.True(allclose(model.forward(tensor(new long[] { 5, 6 }).view(1, 2), null)[0][1], logits[0], atol: 1e-5));
        model.DecodeStep(tensor(new long[] { 11, 12, 13, 14 }).view(2, 2), cache);
        cache.Reorder(tensor(new long[] { 1, 1, 2, 3 }));
        var last = model.DecodeStep(tensor(new long[] { 15, 16, 17, 18 }).view(2, 2), cache);
        long[][] whole =
        [
            [5, 6, 12, 15],
            [5, 6, 12, 16],
            [7, 8, 9, 10, 13, 17],
            [7, 8, 9, 10, 14, 18],
        ];
        for (var beam = 0; beam < 4; beam++)
        {
            var expected = model.forward(tensor(whole[beam]).view(1, -1), null)[0][whole[beam].Length - 1];
            Assert.True(allclose(expected, last[beam / 2][beam % 2], atol: 1e-5), $"beam {beam}");
        }
    }

    [Fact]
    public void EveryParameterReceivesAGradient()
    {
        using var scope = NewDisposeScope();
        var model = Model();
        model.forward(tensor(new long[] { 1, 2, 3, 4 }).view(1, 4), null).square().mean().backward();
        foreach (var (name, weight) in model.named_parameters())
            Assert.True(
                weight.grad is { } g && g.isfinite().all().item<bool>() && g.abs().sum().item<float>() > 1e-7f,
                name
            );
    }

    internal static CausalT5 Model()
    {
        manual_seed(5);
        var model = new CausalT5(T5Tests.Tiny);
        model.eval();
        return model;
    }
}

using GenRec.Shared.Nn;
using GenRec.Shared.Tests.Golden;
using static TorchSharp.torch;

namespace GenRec.Shared.Tests.Nn;

[Collection(TorchGenerator.Name)]
public class DecoderBlockTests
{
    private static readonly DecoderBlockOptions Sizes = new()
    {
        Width = 8,
        Heads = 4,
        KeyValueHeads = 2,
        HeadWidth = 4,
        FeedForward = 12,
        RotaryBase = 100,
    };

    [Fact]
    public void OutputsAndGradientsAreThoseOfAnIndependentImplementation()
    {
        using var scope = NewDisposeScope();
        var golden = GoldenFile.Read("decoder_block");
        var block = new DecoderBlock(Sizes with { Cross = CrossReading.Projected });
        golden.LoadInto(block);
        var (segment, states) = (golden.Input("segment"), golden.Input("stateSegment"));
        var apart = segment.unsqueeze(2) != states.unsqueeze(1); // [R, W, K]
        var cross = zeros(apart.shape).masked_fill_(apart, float.NegativeInfinity).unsqueeze(1);
        var y = block.Read(
            golden.Input("x"),
            golden.Input("position"),
            SegmentMask.Causal(segment),
            golden.Input("states"),
            cross
        );
        GoldenFile.AssertClose(golden.Output("y"), y, "y");
        (y - golden.Input("goal")).square().mean().backward();
        golden.AssertGradients(block);
    }

    [Fact]
    public void OnlyDistancesCount() // rotary
    {
        using var scope = NewDisposeScope();
        manual_seed(1);
        var block = new DecoderBlock(Sizes);
        var (x, mask) = (randn(1, 4, 8), SegmentMask.Causal(ones(1, 4, dtype: ScalarType.Int64)));
        var near = block.forward(x, arange(4).unsqueeze(0), mask);
        var far = block.forward(x, (arange(4) + 50).unsqueeze(0), mask);
        Assert.True(allclose(near, far, rtol: 1e-3, atol: 1e-4));
        var stretched = block.forward(x, (arange(4) * 3).unsqueeze(0), mask);
        Assert.False(allclose(near, stretched, atol: 1e-3)); // positions do reach the block
    }

    [Fact]
    public void LaterCellsDoNotChangeEarlierOnes() // causality
    {
        using var scope = NewDisposeScope();
        manual_seed(2);
        var block = new DecoderBlock(Sizes);
        var (x, mask) = (randn(1, 4, 8), SegmentMask.Causal(ones(1, 4, dtype: ScalarType.Int64)));
        var changed = x.clone();
        changed[0, 3] = randn(8);
        var (before, after) = (
            block.forward(x, arange(4).unsqueeze(0), mask),
            block.forward(changed, arange(4).unsqueeze(0), mask)
        );
        Assert.True(allclose(before.narrow(1, 0, 3), after.narrow(1, 0, 3), atol: 1e-6));
        Assert.False(allclose(before.narrow(1, 3, 1), after.narrow(1, 3, 1), atol: 1e-3));
    }

    [Fact]
    public void ABlockLeavesOneTensorBehind()
    {
        var block = new DecoderBlock(Sizes);
        var (x, position) = (randn(1, 4, 8), arange(4).unsqueeze(0));
        var mask = SegmentMask.Causal(ones(1, 4, dtype: ScalarType.Int64));
        using var scope = NewDisposeScope();
        block.forward(x, position, mask);
        Assert.Equal(1, scope.DisposablesCount);
    }

    [Fact]
    public void BadSizesAreNamed()
    {
        Assert.Contains(
            "KeyValueHeads",
            Assert.Throws<ArgumentException>(() => new DecoderBlock(Sizes with { KeyValueHeads = 3 })).Message
        );
        Assert.Contains(
            "even",
            Assert.Throws<ArgumentException>(() => new DecoderBlock(Sizes with { HeadWidth = 3 })).Message
        );
    }
}

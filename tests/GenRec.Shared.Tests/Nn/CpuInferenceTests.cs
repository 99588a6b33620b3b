using GenRec.Shared.Nn;
using static TorchSharp.torch;

namespace GenRec.Shared.Tests.Nn;

public class CpuInferenceTests // managed code against the operators, which run wherever a gradient is wanted
{
    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(64)]
    [InlineData(131)]
    public void ANormIsThatOfTheOperators(int width)
    {
        using var scope = NewDisposeScope();
        manual_seed(1);
        var norm = new RmsNorm(width);
        using (no_grad())
            norm.parameters().Single().copy_(randn(width));
        var x = randn(3, 5, width) * 4f;
        var byOperators = norm.forward(x);
        using var quiet = no_grad();
        Assert.True(CpuInference.Fits(x));
        Assert.True(allclose(byOperators, norm.forward(x), atol: 1e-5));
        var turned = x.transpose(0, 1); // not contiguous: operators again
        Assert.False(CpuInference.Fits(turned));
        Assert.True(allclose(byOperators.transpose(0, 1), norm.forward(turned), atol: 1e-5));
    }

    [Fact]
    public void BeamsThatPartAndMeetAgainAreThoseOfTheOperators()
    {
        using var scope = NewDisposeScope();
        var model = T5Tests.Model(T5Tests.Tiny);
        var byOperators = Run(model);
        using var quiet = no_grad();
        foreach (var (one, other) in byOperators.Zip(Run(model)))
            Assert.True(allclose(one, other, atol: 1e-5));
    }

    /// <summary>Logits of five steps, with beams chosen, left as they are, dropped and doubled between them.</summary>
    private static List<Tensor> Run(T5 model)
    {
        var ids = tensor(new long[] { 3, 4, 5, 6, 7, 8 }).view(2, 3);
        using var memory = model.Remember(model.Encode(ids, null), null, null);
        using var cache = new T5Cache(2);
        var logits = new List<Tensor> { model.DecodeStep(zeros(2, 1, dtype: ScalarType.Int64), memory, cache) };
        Next([0, 0, 0, 1, 1, 1], [5, 6, 7, 8, 9, 10]);
        Next([2, 0, 4, 4], [11, 12, 13, 14]);
        Next(null, [15, 16, 17, 18]);
        Assert.Equal(4, cache.Rows);
        Next([1, 1, 0, 3, 2, 2], [1, 2, 3, 4, 5, 6]);
        Assert.Equal((5L, 6L), (cache.Length, cache.Rows));
        return logits;

        void Next(long[]? rows, long[] tokens)
        {
            if (rows is not null)
                cache.Reorder(tensor(rows));
            logits.Add(model.DecodeStep(tensor(tokens).view(2, -1), memory, cache));
        }
    }
}

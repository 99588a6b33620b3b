using GenRec.Shared.Nn;
using GenRec.Shared.Runtime;
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

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void PackedStepsAreThoseOfTheOperators(bool tied) // beams of both threads, users of different lengths
    {
        using var scope = NewDisposeScope();
        var model = T5Tests.Model(T5Tests.Tiny with { Width = 32, HeadWidth = 16, FeedForward = 80, TieOutput = tied });
        Assert.False(T5PackedDecoder.Fits(model)); // a gradient is wanted
        var ids = randint(1, 20, [3, 21]);
        var isReal = ones(3, 21, dtype: ScalarType.Bool);
        isReal[1].narrow(0, 5, 16).zero_();
        var byOperators = Run(model, ids, isReal, 5);
        using var quiet = no_grad();
        Assert.Equal(PackedMatrix.Pays, T5PackedDecoder.Fits(model));
        foreach (var (one, other) in byOperators.Zip(Run(model, ids, isReal, 5)))
            Assert.True(allclose(one, other, atol: 1e-5));
        foreach (var weight in model.parameters())
            weight.mul_(1.1f);
        var after = Run(model, ids, isReal, 5);
        Assert.False(allclose(byOperators[2], after[2], atol: 1e-3)); // changed weights are arranged anew
        using var asked = enable_grad();
        foreach (var (one, other) in Run(model, ids, isReal, 5).Zip(after))
            Assert.True(allclose(one, other, atol: 1e-5));
    }

    [Theory]
    [InlineData(1, 16, 1)]
    [InlineData(4, 64, 64)]
    [InlineData(7, 33, 131)]
    [InlineData(50, 128, 96)]
    public void APackedProductIsThatOfTheOperators(int rows, int inputs, int outputs)
    {
        using var scope = NewDisposeScope();
        manual_seed(2);
        var (x, weight, start) = (randn(rows, inputs), randn(outputs, inputs), randn(rows, outputs));
        var packed = new PackedMatrix(weight.data<float>().ToArray(), outputs);
        var found = start.data<float>().ToArray();
        packed.Multiply(x.data<float>().ToArray(), found);
        Assert.True(allclose(x.mm(weight.t()), tensor(found).view(rows, outputs), atol: 1e-4));
        packed.Multiply(x.data<float>().ToArray(), found, add: true);
        Assert.True(allclose(x.mm(weight.t()) * 2f, tensor(found).view(rows, outputs), atol: 2e-4));
    }

    /// <summary>Logits of three steps of several beams.</summary>
    private static List<Tensor> Run(T5 model, Tensor ids, Tensor isReal, int beams)
    {
        var users = ids.shape[0];
        using var memory = model.Remember(model.Encode(ids, isReal.to_type(ScalarType.Int64)), null, isReal);
        using var cache = new T5Cache(2);
        var logits = new List<Tensor> { model.DecodeStep(zeros(users, 1, dtype: ScalarType.Int64), memory, cache) };
        var rows = arange(users * beams, dtype: ScalarType.Int64);
        cache.Reorder(rows.div(beams, RoundingMode.floor));
        logits.Add(model.DecodeStep((rows + 1).view(users, beams), memory, cache));
        cache.Reorder((rows - rows.remainder(2)).contiguous()); // every second beam dies
        logits.Add(model.DecodeStep((rows + 2).view(users, beams), memory, cache));
        return logits;
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

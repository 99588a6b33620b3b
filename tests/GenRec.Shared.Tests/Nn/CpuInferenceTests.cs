using System.Runtime.InteropServices;
using GenRec.Shared.Nn;
using GenRec.Shared.Nn.Kernels;
using GenRec.Shared.Runtime;
using static TorchSharp.torch;

namespace GenRec.Shared.Tests.Nn;

public class CpuInferenceTests // managed code against the operators, which run wherever a gradient is wanted
{
    private static readonly T5Options Packable = T5Tests.Tiny with { Width = 32, HeadWidth = 16, FeedForward = 80 };

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
    [InlineData(true, 0, Precision.Float32)]
    [InlineData(false, 0, Precision.Float32)]
    [InlineData(true, 5, Precision.Float32)]
    [InlineData(true, 0, Precision.BFloat16)]
    [InlineData(false, 5, Precision.BFloat16)]
    public void PackedStepsAreThoseOfTheOperators(bool tied, int experts, Precision precision) // beams of both threads, users of different lengths
    {
        using var scope = NewDisposeScope();
        var model = T5Tests.Model(Packable with { TieOutput = tied, Experts = experts, Precision = precision });
        Assert.False(T5Packing.Fits(model)); // a gradient is wanted
        var near = precision == Precision.Float32 ? 1e-5 : 5e-2; // logits of about 5; bfloat16 keeps 8 bits
        var ids = randint(1, 20, [3, 21]);
        var isReal = ones(3, 21, dtype: ScalarType.Bool);
        isReal[1].narrow(0, 5, 16).zero_();
        var byOperators = Run(model, ids, isReal, 30);
        using var quiet = no_grad();
        Assert.Equal(PackedMatrix.Pays, T5Packing.Fits(model));
        foreach (var (one, other) in byOperators.Zip(Run(model, ids, isReal, 30)))
            Assert.True(allclose(one, other, atol: near));
        foreach (var weight in model.parameters())
            weight.mul_(1.1f);
        var after = Run(model, ids, isReal, 30);
        Assert.False(allclose(byOperators[^1], after[^1], atol: 0.1)); // changed weights are arranged anew
        using var asked = enable_grad();
        foreach (var (one, other) in Run(model, ids, isReal, 30).Zip(after))
            Assert.True(allclose(one, other, atol: near));
    }

    [Theory]
    [InlineData(Precision.Float32, 81)] // one user: both threads share its positions
    [InlineData(Precision.Float32, 1)]
    [InlineData(Precision.Float32, 3, 21, 1, 16)]
    [InlineData(Precision.BFloat16, 33, 2, 40)]
    [InlineData(Precision.BFloat16, 70)]
    public void PackedReadingIsThatOfTheOperators(Precision precision, params int[] lengths)
    {
        using var scope = NewDisposeScope();
        var model = T5Tests.Model(Packable with { Precision = precision });
        var random = new Random(5);
        var rows = lengths.Select(length => Enumerable.Range(0, length).Select(_ => random.Next(1, 20)).ToArray());
        using var batch = TokenBatch.Pack([.. rows]);
        using var byOperators = model.Remember(model.Encode(batch.Ids, batch.Segments), batch.Cells, batch.IsReal);
        using var quiet = no_grad();
        using var packed = model.Read(batch);
        Assert.Equal(PackedMatrix.Pays, packed.IsPacked);
        Assert.Equal(byOperators.Mask is null, packed.Mask is null);
        var near = precision == Precision.Float32 ? 1e-5 : 5e-2;
        for (var layer = 0; layer < 2; layer++)
        {
            var isReal = batch.IsReal is null
                ? ones(1)
                : batch.IsReal.to_type(ScalarType.Float32).view(lengths.Length, 1, -1, 1);
            var (keys, values) = byOperators[layer];
            Assert.True(
                allclose(keys.transpose(-2, -1) * isReal, packed[layer].Keys.transpose(-2, -1) * isReal, atol: near)
            );
            Assert.True(allclose(values * isReal, packed[layer].Values * isReal, atol: near));
            var (there, back) = (byOperators.Reading.Layers[layer], packed.Reading.Layers[layer]);
            Assert.True(allclose(there.Keys, back.Keys, atol: near));
            Assert.True(allclose(there.Values, back.Values, atol: near));
        }
        if (byOperators.Mask is { } mask)
            Assert.True(mask.eq(packed.Mask!).all().item<bool>());
    }

    [Fact]
    public void PackedExpertsCountTheirTokens()
    {
        using var scope = NewDisposeScope();
        var model = T5Tests.Model(Packable with { Experts = 5 });
        var isReal = ones(2, 4, dtype: ScalarType.Bool);
        using var quiet = no_grad();
        Run(model, randint(1, 20, [2, 4]), isReal, 5);
        foreach (var layer in model.Experts)
            Assert.Equal((2 + 10 + 10) * 2, layer.Load.ToArray().Sum());
    }

    [Fact]
    public void ATokenThatIsNotReadOnIsStillRemembered() // a session's last code, before the next item's start
    {
        using var scope = NewDisposeScope();
        var model = T5Tests.Model(Packable);
        using var batch = TokenBatch.Pack([
            [3, 4, 5],
            [6, 7],
        ]);
        using var quiet = no_grad();
        using var memory = model.Read(batch);
        var logits = new List<Tensor>();
        foreach (var reads in new[] { true, false })
        {
            using var cache = new T5Cache(2);
            var (first, second, third) = (
                zeros(2, 1, dtype: ScalarType.Int64),
                ones(2, 1, dtype: ScalarType.Int64),
                full(2, 1, 7, dtype: ScalarType.Int64)
            );
            model.DecodeStep(first, memory, cache);
            if (reads)
                model.ReadStep(second, memory, cache);
            else
                model.DecodeStep(second, memory, cache);
            logits.Add(model.DecodeStep(third, memory, cache));
        }
        Assert.True(allclose(logits[0], logits[1], atol: 1e-6));
    }

    [Theory]
    [InlineData(1, 16, 1)]
    [InlineData(4, 64, 64)]
    [InlineData(7, 33, 131)]
    [InlineData(50, 128, 96)]
    [InlineData(11, 40, 208)]
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

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void AWeightThatChangesInPlaceIsSeenByTheNextSearch(int threads) // no operator tells of it
    {
        var before = get_num_threads();
        set_num_threads(threads);
        try
        {
            using var scope = NewDisposeScope();
            var model = T5Tests.Model(Packable with { TieOutput = false });
            using var quiet = no_grad();
            Assert.Equal(PackedMatrix.Pays, T5Packing.Fits(model));
            var tokens = Enumerable.Range(1, 19).ToArray(); // enough for both threads
            using var batch = TokenBatch.Pack([tokens]);
            var last = Search(model, batch);
            var seen = 0;
            foreach (var (name, weight) in model.named_parameters())
            {
                MemoryMarshal.Cast<byte, float>(weight.bytes)[^1] += 0.5f;
                var found = Search(model, batch);
                using var asked = enable_grad();
                Assert.True(allclose(Search(model, batch), found, atol: 1e-4), name);
                seen += allclose(last, found, atol: 1e-6) ? 0 : 1;
                last = found;
            }
            Assert.True(seen > 20, $"{seen} weights reach the logits"); // not all do: buckets of longer distances, say
        }
        finally
        {
            set_num_threads(before);
        }

        static Tensor Search(T5 model, TokenBatch batch)
        {
            using var memory = model.Read(batch);
            using var cache = new T5Cache(2);
            model.DecodeStep(zeros(1, 1, dtype: ScalarType.Int64), memory, cache).Dispose();
            cache.Reorder(zeros(20, dtype: ScalarType.Int64));
            return model.DecodeStep(arange(20, dtype: ScalarType.Int64).view(1, 20), memory, cache);
        }
    }

    [Fact]
    public void ARowThatIsNoBeamIsNotContinued()
    {
        using var scope = NewDisposeScope();
        using var cache = new T5Cache(1);
        cache.Append(0, zeros(2, 4));
        Assert.Throws<ArgumentOutOfRangeException>(() => cache.Reorder(tensor(new long[] { 0, 2 })));
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
        logits.Add(model.DecodeStep((rows + 1).remainder(20).view(users, beams), memory, cache));
        cache.Reorder((rows - rows.remainder(2)).contiguous()); // every second beam dies
        logits.Add(model.DecodeStep((rows + 2).remainder(20).view(users, beams), memory, cache));
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

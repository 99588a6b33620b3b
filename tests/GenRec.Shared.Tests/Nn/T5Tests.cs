using GenRec.Shared.Nn;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace GenRec.Shared.Tests.Nn;

[Collection(TorchGenerator.Name)]
public class T5Tests
{
    internal static readonly T5Options Tiny = new()
    {
        Vocabulary = 20,
        Width = 12,
        EncoderLayers = 2,
        DecoderLayers = 2,
        Heads = 3,
        HeadWidth = 4,
        FeedForward = 24,
        Dropout = 0,
        Buckets = 8,
        MaxDistance = 16,
    };

    [Fact]
    public void LaterTargetsDoNotChangeEarlierLogits() // causality
    {
        using var scope = NewDisposeScope();
        var model = Model(Tiny);
        var (ids, isReal) = (Row(3, 4, 5, 6), ones(1, 4, dtype: ScalarType.Bool));
        var (before, after) = (
            model.forward(ids, isReal, Row(0, 7, 8, 9)),
            model.forward(ids, isReal, Row(0, 7, 8, 11))
        );
        Assert.True(allclose(before.narrow(1, 0, 3), after.narrow(1, 0, 3), atol: 1e-6));
        Assert.False(allclose(before.narrow(1, 3, 1), after.narrow(1, 3, 1), atol: 1e-4)); // the probe does reach the model
    }

    [Fact]
    public void EveryTargetSeesTheWholeHistory()
    {
        using var scope = NewDisposeScope();
        var model = Model(Tiny);
        var (isReal, shifted) = (ones(1, 4, dtype: ScalarType.Bool), Row(0, 7));
        var before = model.forward(Row(3, 4, 5, 6), isReal, shifted);
        foreach (var changed in new[] { Row(9, 4, 5, 6), Row(3, 4, 5, 9), Row(4, 3, 5, 6) })
            Assert.False(
                allclose(before.select(1, 0), model.forward(changed, isReal, shifted).select(1, 0), atol: 1e-5)
            );
    }

    [Fact]
    public void PaddingChangesNoLogit()
    {
        using var scope = NewDisposeScope();
        var model = Model(Tiny);
        var shifted = Row(0, 7, 8);
        var alone = model.forward(Row(3, 4, 5), ones(1, 3, dtype: ScalarType.Bool), shifted);
        var isReal = tensor(new[] { true, true, true, false, false }).view(1, 5);
        var padded = model.forward(Row(3, 4, 5, 17, 2), isReal, shifted);
        Assert.True(allclose(alone, padded, atol: 1e-5));
    }

    [Fact]
    public void PackingChangesNoState() // against one sequence at a time
    {
        using var scope = NewDisposeScope();
        var model = Model(Tiny);
        int[][] rows =
        [
            [3, 4, 5, 6, 7],
            [8],
            [9, 10, 11],
            [12, 13],
            [],
        ];
        using var batch = TokenBatch.Pack(rows);
        Assert.True(batch.Ids.shape[0] < rows.Length); // some do share a row
        var memory = model.Remember(model.Encode(batch.Ids, batch.Segments), batch.Cells, batch.IsReal);
        var shifted = Row(0, 7, 8);
        var together = model.Decode(shifted.expand(5, 3), memory);
        for (var row = 0; row < rows.Length; row++)
        {
            var tokens = rows[row].Length == 0 ? [0] : rows[row];
            var ids = tensor(tokens.Select(token => (long)token).ToArray()).view(1, -1);
            var alone = model.Decode(shifted, model.Remember(model.Encode(ids, null), null, null));
            Assert.True(allclose(alone[0], together[row], atol: 1e-5), $"row {row}");
        }
    }

    [Fact]
    public void CachedDecodingEqualsUncached()
    {
        using var scope = NewDisposeScope();
        var model = Model(Tiny);
        using var batch = TokenBatch.Pack([
            [3, 4, 5, 6],
            [7, 8],
        ]);
        var memory = model.Remember(model.Encode(batch.Ids, batch.Segments), batch.Cells, batch.IsReal);
        var target = tensor(new long[] { 0, 5, 9, 2, 0, 4, 4, 18 }).view(2, 4);
        var atOnce = model.Logits(model.Decode(target, memory)); // [2, 4, V]
        using var cache = new T5Cache(2);
        for (var at = 0; at < 4; at++)
        {
            var step = model.DecodeStep(target.narrow(1, at, 1), memory, cache);
            Assert.True(allclose(atOnce.narrow(1, at, 1), step, atol: 1e-5), $"step {at}");
        }
    }

    [Fact]
    public void BeamsReadOneMemoryAndKeepTheirOwnCaches()
    {
        using var scope = NewDisposeScope();
        var model = Model(Tiny);
        using var batch = TokenBatch.Pack([
            [3, 4, 5, 6],
            [7, 8],
        ]);
        var memory = model.Remember(model.Encode(batch.Ids, batch.Segments), batch.Cells, batch.IsReal);
        using var cache = new T5Cache(2);
        model.DecodeStep(zeros(2, 1, dtype: ScalarType.Int64), memory, cache);
        cache.Reorder(tensor(new long[] { 0, 0, 1, 1 }));
        model.DecodeStep(tensor(new long[] { 5, 6, 7, 8 }).view(2, 2), memory, cache);
        cache.Reorder(tensor(new long[] { 1, 0, 3, 3 })); // beams swap, and one is continued twice
        var last = model.DecodeStep(tensor(new long[] { 9, 10, 11, 12 }).view(2, 2), memory, cache);
        long[][] paths =
        [
            [0, 6, 9],
            [0, 5, 10],
            [0, 8, 11],
            [0, 8, 12],
        ];
        for (var beam = 0; beam < 4; beam++)
        {
            var target = tensor(paths[beam]).view(1, 3).expand(2, 3);
            var expected = model.Logits(model.Decode(target, memory))[beam / 2][2];
            Assert.True(allclose(expected, last[beam / 2][beam % 2], atol: 1e-5), $"beam {beam}");
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void EveryParameterReceivesAGradient(bool tied)
    {
        using var scope = NewDisposeScope();
        var model = Model(Tiny with { TieOutput = tied });
        var logits = model.forward(
            tensor(new long[] { 3, 4, 5, 6, 7, 0 }).view(2, 3),
            tensor(new[] { true, true, true, true, true, false }).view(2, 3),
            tensor(new long[] { 0, 8, 9, 0, 10, 11 }).view(2, 3)
        );
        F.cross_entropy(logits.view(-1, 20), tensor(new long[] { 8, 9, 10, 10, 11, 12 })).backward();
        foreach (var (name, weight) in model.named_parameters())
            Assert.True(
                weight.grad is { } g && g.isfinite().all().item<bool>() && g.abs().sum().item<float>() > 1e-7f,
                name
            );
    }

    [Fact]
    public void OneBatchCanBeMemorised()
    {
        using var scope = NewDisposeScope();
        var model = Model(Tiny with { Width = 32, Dropout = 0.1 });
        model.train();
        var (ids, isReal) = (randint(1, 20, [4, 6]), ones(4, 6, dtype: ScalarType.Bool));
        var target = randint(1, 20, [4, 3]);
        var shifted = cat([zeros(4, 1, dtype: ScalarType.Int64), target.narrow(1, 0, 2)], 1);
        using var optimizer = optim.Adam(model.parameters(), 0.01);
        for (var step = 0; step < 200; step++)
        {
            using var inner = NewDisposeScope();
            optimizer.zero_grad();
            F.cross_entropy(model.forward(ids, isReal, shifted).view(-1, 20), target.view(-1)).backward();
            optimizer.step();
        }
        model.eval();
        var loss = F.cross_entropy(model.forward(ids, isReal, shifted).view(-1, 20), target.view(-1));
        Assert.InRange(loss.item<float>(), 0, 0.05f);
    }

    [Fact]
    public void PermutingABatchPermutesTheLogits()
    {
        using var scope = NewDisposeScope();
        var model = Model(Tiny);
        var (ids, isReal) = (randint(1, 20, [4, 5]), ones(4, 5, dtype: ScalarType.Bool));
        var (shifted, order) = (randint(1, 20, [4, 3]), tensor(new long[] { 2, 0, 3, 1 }));
        var straight = model.forward(ids, isReal, shifted).index_select(0, order);
        var permuted = model.forward(
            ids.index_select(0, order),
            isReal.index_select(0, order),
            shifted.index_select(0, order)
        );
        Assert.True(allclose(straight, permuted, atol: 1e-5));
    }

    [Fact]
    public void CallsLeaveOnlyTheirResultsBehind()
    {
        var model = Model(Tiny);
        using var outer = NewDisposeScope();
        var (ids, isReal, shifted) = (Row(3, 4, 5), ones(1, 3, dtype: ScalarType.Bool), Row(0, 7));
        using (var scope = NewDisposeScope())
        {
            model.forward(ids, isReal, shifted);
            Assert.Equal(1, scope.DisposablesCount);
        }
        var first = shifted.narrow(1, 0, 1);
        using (var scope = NewDisposeScope())
        {
            using var memory = model.Remember(model.Encode(ids, null), null, null);
            using var cache = new T5Cache(2);
            for (var step = 0; step < 3; step++)
                model.DecodeStep(first, memory, cache);
            Assert.Equal(1 + 3 + 4, scope.DisposablesCount); // states, logits, two layers of keys and values
        }
    }

    [Fact]
    public void BFloat16ProductsStayWithinTwoPercent()
    {
        using var scope = NewDisposeScope();
        var model = Model(Tiny);
        var narrow = Model(Tiny with { Precision = GenRec.Shared.Runtime.Precision.BFloat16 });
        var (ids, isReal, shifted) = (Row(3, 4, 5, 6), ones(1, 4, dtype: ScalarType.Bool), Row(0, 7, 8));
        var (exact, close) = (model.forward(ids, isReal, shifted), narrow.forward(ids, isReal, shifted));
        Assert.InRange(((exact - close).norm() / exact.norm()).item<float>(), 1e-6f, 0.02f);
    }

    internal static T5 Model(T5Options options)
    {
        manual_seed(3);
        var model = new T5(options);
        model.eval();
        return model;
    }

    private static Tensor Row(params long[] values) => tensor(values).view(1, values.Length);
}

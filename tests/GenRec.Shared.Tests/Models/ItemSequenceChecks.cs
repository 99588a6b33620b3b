using GenRec.Shared.Data;
using GenRec.Shared.Models;
using static TorchSharp.torch;

namespace GenRec.Shared.Tests.Models;

/// <summary>What holds for every model of item sequences, whatever its attention and its loss.</summary>
internal static class ItemSequenceChecks
{
    /// <summary>Four users of a catalogue of at least 14 items.</summary>
    public static readonly int[][] Users =
    [
        [1, 2, 3, 4, 5],
        [6, 7, 8],
        [9, 10, 11, 12],
        [13, 14],
    ];

    /// <summary>A row of a batch.</summary>
    public static Tensor Row(params long[] values) => tensor(values).view(1, values.Length);

    /// <summary>Scores of histories that are packed together are those of one history at a time.</summary>
    public static void PackingChangesNoScore(ItemSequenceModel model, int[][] rows)
    {
        using var scope = NewDisposeScope();
        var scorer = new ItemSequenceScorer(model);
        var together = scorer.ScoreAll(Histories.From(rows));
        for (var i = 0; i < rows.Length; i++)
            Assert.True(allclose(together[i], scorer.ScoreAll(Histories.From([rows[i]]))[0], atol: 1e-5), $"row {i}");
    }

    public static void EveryParameterReceivesAGradient(ItemSequenceModel model, NextItemBatch batch)
    {
        using var scope = NewDisposeScope();
        ItemSequenceObjective.Loss(model, batch).backward();
        foreach (var (name, weight) in model.named_parameters())
            Assert.True(
                weight.grad is { } g && g.isfinite().all().item<bool>() && g.abs().sum().item<float>() > 1e-7f,
                name
            );
    }

    public static void TheBatchCanBeMemorised(ItemSequenceModel model, NextItemBatch batch, int steps)
    {
        using var scope = NewDisposeScope();
        model.train();
        using var optimizer = optim.Adam(model.parameters(), 0.01);
        var loss = 0f;
        for (var step = 0; step < steps; step++)
        {
            using var inner = NewDisposeScope();
            optimizer.zero_grad();
            var value = ItemSequenceObjective.Loss(model, batch);
            value.backward();
            optimizer.step();
            loss = value.item<float>();
        }
        Assert.InRange(loss, 0, 0.05f);
    }

    public static void ALossLeavesOneTensorBehind(ItemSequenceModel model, NextItemBatch batch)
    {
        using var scope = NewDisposeScope();
        ItemSequenceObjective.Loss(model, batch);
        Assert.Equal(1, scope.DisposablesCount);
    }

    /// <summary>All items, best first, and neither padding nor mask.</summary>
    public static void RecommendationsAreTheBestScores(ItemSequenceModel model)
    {
        using var scope = NewDisposeScope();
        var scorer = new ItemSequenceScorer(model);
        var histories = Histories.From([
            [1, 2, 3],
            [7],
        ]);
        var (items, scores) = scorer.Recommend(histories, model.ItemCount);
        var all = scorer.ScoreAll(histories);
        Assert.Equal(
            Enumerable.Range(1, model.ItemCount).Select(i => (long)i),
            items[0].data<long>().ToArray().Order()
        );
        Assert.True(allclose(all.gather(1, items), scores));
        var rest = model.ItemCount - 1;
        Assert.True((scores.narrow(1, 0, rest) >= scores.narrow(1, 1, rest)).all().item<bool>());
    }
}

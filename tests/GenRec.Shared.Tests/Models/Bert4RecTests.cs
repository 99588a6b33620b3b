using GenRec.Shared.Data;
using GenRec.Shared.Models;
using GenRec.Shared.Tests.Data;
using static TorchSharp.torch;

namespace GenRec.Shared.Tests.Models;

[Collection(TorchGenerator.Name)]
public class Bert4RecTests
{
    private static readonly Bert4RecOptions Tiny = new()
    {
        Hidden = 8,
        Heads = 2,
        Inner = 12,
        MaxLength = 6,
        Dropout = 0,
        AttentionDropout = 0,
        InitialStandardDeviation = 0.3,
        Source = "test",
    };

    private static readonly int[][] Rows =
    [
        [1, 2, 3],
        [4],
        [5, 6, 7, 8, 9, 10, 11, 12],
        [],
        [3, 3, 3, 3],
    ];

    [Theory]
    [InlineData(AttentionDirection.Bidirectional)]
    [InlineData(AttentionDirection.Causal)]
    public void ALaterItemChangesEarlierOutputsOnlyWhereBothSidesAreSeen(AttentionDirection direction)
    {
        using var scope = NewDisposeScope();
        var model = Model(Tiny with { Direction = direction });
        var (places, own) = (ItemSequenceChecks.Row(2, 3, 4, 5), ItemSequenceChecks.Row(1, 1, 1, 1));
        var (before, after) = (
            model.forward(ItemSequenceChecks.Row(1, 2, 3, 4), places, own),
            model.forward(ItemSequenceChecks.Row(1, 2, 3, 9), places, own)
        );
        var changed = (before - after).abs().amax(2L)[0].data<float>().ToArray(); // [4]
        if (direction == AttentionDirection.Bidirectional)
            Assert.All(changed, by => Assert.True(by > 1e-4));
        else
            Assert.All(changed[..3], by => Assert.True(by < 1e-6));
        Assert.True(changed[3] > 1e-4); // the probe does reach the model
    }

    [Theory]
    [InlineData(AttentionDirection.Bidirectional)]
    [InlineData(AttentionDirection.Causal)]
    public void PackingChangesNoScore(AttentionDirection direction) =>
        ItemSequenceChecks.PackingChangesNoScore(Model(Tiny with { Direction = direction }), Rows);

    [Fact]
    public void TheScoresAreThoseOfAMaskBehindTheHistory()
    {
        using var scope = NewDisposeScope();
        var model = Model(Tiny);
        using (no_grad())
            nn.init.normal_(model.OutputBias!);
        var hidden = model.forward(
            ItemSequenceChecks.Row(1, 2, 3, 21),
            ItemSequenceChecks.Row(2, 3, 4, 5),
            ItemSequenceChecks.Row(1, 1, 1, 1)
        ); // 21 is the mask
        var expected = model.Project(hidden[0, 3]).matmul(model.OutputTable.t()) + model.OutputBias!;
        var scorer = new ItemSequenceScorer(model);
        Assert.True(
            allclose(
                expected,
                scorer.ScoreAll(
                    Histories.From([
                        [1, 2, 3],
                    ])
                )[0],
                atol: 1e-5
            )
        );
        Assert.Equal(new long[] { 1, 21 }, scorer.ScoreAll(Histories.From([Rows[1]])).shape); // none for the mask
    }

    [Fact]
    public void AllButOneOfTheNewestItemsAreRead() // the mask takes the last place
    {
        using var scope = NewDisposeScope();
        var scores = new ItemSequenceScorer(Model(Tiny)).ScoreAll(
            Histories.From([
                [9, 8, 1, 2, 3, 4, 5],
                [1, 2, 3, 4, 5],
            ])
        );
        Assert.True(allclose(scores[0], scores[1], atol: 1e-6));
    }

    [Theory]
    [InlineData(NextItemObjective.Binary, NegativeSharing.PerPosition, AttentionDirection.Bidirectional)]
    [InlineData(NextItemObjective.SampledSoftmax, NegativeSharing.PerBatch, AttentionDirection.Bidirectional)]
    [InlineData(NextItemObjective.CrossEntropy, NegativeSharing.PerBatch, AttentionDirection.Bidirectional)]
    [InlineData(NextItemObjective.CrossEntropy, NegativeSharing.PerBatch, AttentionDirection.Causal)]
    public void EveryParameterReceivesAGradient(
        NextItemObjective objective,
        NegativeSharing sharing,
        AttentionDirection direction
    )
    {
        using var scope = NewDisposeScope();
        var options = Tiny with
        {
            Objective = objective,
            Sharing = sharing,
            ExcludeSeen = false,
            Direction = direction,
            Negatives = 3,
        };
        ItemSequenceChecks.EveryParameterReceivesAGradient(Model(options), Batch(options));
    }

    [Theory]
    [InlineData(NextItemObjective.Binary, AttentionDirection.Bidirectional)]
    [InlineData(NextItemObjective.CrossEntropy, AttentionDirection.Bidirectional)]
    [InlineData(NextItemObjective.CrossEntropy, AttentionDirection.Causal)]
    public void OneBatchCanBeMemorised(NextItemObjective objective, AttentionDirection direction)
    {
        using var scope = NewDisposeScope();
        var options = Tiny with
        {
            Hidden = 32,
            Objective = objective,
            Direction = direction,
            Negatives = 4,
            InitialStandardDeviation = 0.1,
        };
        ItemSequenceChecks.TheBatchCanBeMemorised(Model(options), Batch(options), steps: 200);
    }

    [Fact]
    public void TheLossIsTheCrossEntropyOfTheMaskedCells() // against the plain way, without gathering
    {
        using var scope = NewDisposeScope();
        var model = Model(Tiny);
        using (no_grad())
            nn.init.normal_(model.OutputBias!);
        var batch = Batch(Tiny);
        var hidden = model.forward(Grid(batch.Items), Grid(batch.Positions), Grid(batch.Segments));
        var logits = model.Project(hidden).matmul(model.OutputTable.t()) + model.OutputBias!; // [R, W, N + 1]
        var masked = logits.narrow(-1, 1, model.ItemCount).view(-1, model.ItemCount)[tensor(batch.Cells)];
        var expected = nn.functional.cross_entropy(masked, tensor(batch.Targets) - 1);
        var loss = ItemSequenceObjective.Loss(model, batch);
        Assert.Equal(expected.item<float>(), loss.item<float>(), 1e-4f);
        expected.backward();
        var plain = Gradients();
        loss.backward();
        foreach (var ((name, own), (_, other)) in Gradients().Zip(plain))
            Assert.True(allclose(own, other, rtol: 1e-3, atol: 1e-5), name);

        Tensor Grid(long[] cells) => tensor(cells).view(batch.Rows, batch.Width);

        (string Name, Tensor Value)[] Gradients()
        {
            var found = model.named_parameters().Select(p => (p.name, p.parameter.grad!.clone())).ToArray();
            foreach (var (_, weight) in model.named_parameters())
                weight.grad = null;
            return found;
        }
    }

    [Fact]
    public void TheMaskIsNeverRecommendedAndPaddingStaysZero()
    {
        using var scope = NewDisposeScope();
        var model = Model(Tiny);
        ItemSequenceObjective.Loss(model, Batch(Tiny)).backward();
        var table = model.get_parameter("items.weight")!;
        Assert.Equal(0, table[0].abs().sum().item<float>());
        Assert.Equal(0, table.grad![0].abs().sum().item<float>());
        Assert.True(table.grad![21].abs().sum().item<float>() > 0); // the mask's vector learns
        ItemSequenceChecks.RecommendationsAreTheBestScores(model);
    }

    [Fact]
    public void ALossLeavesOneTensorBehind() => ItemSequenceChecks.ALossLeavesOneTensorBehind(Model(Tiny), Batch(Tiny));

    [Fact]
    public void AttentionLooksToBothSidesAndSumsToOne()
    {
        var map = new ItemSequenceScorer(Model(Tiny)).AttentionMap([1, 2, 3], block: 1); // and the mask
        Assert.Equal(4, map.GetLength(0));
        for (var row = 0; row < 4; row++)
        {
            Assert.Equal(1, Enumerable.Range(0, 4).Sum(column => map[row, column]), 1e-5);
            Assert.All(Enumerable.Range(0, 4), column => Assert.True(map[row, column] > 0));
        }
    }

    [Fact]
    public void BadInputIsNamed()
    {
        var scorer = new ItemSequenceScorer(Model(Tiny));
        var mask = Histories.From([
            [1, 21],
        ]);
        Assert.Contains("item 21", Assert.Throws<ArgumentException>(() => scorer.ScoreAll(mask)).Message);
        Assert.Contains(
            "multiple",
            Assert.Throws<ArgumentException>(() => new Bert4Rec(5, Tiny with { Heads = 3 })).Message
        );
        Assert.Contains(
            "Dropout",
            Assert.Throws<ArgumentOutOfRangeException>(() => new Bert4Rec(5, Tiny with { Dropout = 1.5 })).Message
        );
    }

    private static Bert4Rec Model(Bert4RecOptions options)
    {
        manual_seed(3);
        var model = new Bert4Rec(20, options);
        model.eval();
        return model;
    }

    private static NextItemBatch Batch(Bert4RecOptions options) =>
        options.Batches(NextItemBatcherTests.Build(ItemSequenceChecks.Users), 5).At(0);
}

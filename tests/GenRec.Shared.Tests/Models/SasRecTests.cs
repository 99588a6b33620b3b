using GenRec.Shared.Data;
using GenRec.Shared.Models;
using GenRec.Shared.Tests.Data;
using static TorchSharp.torch;

namespace GenRec.Shared.Tests.Models;

[Collection(TorchGenerator.Name)]
public class SasRecTests
{
    private static readonly SasRecOptions Tiny = new()
    {
        Hidden = 8,
        Heads = 2,
        MaxLength = 6,
        Dropout = 0,
        Source = "test",
    };

    public static TheoryData<NormPlacement, PositionKind> Variants =>
        new(
            from norm in Enum.GetValues<NormPlacement>()
            from position in Enum.GetValues<PositionKind>()
            select (norm, position)
        );

    [Theory]
    [MemberData(nameof(Variants))]
    public void FutureItemsDoNotChangeEarlierOutputs(NormPlacement norm, PositionKind position) // causality
    {
        using var scope = NewDisposeScope();
        var model = Model(Tiny with { Norm = norm, Positions = position });
        var (ids, places, own) = (
            tensor(new long[] { 1, 2, 3, 4 }).view(1, 4),
            ItemSequenceChecks.Row(2, 3, 4, 5),
            ItemSequenceChecks.Row(1, 1, 1, 1)
        );
        var changed = tensor(new long[] { 1, 2, 3, 9 }).view(1, 4);
        var (before, after) = (model.forward(ids, places, own), model.forward(changed, places, own));
        Assert.True(allclose(before.narrow(1, 0, 3), after.narrow(1, 0, 3), atol: 1e-6));
        Assert.False(allclose(before.narrow(1, 3, 1), after.narrow(1, 3, 1), atol: 1e-6)); // the probe does reach the model
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public void PackingChangesNoScore(NormPlacement norm, PositionKind position) =>
        ItemSequenceChecks.PackingChangesNoScore(
            Model(Tiny with { Norm = norm, Positions = position }),
            [
                [1, 2, 3],
                [4],
                [5, 6, 7, 8, 9, 10, 11, 12],
                [2, 1],
                [3, 3, 3, 3],
            ]
        );

    [Fact]
    public void OnlyTheNewestItemsAreRead()
    {
        using var scope = NewDisposeScope();
        var scorer = new ItemSequenceScorer(Model(Tiny));
        var scores = scorer.ScoreAll(
            Histories.From([
                [9, 8, 1, 2, 3, 4, 5, 6],
                [1, 2, 3, 4, 5, 6],
            ])
        );
        Assert.True(allclose(scores[0], scores[1], atol: 1e-6));
    }

    [Theory]
    [InlineData(NextItemObjective.Binary)]
    [InlineData(NextItemObjective.SampledSoftmax)]
    [InlineData(NextItemObjective.CrossEntropy)]
    [InlineData(NextItemObjective.GeneralisedBinary)]
    public void EveryParameterReceivesAGradient(NextItemObjective objective)
    {
        using var scope = NewDisposeScope();
        var options = Tiny with
        {
            Objective = objective,
            OutputProjection = true,
            SeparateOutputTable = true,
            Negatives = 3,
        };
        ItemSequenceChecks.EveryParameterReceivesAGradient(Model(options), Batch(options));
    }

    [Theory]
    [InlineData(NextItemObjective.Binary, NegativeSharing.PerPosition)]
    [InlineData(NextItemObjective.SampledSoftmax, NegativeSharing.PerBatch)]
    [InlineData(NextItemObjective.SampledSoftmax, NegativeSharing.PerPosition)]
    [InlineData(NextItemObjective.CrossEntropy, NegativeSharing.PerBatch)]
    public void OneBatchCanBeMemorised(NextItemObjective objective, NegativeSharing sharing)
    {
        using var scope = NewDisposeScope();
        var options = Tiny with
        {
            Hidden = 32,
            Objective = objective,
            Sharing = sharing,
            Negatives = 4,
            ExcludeSeen = sharing == NegativeSharing.PerPosition,
        };
        ItemSequenceChecks.TheBatchCanBeMemorised(Model(options), Batch(options), steps: 300);
    }

    [Fact]
    public void PaddingStaysZero()
    {
        using var scope = NewDisposeScope();
        var options = Tiny with { Objective = NextItemObjective.SampledSoftmax, Negatives = 3 };
        var model = Model(options);
        ItemSequenceObjective.Loss(model, Batch(options)).backward();
        var table = model.OutputTable;
        Assert.Equal(0, table[0].abs().sum().item<float>());
        Assert.Equal(0, table.grad![0].abs().sum().item<float>());
    }

    [Fact]
    public void ALossLeavesOneTensorBehind() => ItemSequenceChecks.ALossLeavesOneTensorBehind(Model(Tiny), Batch(Tiny));

    [Fact]
    public void AttentionLooksOnlyBackAndSumsToOne()
    {
        var map = new ItemSequenceScorer(Model(Tiny)).AttentionMap([1, 2, 3, 4], block: 1);
        for (var row = 0; row < 4; row++)
        {
            Assert.Equal(1, Enumerable.Range(0, 4).Sum(column => map[row, column]), 1e-5);
            Assert.All(Enumerable.Range(row + 1, 3 - row), column => Assert.Equal(0, map[row, column]));
        }
    }

    [Fact]
    public void RecommendationsAreTheBestScoresWithoutPadding() =>
        ItemSequenceChecks.RecommendationsAreTheBestScores(Model(Tiny));

    [Fact]
    public void AnItemOfAnotherCatalogueIsNamed()
    {
        var scorer = new ItemSequenceScorer(Model(Tiny));
        Assert.Contains(
            "item 21",
            Assert
                .Throws<ArgumentException>(() =>
                    scorer.ScoreAll(
                        Histories.From([
                            [1, 21],
                        ])
                    )
                )
                .Message
        );
    }

    [Fact]
    public void AnOptionOutOfRangeIsNamed()
    {
        Assert.Contains(
            "Dropout",
            Assert.Throws<ArgumentException>(() => new SasRec(5, Tiny with { Dropout = 1.5 })).Message
        );
        Assert.Contains(
            "multiple",
            Assert.Throws<ArgumentException>(() => new SasRec(5, Tiny with { Heads = 3 })).Message
        );
    }

    private static SasRec Model(SasRecOptions options)
    {
        manual_seed(3);
        var model = new SasRec(20, options);
        model.eval();
        return model;
    }

    private static NextItemBatch Batch(SasRecOptions options) =>
        new NextItemBatcher(NextItemBatcherTests.Build(ItemSequenceChecks.Users), options.Batching(5)).At(0);
}

using GenRec.Shared.Models;
using GenRec.Shared.SemanticIds;
using GenRec.Shared.Tests.Data;

namespace GenRec.Shared.Tests.Models;

[Collection(TorchGenerator.Name)]
public class BackboneCostTests
{
    // D 2, H 2 of width 2 (inner 4), G 1 (keys 2), F 5: a cell costs query 8 + output 8 + keys and values 8 + network 30 = 54.
    private static readonly BackboneOptions Tiny = new()
    {
        HistoryLayers = 3,
        Width = 2,
        Heads = 2,
        KeyValueHeads = 1,
        HeadWidth = 2,
        FeedForward = 5,
        Source = "test",
    };

    [Fact]
    public void OneStreamIsCountedByHand()
    {
        // Three items of two codes: 5 cells, 15 causal pairs of 2 x 4; two targets of two codes against 7 tokens of width 2.
        var cost = BackboneCost.Of(Tiny, levels: 2, vocabulary: 7, items: 3);
        Assert.Equal(
            (3 * (5 * 54 + 15 * 8), 0, 2 * 2 * 2 * 7, 2),
            (cost.History, cost.Writing, cost.Vocabulary, cost.Targets)
        );
        Assert.Equal(6 * (1170 + 56) / 2.0, cost.TrainingFlopsPerTarget);
    }

    [Fact]
    public void AnEncoderDecoderIsCountedByHand()
    {
        var shape = Tiny with
        {
            History = AttentionDirection.Bidirectional,
            Supervision = Supervision.LastItem,
            Writer = CodeWriter.CrossAttention,
            WriterLayers = 1,
        };
        var cost = BackboneCost.Of(shape, levels: 2, vocabulary: 7, items: 3);
        // 4 cells that all see all 4; keys and values of each for one writing layer, 2 x 2 x 2.
        Assert.Equal(3 * (4 * 54 + 16 * 8) + 4 * 8, cost.History);
        // 2 cells, 3 pairs among them; query and output 16 each, and 4 cells read by each.
        Assert.Equal(2 * 54 + 3 * 8 + 2 * 16 + 2 * 4 * 8, cost.Writing);
        Assert.Equal(1, cost.Targets);
    }

    [Fact]
    public void AnUpdateCostsTheMeanOverThePiecesThatBatchesAreMadeOf()
    {
        var train = NextItemBatcherTests.Build([
            [1, 2, 3, 4],
            [5, 6],
            [7],
        ]);
        double Cost(BackboneOptions shape, int items) => 6 * BackboneCost.Of(shape, 2, 7, items).Forward;
        var rows = Tiny with { MaxItems = 2, BatchTargets = 8 }; // pieces of 3, 2 and 2 items write 2 + 1 + 1
        Assert.Equal(
            8 * (Cost(rows, 3) + 2 * Cost(rows, 2)) / 4,
            BackboneCost.TrainingFlopsPerUpdate(rows, 2, 7, train),
            1e-6
        );
        var windows = rows with { Supervision = Supervision.LastItem }; // histories of 1, 2, 2 and 1 items
        Assert.Equal(
            8 * (2 * Cost(windows, 2) + 2 * Cost(windows, 3)) / 4,
            BackboneCost.TrainingFlopsPerUpdate(windows, 2, 7, train),
            1e-6
        );
    }

    [Fact]
    public void TheLazyDecoderSpendsNearlyAllOnWriting() // OneRec-V2, Table 1
    {
        var lazy = Tiny with
        {
            Supervision = Supervision.LastItem,
            Writer = CodeWriter.LazyCrossAttention,
            HistoryLayers = 0,
            WriterLayers = 3,
        };
        var naive = Tiny with { Supervision = Supervision.LastItem };
        var (theirs, ours) = (BackboneCost.Of(naive, 3, 100, 170), BackboneCost.Of(lazy, 3, 100, 170));
        Assert.True(theirs.WritingShare < 0.2, $"{theirs.WritingShare}");
        Assert.True(ours.WritingShare > 0.8, $"{ours.WritingShare}");
        Assert.True(ours.Forward < theirs.Forward / 10);
    }

    [Fact]
    public void ParametersAreThoseOfTheModel()
    {
        var ids = new SemanticIdTable(
            [4, 4, 3],
            [.. Enumerable.Range(0, 24).SelectMany(i => new[] { i / 6, i % 4, i % 3 })]
        );
        foreach (var shape in BackboneTests.Shapes)
        {
            using var model = new Backbone(ids, shape);
            Assert.Equal(model.BodyParameters, BackboneMatch.BodyParameters(shape, 3));
        }
    }

    [Fact]
    public void TheSolverMakesShapesEqual()
    {
        var goal = BackboneMatch.BodyParameters(Tiny with { Width = 32, HeadWidth = 8, FeedForward = 128 }, 3);
        foreach (var shape in BackboneTests.Shapes)
        {
            var wide = shape with { Width = 32, HeadWidth = 8, KeyValueHeads = shape.Heads };
            var matched = BackboneMatch.WithParameters(wide, 3, goal);
            var found = (double)BackboneMatch.BodyParameters(matched, 3);
            // The inner width moves in steps of four: half a step of all layers together is the most that can be missed.
            Assert.InRange(found, goal - 4 * 3 * 32 * 2, goal + 4 * 3 * 32 * 2);
        }
        Assert.Contains(
            "fewer layers",
            Assert.Throws<ArgumentException>(() => BackboneMatch.WithParameters(Tiny, 3, 100)).Message
        );
        var (steps, twice) = (BackboneMatch.Steps(Tiny, 3, 40, 8, 1e9), BackboneMatch.Steps(Tiny, 3, 40, 8, 2e9));
        Assert.InRange(twice, 2 * steps, 2 * steps + 1);
    }
}

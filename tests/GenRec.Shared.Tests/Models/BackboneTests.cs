using GenRec.Shared.Data;
using GenRec.Shared.Decoding;
using GenRec.Shared.Models;
using GenRec.Shared.SemanticIds;
using GenRec.Shared.Tests.Data;
using GenRec.Shared.Training;
using static TorchSharp.torch;

namespace GenRec.Shared.Tests.Models;

[Collection(TorchGenerator.Name)]
public class BackboneTests
{
    private static readonly SemanticIdTable Ids = new(
        [4, 4, 3],
        [.. Enumerable.Range(0, 24).SelectMany(i => new[] { i / 6, i % 4, i % 3 })]
    );

    private static readonly BackboneOptions Tiny = new()
    {
        HistoryLayers = 2,
        Width = 8,
        Heads = 4,
        KeyValueHeads = 2,
        HeadWidth = 4,
        FeedForward = 12,
        Dropout = 0,
        MaxItems = 5,
        BatchTargets = 6,
        Beams = 24,
        Source = "test",
    };

    private static readonly int[][] Rows =
    [
        [1, 2, 3],
        [4],
        [5, 6, 7, 8, 9, 10, 11, 12],
        [3, 3, 3, 3],
    ];

    /// <summary>Every agreement of the switches that there is.</summary>
    public static IEnumerable<BackboneOptions> Shapes =>
        from input in Enum.GetValues<HistoryInput>()
        from direction in Enum.GetValues<AttentionDirection>()
        from supervision in Enum.GetValues<Supervision>()
        from writer in Enum.GetValues<CodeWriter>()
        let lazy = writer == CodeWriter.LazyCrossAttention
        let writes = writer is not (CodeWriter.SameStack or CodeWriter.ParallelHeads)
        let shape = Tiny with
        {
            Input = input,
            History = direction,
            Supervision = supervision,
            Writer = writer,
            HistoryLayers = lazy ? 0 : 2,
            WriterLayers = writes ? 2 : 0,
        }
        where IsValid(shape)
        select shape;

    public static TheoryData<string> Names => [.. Shapes.Select(Name)];

    [Fact]
    public void TheSwitchesAreIndependentWhereTheyCanBe()
    {
        // 2 inputs x 2 directions x 2 supervisions x 5 writers, less: bidirectional with every item (10), one stream of item
        // vectors with every item (1).
        Assert.Equal(40 - 10 - 1, Shapes.Count());
        var leaks = Tiny with { History = AttentionDirection.Bidirectional };
        Assert.Contains("LastItem", Assert.Throws<ArgumentException>(leaks.Validate).Message);
        Assert.Contains(
            "DepthStack",
            Assert.Throws<ArgumentException>((Tiny with { Input = HistoryInput.ItemVectors }).Validate).Message
        );
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void BeamsStepByStepGiveTheScoresOfTeacherForcing(string name) // exhaustive = beam = all at once
    {
        using var scope = NewDisposeScope();
        var model = Model(name);
        var expected = TeacherForced(model);
        using var recommender = new GeneratorRecommender(model, new BeamOptions { Width = 24 });
        var exact = recommender.ScoreAll(Histories.From(Rows));
        Assert.True(allclose(expected, exact.narrow(1, 1, 24), atol: 2e-4), name);
        var (items, scores) = recommender.Recommend(Histories.From(Rows), 24);
        Assert.True(allclose(exact.gather(1, items), scores, atol: 2e-4), name);
        Assert.True(allclose(expected.sort(1, descending: true).Values, scores, atol: 2e-4), name);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void EveryParameterReceivesAGradient(string name)
    {
        using var scope = NewDisposeScope();
        var model = Model(name);
        model.Loss(Batcher(model).At(0)).backward();
        foreach (var (parameter, weight) in model.named_parameters())
            Assert.True(
                weight.grad is { } g && g.isfinite().all().item<bool>() && g.abs().sum().item<float>() > 1e-7f,
                $"{name}: {parameter}"
            );
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void LaterItemsChangeNoEarlierAnswer(string name) // no leak from the item that is to be written
    {
        using var scope = NewDisposeScope();
        var model = Model(name);
        var everyItem = model.Options.Supervision == Supervision.EveryItem;
        var (before, after) = (Logits(9), Logits(20));
        // The first code of the last item is told before it is known; so is everything about the items before it.
        var last = before.shape[0] - 1;
        Assert.True(allclose(before.narrow(0, 0, last), after.narrow(0, 0, last), atol: 1e-5), name);
        Assert.True(allclose(before[last, 0], after[last, 0], atol: 1e-5), name);

        Tensor Logits(int newest) =>
            model.forward(
                model.Pack(
                    [
                        [1, 2, 3, newest],
                    ],
                    [everyItem ? 1 : 3]
                )
            ); // [T, m, V]
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void AnEarlierItemChangesTheAnswer(string name)
    {
        using var scope = NewDisposeScope();
        var model = Model(name);
        var (before, after) = (Logits(1), Logits(20));
        Assert.False(allclose(before, after, atol: 1e-4), name);

        Tensor Logits(int first) =>
            model.forward(
                model.Pack(
                    [
                        [first, 2, 3, 4],
                    ],
                    [3]
                )
            );
    }

    [Theory]
    [InlineData(CodeWriter.SameStack, HistoryInput.FlatTokens)]
    [InlineData(CodeWriter.CrossAttention, HistoryInput.FlatTokens)]
    [InlineData(CodeWriter.CrossAttention, HistoryInput.ItemVectors)]
    [InlineData(CodeWriter.LazyCrossAttention, HistoryInput.FlatTokens)]
    [InlineData(CodeWriter.DepthStack, HistoryInput.ItemVectors)]
    [InlineData(CodeWriter.ParallelHeads, HistoryInput.ItemVectors)]
    public void TheLossOfARowIsThatOfItsWindows(CodeWriter writer, HistoryInput input) // with causal histories, work is shared
    {
        using var scope = NewDisposeScope();
        var shape = Shapes.Single(shape =>
            (shape.Writer, shape.Input, shape.Supervision) == (writer, input, Supervision.EveryItem)
        );
        var rows = Model(Name(shape));
        var windows = Model(Name(shape with { Supervision = Supervision.LastItem }));
        int[] items = [4, 9, 1, 7, 20];
        var together = rows.Loss(rows.Pack([items], [1])).item<float>();
        var apart = windows.Loss(
            windows.Pack([.. Enumerable.Range(2, 4).Select(length => items[..length])], [1, 2, 3, 4])
        );
        Assert.Equal(apart.item<float>(), together, 1e-4f);
    }

    [Theory]
    [InlineData(CodeWriter.SameStack)]
    [InlineData(CodeWriter.CrossAttention)]
    [InlineData(CodeWriter.LazyCrossAttention)]
    [InlineData(CodeWriter.DepthStack)]
    public void OneBatchCanBeMemorised(CodeWriter writer)
    {
        using var scope = NewDisposeScope();
        var shape = Shapes.First(shape => shape.Writer == writer && shape.Supervision == Supervision.LastItem);
        manual_seed(2);
        var model = new Backbone(Ids, shape with { Width = 32, FeedForward = 64, HeadWidth = 8 });
        var batch = model.Pack(
            [
                [1, 2, 3],
                [4, 5],
                [6, 7, 8, 9],
                [10, 11, 24],
            ],
            [2, 1, 3, 2]
        );
        using var optimizer = optim.Adam(model.parameters(), 0.01);
        var loss = 1f;
        for (var step = 0; step < 150 && loss > 0.03; step++)
        {
            using var inner = NewDisposeScope();
            optimizer.zero_grad();
            var value = model.Loss(batch);
            value.backward();
            optimizer.step();
            loss = value.item<float>();
        }
        Assert.InRange(loss, 0, 0.05f);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 1)]
    [InlineData(1, 2)]
    [InlineData(2, 2)]
    public void LazySetsAreSharedByLayers(int sets, int split) // L_kv and S_kv of OneRec-V2
    {
        using var scope = NewDisposeScope();
        var shape = Shapes.First(shape => shape.Writer == CodeWriter.LazyCrossAttention) with
        {
            LazySets = sets,
            LazySplit = split,
        };
        manual_seed(4);
        var model = new Backbone(Ids, shape);
        Assert.Equal(2 * 4 * sets * split, model.get_parameter("lazyKeys.weight")!.shape[0]);
        using var recommender = new GeneratorRecommender(model, new BeamOptions { Width = 24 });
        var exact = recommender.ScoreAll(Histories.From(Rows));
        Assert.True(allclose(TeacherForced(model), exact.narrow(1, 1, 24), atol: 2e-4));
    }

    [Fact]
    public void ALossLeavesOneTensorBehind()
    {
        var shape = Shapes.First(shape => shape.Writer == CodeWriter.CrossAttention);
        var model = new Backbone(Ids, shape with { Supervision = Supervision.LastItem, LengthClasses = 2 });
        var batch = Batcher(model).At(0);
        Assert.Equal(2, batch.Count);
        using var scope = NewDisposeScope();
        model.Loss(batch);
        Assert.Equal(1, scope.DisposablesCount);
    }

    [Theory]
    [InlineData(CodeWriter.SameStack)]
    [InlineData(CodeWriter.CrossAttention)]
    [InlineData(CodeWriter.LazyCrossAttention)]
    public void ClassesOfLengthChangeNoLossAndNoGradient(CodeWriter writer)
    {
        using var scope = NewDisposeScope();
        var shape = Shapes.First(shape =>
            (shape.Writer, shape.Input, shape.Supervision) == (writer, HistoryInput.FlatTokens, Supervision.LastItem)
        );
        var (one, several) = (Model(Name(shape)), new Backbone(Ids, shape with { LengthClasses = 2 }));
        several.load_state_dict(one.state_dict());
        several.eval();
        int[][] windows =
        [
            [1, 2, 3, 4, 5, 6],
            [7, 8],
            [9, 10, 11, 12, 13],
            [14, 15, 16],
            [17, 18],
        ];
        int[] last = [.. windows.Select(window => window.Length - 1)];
        var parts = BackboneBatcher.InClasses(several, windows, last);
        Assert.Equal([2, 3], parts.Select(part => part.Targets)); // 6 and 5 are more than half of 6, the rest is not
        Assert.True(parts[1].History.Width < parts[0].History.Width);
        var (together, apart) = (one.Loss(one.Pack(windows, last)), several.Loss(parts));
        Assert.Equal(together.item<float>(), apart.item<float>(), 1e-5f);
        together.backward();
        apart.backward();
        foreach (var (name, weight) in one.named_parameters())
            Assert.True(allclose(weight.grad!, several.get_parameter(name)!.grad!, rtol: 1e-4, atol: 1e-6), name);
    }

    [Theory]
    [InlineData(Supervision.LastItem)]
    [InlineData(Supervision.EveryItem)]
    public void EveryItemButTheFirstIsWrittenOnceAnEpoch(Supervision supervision)
    {
        var model = Model(Name(Shapes.First(shape => shape.Supervision == supervision)));
        var batcher = Batcher(model);
        var batches = Enumerable.Range(0, batcher.StepsPerEpoch).SelectMany(step => batcher.At(step)).ToArray();
        var written = batches.SelectMany(batch => batch.Labels.Chunk(3)).Select(id => string.Join(',', id)).Order();
        var tokens = Ids.ToTokens(1);
        var expected = TrainRows
            .Where(row => row.Length > 1)
            .SelectMany(row => row[1..])
            .Select(item => string.Join(',', tokens[(item * 3)..(item * 3 + 3)]))
            .Order();
        Assert.Equal(expected, written);
        Assert.All(batches, batch => Assert.InRange(batch.Targets, 1, 11));
    }

    [Fact]
    public void BadInputIsNamed()
    {
        var model = Model(Name(Shapes.First()));
        Assert.Contains(
            "Item 25",
            Assert
                .Throws<ArgumentException>(() =>
                    model.Start(
                        Histories.From([
                            [1, 25],
                        ])
                    )
                )
                .Message
        );
        var other = NextItemBatcherTests.Build(
            [
                [1, 2],
            ],
            itemCount: 7
        );
        var refused = Assert.Throws<ArgumentException>(() => new BackboneBatcher(other, model, 1)).Message;
        Assert.Contains("7 items", refused);
        Assert.Contains("24", refused);
        var alone = NextItemBatcherTests.Build(
            [
                [1],
                [2],
            ],
            itemCount: 24
        );
        Assert.Contains(
            "shorter than two",
            Assert.Throws<ArgumentException>(() => new BackboneBatcher(alone, model, 1)).Message
        );
    }

    [Fact]
    public void ACheckpointOfOtherIdsIsRefusedAlsoWhereTheyHaveTheSameSizes()
    {
        var train = NextItemBatcherTests.Build(TrainRows, 24);
        var folder = Directory.CreateTempSubdirectory("genrec-").FullName;
        try
        {
            var options = new TrainingOptions { Steps = 1, Folder = folder };
            Fit(Ids, options);
            var codes = Ids.Codes.ToArray();
            (codes[0], codes[3 * 7]) = (codes[3 * 7], codes[0]); // two items change their first code
            var refused = Assert.ThrowsAny<Exception>(() =>
                Fit(new SemanticIdTable([4, 4, 3], codes), options with { Steps = 2 })
            );
            Assert.Contains($"ids: {Ids.Fingerprint} in the checkpoint", refused.Message);
        }
        finally
        {
            Directory.Delete(folder, true);
        }

        void Fit(SemanticIdTable ids, TrainingOptions options)
        {
            using var task = new BackboneTask("test", Splits.LeaveOneOut(train), ids, Tiny, seed: 1);
            Trainer.Fit(task, options, cancellation: TestContext.Current.CancellationToken);
        }
    }

    internal static string Name(BackboneOptions shape) =>
        $"{shape.Input} {shape.History} {shape.Supervision} {shape.Writer}";

    private static bool IsValid(BackboneOptions shape)
    {
        try
        {
            shape.Validate();
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    private static Backbone Model(string name)
    {
        manual_seed(3);
        var model = new Backbone(Ids, Shapes.Single(shape => Name(shape) == name));
        model.eval();
        return model;
    }

    private static readonly int[][] TrainRows =
    [
        [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13],
        [14, 15],
        [16],
        [17, 18, 19, 20],
        [21, 22, 23, 24, 1, 2],
    ];

    private static BackboneBatcher Batcher(Backbone model) =>
        new(NextItemBatcherTests.Build(TrainRows, 24), model, seed: 5);

    /// <summary>Log-probability of every item after every history, all codes given, <c>[B, N]</c>.</summary>
    private static Tensor TeacherForced(Backbone model)
    {
        using var quiet = no_grad();
        var sequences = (
            from row in Rows
            from item in Enumerable.Range(1, 24)
            select (int[])[.. row[Math.Max(0, row.Length - model.Options.MaxItems)..], item]
        ).ToArray();
        var batch = model.Pack(sequences, [.. sequences.Select(sequence => sequence.Length - 1)]);
        var logits = model.forward(batch).log_softmax(-1); // [B N, m, V]
        var labels = tensor(batch.Labels).view(-1, 3, 1);
        return logits.gather(-1, labels).sum([1L, 2L]).view(Rows.Length, 24);
    }
}

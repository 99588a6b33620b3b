using GenRec.Shared.Data;
using GenRec.Shared.Models;
using GenRec.Shared.Nn;
using GenRec.Shared.SemanticIds;
using GenRec.Shared.Tests.Data;
using GenRec.Shared.Training;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace GenRec.Shared.Tests.Models;

[Collection(TorchGenerator.Name)]
public class TigerTests
{
    internal static readonly TigerOptions Tiny = new()
    {
        Width = 12,
        EncoderLayers = 2,
        DecoderLayers = 2,
        Heads = 3,
        HeadWidth = 4,
        FeedForward = 24,
        Dropout = 0,
        MaxItems = 4,
        BatchSize = 8,
        Beams = 10,
        Source = "test",
    };

    [Fact]
    public void LengthGroupsGiveTheLossAndTheGradientsOfThePaddedBatch()
    {
        using var scope = NewDisposeScope();
        var model = Model(Tiny with { UserTokens = 3 });
        var batch = Batch(model);
        Assert.True(batch.Groups.Count > 2);
        var loss = model.Loss(batch);
        loss.backward();
        var grouped = Gradients(model);

        var longest = batch.Groups.Max(group => group.Length);
        var (ids, isReal, at, row) = (new long[batch.Rows * longest], new bool[batch.Rows * longest], 0, 0);
        foreach (var group in batch.Groups)
            for (var one = 0; one < group.Count; one++, row++)
            for (var place = 0; place < group.Length; place++)
                (ids[row * longest + place], isReal[row * longest + place]) = (batch.Ids[at++], true);
        var padded = model.T5.forward(
            tensor(ids).view(batch.Rows, longest),
            tensor(isReal).view(batch.Rows, longest),
            tensor(batch.Shifted).view(batch.Rows, batch.Levels)
        );
        var expected = F.cross_entropy(padded.view(-1, model.Tokens.Vocabulary), tensor(batch.Targets));
        Assert.Equal(expected.item<float>(), loss.item<float>(), 1e-5);
        model.zero_grad();
        expected.backward();
        foreach (var (name, gradient) in Gradients(model))
            Assert.True(allclose(gradient, grouped[name], rtol: 1e-4, atol: 1e-6), name);
    }

    [Fact]
    public void EveryParameterReceivesAGradient()
    {
        using var scope = NewDisposeScope();
        var model = Model(Tiny);
        model.Loss(Batch(model)).backward();
        foreach (var (name, weight) in model.named_parameters())
            Assert.True(
                weight.grad is { } g && g.isfinite().all().item<bool>() && g.abs().sum().item<float>() > 1e-7f,
                name
            );
    }

    [Fact]
    public void LaterCodesDoNotChangeEarlierLogits() // causality
    {
        using var scope = NewDisposeScope();
        var model = Model(Tiny);
        var batch = Batch(model);
        var shifted = batch.Shifted.ToArray();
        for (var row = 0; row < batch.Rows; row++)
            shifted[row * batch.Levels + 2] = shifted[row * batch.Levels + 2] == 4 ? 5 : 4;
        var (before, after) = (model.forward(batch), model.forward(batch with { Shifted = shifted }));
        Assert.True(allclose(before.narrow(1, 0, 2), after.narrow(1, 0, 2), atol: 1e-6));
        Assert.False(allclose(before.narrow(1, 2, 1), after.narrow(1, 2, 1), atol: 1e-5)); // the probe does reach the model
    }

    [Fact]
    public void OneBatchCanBeMemorised()
    {
        using var scope = NewDisposeScope();
        var model = Model(Tiny with { Width = 32, UserTokens = 50 });
        model.train();
        var batch = Batch(model);
        using var optimizer = new FusedAdam(model);
        for (var step = 0; step < 200; step++)
        {
            using var inner = NewDisposeScope();
            model.Loss(batch).backward();
            optimizer.Step(0.01);
            optimizer.ZeroGrad();
        }
        model.eval();
        Assert.InRange(model.Loss(batch).item<float>(), 0, 0.05f);
    }

    [Fact]
    public void EveryPrefixOfAUserIsAWindowOnceAnEpoch()
    {
        var train = Train();
        var tokens = new TigerTokens(Ids());
        var batcher = new TigerBatcher(train, tokens, Tiny with { BatchSize = 4 }, seed: 1);
        Assert.Equal(Enumerable.Range(0, train.Users).Sum(user => train.ItemsOf(user).Length - 1), batcher.Windows);
        var seen = new List<string>();
        for (var step = 0; step < batcher.StepsPerEpoch; step++)
            seen.AddRange(Rows(batcher.At(step)));
        var expected = Enumerable
            .Range(0, train.Users)
            .SelectMany(user =>
                Enumerable
                    .Range(1, train.ItemsOf(user).Length - 1)
                    .Select(end =>
                        string.Join(" ", tokens.Input(train.ItemsOf(user)[..end], 4))
                        + " > "
                        + string.Join(" ", tokens.Of(train.ItemsOf(user)[end]).ToArray())
                    )
            );
        Assert.Equal(expected.Order(), seen.Order());
        Assert.Equal(Rows(batcher.At(1)), Rows(new TigerBatcher(train, tokens, Tiny with { BatchSize = 4 }, 1).At(1)));
    }

    [Fact]
    public void AsManyBeamsAsItemsRankLikeTheLossOfEachItem() // the whole road from histories to items
    {
        using var scope = NewDisposeScope();
        var model = Model(Tiny with { UserTokens = 3 });
        using var recommender = new TigerRecommender(model, beams: 20);
        var history = new Histories([0, 3], [5, 6, 7], users: [2]);
        var (items, scores) = recommender.Recommend(history, 20);
        for (var place = 0; place < 20; place++)
        {
            var target = (int)items[0][place].item<long>();
            var one = TigerBatch.Of(model.Tokens, new NextItemCases([2], history, [target], 20), 4);
            Assert.Equal(-model.Loss(one).item<float>() * model.Tokens.Levels, scores[0][place].item<float>(), 1e-4);
        }
        Assert.Equal(Enumerable.Range(1, 20), items[0].data<long>().ToArray().Select(item => (int)item).Order());
    }

    [Fact]
    public void UsersChangeTheInputOnlyWhereTheyHaveTokens()
    {
        var (with, without) = (new TigerTokens(Ids(), 100), new TigerTokens(Ids()));
        Assert.NotEqual(with.Input([1, 2], 4, user: 1), with.Input([1, 2], 4, user: 2));
        Assert.Equal(with.Input([1, 2], 4), without.Input([1, 2], 4, user: 7));
        Assert.InRange(with.OfUser(12), 1 + Ids().VocabularySize, with.Vocabulary - 1);
        Assert.Equal([0], without.Input([], 4));
    }

    [Fact]
    public void WithoutTheTrieInvalidIdsAreCountedAndLeftOut()
    {
        using var scope = NewDisposeScope();
        var model = Model(Tiny);
        using var free = new TigerRecommender(model, beams: 10, GenRec.Shared.Decoding.IdConstraint.None);
        var (items, _) = free.Recommend(new Histories([0, 1], [3]), 10);
        var listed = items[0].data<long>().ToArray().Count(item => item > 0);
        Assert.Equal(10, free.Generated);
        Assert.Equal(10 - listed, free.Invalid);
        Assert.True(free.Invalid > 0); // fresh weights know no item
        using var bound = new TigerRecommender(model, beams: 10);
        bound.Recommend(new Histories([0, 1], [3]), 10);
        Assert.Equal(0, bound.Invalid);
    }

    [Fact]
    public void WrongInputIsNamed()
    {
        var ids = Ids();
        var short1 = Assert.Throws<ArgumentException>(() =>
            new TigerBatcher(
                NextItemBatcherTests.Build([
                    [1],
                    [20],
                ]),
                new TigerTokens(ids),
                Tiny,
                1
            )
        );
        Assert.Contains("shorter than two", short1.Message);
        var other = Assert.Throws<ArgumentException>(() =>
            new TigerBatcher(
                NextItemBatcherTests.Build([
                    [1, 2, 3],
                ]),
                new TigerTokens(Ids(30)),
                Tiny,
                1
            )
        );
        Assert.Contains("20 items, the semantic ids 30", other.Message);
        var model = Model(Tiny);
        using var recommender = new TigerRecommender(model);
        var unknown = Assert.Throws<ArgumentException>(() => recommender.Recommend(new Histories([0, 1], [21]), 5));
        Assert.Contains("Item 21 has no semantic id", unknown.Message);
        Assert.Contains(
            "Dropout",
            Assert.Throws<ArgumentOutOfRangeException>(() => new Tiger(ids, Tiny with { Dropout = 1 })).Message
        );
    }

    [Fact]
    public void ACheckpointOfAnotherShapeIsRefusedAndNamesBothSides()
    {
        var file = Path.Combine(Directory.CreateTempSubdirectory("genrec-").FullName, "model.safetensors");
        using var small = Model(Tiny);
        using var large = Model(Tiny with { FeedForward = 32 });
        Safetensors.Save(file, small);
        var refused = Assert.Throws<InvalidDataException>(() => Safetensors.LoadInto(file, large));
        Assert.Contains("[24, 12] in the file", refused.Message);
        Assert.Contains("[32, 12] in the model", refused.Message);
        using var other = new Tiger(new SemanticIdTable([5, 2], [0, 1, 4, 0]), Tiny);
        Assert.Contains(
            "tokens.weight",
            Assert.Throws<InvalidDataException>(() => Safetensors.LoadInto(file, other)).Message
        );
        Directory.Delete(Path.GetDirectoryName(file)!, true);
    }

    [Fact]
    public void ALossLeavesOneTensorBehind()
    {
        var model = Model(Tiny);
        var batch = Batch(model);
        using var scope = NewDisposeScope();
        model.Loss(batch);
        Assert.Equal(1, scope.DisposablesCount);
    }

    [Fact]
    public void BFloat16ProductsGiveNearlyTheSameLoss()
    {
        using var scope = NewDisposeScope();
        var exact = Model(Tiny);
        var narrow = new T5(
            Tiny.Sizes(exact.Tokens.Vocabulary) with
            {
                Precision = GenRec.Shared.Runtime.Precision.BFloat16,
            }
        );
        narrow.load_state_dict(exact.T5.state_dict());
        narrow.eval();
        var batch = Batch(exact);
        var hidden = narrow.ForwardGroups(
            tensor(batch.Ids),
            batch.Groups,
            tensor(batch.Shifted).view(-1, batch.Levels)
        );
        var logits = narrow.Logits(hidden);
        Assert.InRange(((logits - exact.forward(batch)).norm() / logits.norm()).item<float>(), 1e-6f, 0.02f);
    }

    /// <summary>Twenty items of three codes, all different, the last a running number.</summary>
    internal static SemanticIdTable Ids(int items = 20)
    {
        var codes = new List<int>();
        for (var item = 0; item < items; item++)
            codes.AddRange([item % 3, item / 3 % 4, item / 12]);
        return new SemanticIdTable([3, 4, 3], [.. codes]);
    }

    internal static Tiger Model(TigerOptions options)
    {
        manual_seed(3);
        var model = new Tiger(Ids(), options);
        model.eval();
        return model;
    }

    internal static Interactions Train() =>
        NextItemBatcherTests.Build([
            [1, 2, 3, 4, 5, 20],
            [6, 7, 8],
            [9, 10, 11, 12],
            [13, 14],
        ]);

    internal static TigerBatch Batch(Tiger model) => new TigerBatcher(Train(), model.Tokens, model.Options, 5).At(0);

    private static Dictionary<string, Tensor> Gradients(Tiger model) =>
        model.named_parameters().ToDictionary(weight => weight.name, weight => weight.parameter.grad!.clone());

    private static IEnumerable<string> Rows(TigerBatch batch)
    {
        var (at, row) = (0, 0);
        foreach (var group in batch.Groups)
            for (var one = 0; one < group.Count; one++, row++, at += group.Length)
                yield return string.Join(" ", batch.Ids.Skip(at).Take(group.Length))
                    + " > "
                    + string.Join(" ", batch.Targets.Skip(row * batch.Levels).Take(batch.Levels));
    }
}

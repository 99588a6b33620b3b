using GenRec.Shared.Data;
using GenRec.Shared.Data.Slates;
using GenRec.Shared.Decoding;
using GenRec.Shared.Models;
using GenRec.Shared.SemanticIds;
using GenRec.Shared.Tests.Worlds;
using GenRec.Shared.Training;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace GenRec.Shared.Tests.Models;

[Collection(TorchGenerator.Name)]
public class OneRecTests
{
    internal static readonly OneRecOptions Tiny = new()
    {
        Width = 12,
        EncoderLayers = 1,
        DecoderLayers = 2,
        Heads = 2,
        HeadWidth = 6,
        FeedForward = 16,
        Experts = 4,
        Dropout = 0,
        SessionLength = 3,
        MaxHistory = 4,
        BatchSize = 8,
        Beams = 4,
        Source = "test",
    };

    [Fact]
    public void EveryItemStandsBehindABos()
    {
        var batch = OneRecBatch.Of(
            new TigerTokens(Ids()),
            Sessions(
                [
                    [5],
                ],
                [1, 2, 3]
            ),
            4
        );
        Assert.Equal([0, 1, 4, 0, 1, 5, 0, 1, 6], batch.Inputs); // codes 0 0, 0 1, 0 2
        Assert.Equal([1, 4, 1, 5, 1, 6], batch.Targets);
    }

    [Fact]
    public void ASessionOfOneItemIsLearnedFrom() // the point-wise model
    {
        using var scope = NewDisposeScope();
        var model = Model(Tiny with { SessionLength = 1 });
        var batch = new SessionBatch(
            Histories.From([
                [5, 6, 7],
                [9],
            ]),
            [1, 4],
            length: 1
        );
        var loss = model.NextTokenLoss(batch);
        loss.backward();
        var levels = model.Tokens.Levels;
        Assert.Equal(-model.LogProbabilities(batch).mean().item<float>() / levels, loss.item<float>(), 1e-4);
        Assert.True(model.T5.TokenTable.grad!.abs().sum().item<float>() > 0);
    }

    [Fact]
    public void TheLossIsTheFormulaCodeByCode()
    {
        using var scope = NewDisposeScope();
        var model = Model(Tiny);
        var batch = Sessions(
            [
                [5, 6, 7],
                [9],
            ],
            [1, 2, 3, 8, 6, 4]
        );
        var sum = 0.0;
        for (var session = 0; session < 2; session++)
        {
            var read = new List<long>();
            var history = model.Tokens.Input(batch.Histories[session], 4).Select(token => (long)token).ToArray();
            foreach (var item in batch[session])
            {
                read.Add(OneRec.Bos);
                foreach (var code in model.Tokens.Of(item).ToArray())
                {
                    var logits = model.T5.forward(
                        tensor(history).unsqueeze(0),
                        ones(1, history.Length, dtype: ScalarType.Bool),
                        tensor(read.ToArray()).unsqueeze(0)
                    );
                    sum -= F.log_softmax(logits[0, -1], -1)[code].item<float>();
                    read.Add(code);
                }
            }
        }
        Assert.Equal(sum / (2 * 3 * 2), model.NextTokenLoss(batch).item<float>(), 1e-5);
        Assert.Equal(-sum, model.LogProbabilities(batch).sum().item<float>(), 1e-4);
    }

    [Fact]
    public void SeveralSessionsOfAHistoryScoreAsEachWouldAlone()
    {
        using var scope = NewDisposeScope();
        var model = Model(Tiny);
        int[] items = [1, 2, 3, 4, 5, 6, 8, 7, 6, 3, 1, 2, 9, 8, 1, 2, 9, 4];
        int[][] histories =
        [
            [5, 6, 7],
            [2],
            [9, 1],
        ]; // lengths out of order, so that the batch is regrouped
        var together = model.LogProbabilities(new SessionBatch(Histories.From(histories), items, 3, perHistory: 2));
        for (var session = 0; session < 6; session++)
        {
            var alone = Sessions([histories[session / 2]], items[(session * 3)..(session * 3 + 3)]);
            Assert.Equal(model.LogProbabilities(alone).item<float>(), together[session].item<float>(), 1e-4);
        }
        Assert.Equal(ScalarType.Float32, together.dtype);
    }

    [Fact]
    public void TheFusedLossHasTheGradientOfTheLogProbabilities()
    {
        using var scope = NewDisposeScope();
        var model = Model(Tiny);
        var batch = Sessions(
            [
                [5, 6, 7],
                [9],
            ],
            [1, 2, 3, 8, 6, 4]
        );
        model.NextTokenLoss(batch).backward();
        var fused = model.named_parameters().ToDictionary(pair => pair.name, pair => pair.parameter.grad!.clone());
        model.zero_grad();
        (-model.LogProbabilities(batch).sum() / 12).backward();
        foreach (var (name, weight) in model.named_parameters())
            Assert.True(allclose(fused[name], weight.grad!, rtol: 1e-3, atol: 1e-6), name);
    }

    [Fact]
    public void LaterItemsDoNotChangeEarlierCodes() // causality across the BOS layout
    {
        using var scope = NewDisposeScope();
        var model = Model(Tiny);
        Tensor Logits(params int[] session) =>
            model.forward(
                OneRecBatch.Of(
                    model.Tokens,
                    Sessions(
                        [
                            [5, 6],
                        ],
                        session
                    ),
                    4
                )
            ); // [1, 6, V]
        var before = Logits(1, 2, 3);
        var after = Logits(1, 6, 3); // another first code of the second item: 0 became 1
        Assert.True(allclose(before.narrow(1, 0, 3), after.narrow(1, 0, 3), atol: 1e-6));
        Assert.False(allclose(before.narrow(1, 3, 1), after.narrow(1, 3, 1), atol: 1e-5));
        Assert.False(allclose(before.narrow(1, 4, 1), after.narrow(1, 4, 1), atol: 1e-5)); // across the next BOS
    }

    [Fact]
    public void EveryParameterAndEveryExpertReceivesAGradient()
    {
        using var scope = NewDisposeScope();
        var model = Model(Tiny);
        model.NextTokenLoss(Many()).backward();
        foreach (var (name, weight) in model.named_parameters())
        {
            Assert.True(weight.grad is { } g && g.isfinite().all().item<bool>(), name);
            var parts =
                name.Contains("decoder") && name.Contains("feedForward.") ? weight.grad!.unbind(0) : [weight.grad!];
            Assert.All(parts, part => Assert.True(part.abs().sum().item<float>() > 1e-8f, name));
        }
        Assert.All(Enumerable.Range(0, 2), layer => Assert.Equal(0, model.ExpertLoad.Idle(layer)));
        Assert.Equal(2, model.ExpertLoad.Tokens.Count);
    }

    [Fact]
    public void OneBatchCanBeMemorised()
    {
        using var scope = NewDisposeScope();
        var model = Model(Tiny with { Width = 32 });
        model.train();
        var batch = Sessions(
            [
                [1, 2],
                [3],
                [4, 5, 6],
                [7, 8],
            ],
            [9, 1, 2, 3, 8, 4, 5, 7, 6, 2, 5, 9]
        );
        using var optimizer = new FusedAdam(model);
        for (var step = 0; step < 200; step++)
        {
            using var inner = NewDisposeScope();
            model.NextTokenLoss(batch).backward();
            optimizer.Step(0.01);
            optimizer.ZeroGrad();
        }
        model.eval();
        Assert.InRange(model.NextTokenLoss(batch).item<float>(), 0, 0.05f);
        using var best = model.Sample(batch.Histories, 1); // and what was learned is what is generated
        Assert.Equal(batch.Items.ToArray().Select(item => (long)item), best.Items.data<long>().ToArray());
    }

    [Fact]
    public void AsManyBeamsAsSessionsRankLikeScoringEverySession()
    {
        using var scope = NewDisposeScope();
        var model = Model(Tiny with { SessionLength = 2 });
        var history = Histories.From([
            [5, 6, 7],
        ]);
        int[][] all =
        [
            .. from a in Enumerable.Range(1, 9) from b in Enumerable.Range(1, 9) where a != b select new[] { a, b },
        ];
        var scores = model.LogProbabilities(new SessionBatch(history, [.. all.SelectMany(one => one)], 2, all.Length));
        var exact = all.Select((session, at) => (session, Score: scores[at].item<float>()))
            .OrderByDescending(one => one.Score);
        using var found = model.Generate(history, 72, 1, SessionIdentity.SameOrder);
        foreach (var (at, (session, score)) in exact.Index())
        {
            Assert.Equal(score, found.Scores[0, at].item<float>(), 1e-4);
            Assert.Equal(session.Select(item => (long)item), found.Items[0, at].data<long>().ToArray());
        }
        // Of the two orders of a pair the better one stays.
        using var sets = model.Generate(history, 40, 1, SessionIdentity.SameItems);
        var bestOfEach = exact.DistinctBy(one => (one.session.Min(), one.session.Max())).ToArray();
        Assert.Equal(36, bestOfEach.Length);
        foreach (var (at, (session, score)) in bestOfEach.Index())
            Assert.Equal(session.Select(item => (long)item), sets.Items[0, at].data<long>().ToArray());
        Assert.Equal(float.NegativeInfinity, sets.Scores[0, 36].item<float>()); // asked for 40, there are 36
        Assert.Equal(0, sets.Items[0, 39].sum().item<long>());
    }

    [Theory]
    [InlineData(1, 12)]
    [InlineData(4, 8)] // where groups find the same, fewer are left; there are only 84 sets of three of nine items
    public void SampledSessionsAreRealDifferentAndWithoutRepeats(int groups, int atLeast)
    {
        using var scope = NewDisposeScope();
        var model = Model(Tiny with { BeamGroups = groups });
        using var found = model.Sample(
            Histories.From([
                [5, 6],
                [2],
            ]),
            12
        );
        for (var user = 0; user < 2; user++)
        {
            var count = (int)found.Scores[user].isfinite().sum().item<long>();
            Assert.InRange(count, atLeast, 12);
            var sessions = Enumerable
                .Range(0, count)
                .Select(at => found.Items[user, at].data<long>().ToArray())
                .ToArray();
            Assert.All(sessions, session => Assert.Equal(3, session.Distinct().Count(item => item is >= 1 and <= 9)));
            Assert.Equal(count, sessions.Select(session => string.Join(' ', session.Order())).Distinct().Count());
            var scores = found.Scores[user].data<float>().ToArray();
            Assert.Equal(scores.OrderDescending(), scores);
            var again = model.LogProbabilities(
                new SessionBatch(
                    Histories.From([user == 0 ? [5, 6] : [2]]),
                    [.. sessions.SelectMany(s => s).Select(i => (int)i)],
                    3,
                    count
                )
            );
            Assert.True(allclose(again, found.Scores[user].narrow(0, 0, count), atol: 1e-4)); // scores are the model's own log-probabilities
        }
    }

    [Fact]
    public void SeenItemsAreInNoSessionWhereTheyAreExcluded()
    {
        using var scope = NewDisposeScope();
        var model = Model(Tiny with { ExcludeSeen = true });
        var histories = Histories.From([
            [5, 6],
            [2],
        ]);
        using var found = model.Sample(histories, 5);
        Assert.DoesNotContain(found.Items[0].view(-1).data<long>().ToArray(), item => item is 5 or 6);
        Assert.DoesNotContain(2L, found.Items[1].view(-1).data<long>().ToArray());
        var slates = new OneRecRecommender(model).Slates(
            histories,
            3,
            seen: Histories.From([
                [1],
                [3, 4],
            ])
        );
        Assert.DoesNotContain(1, slates[..3]);
        Assert.Empty(slates[3..].Intersect([3, 4]));
    }

    [Fact]
    public void GroupsMakeSessionsDiffer()
    {
        using var scope = NewDisposeScope();
        var model = Model(Tiny with { SessionLength = 3, DiversityPenalty = 50 });
        double FirstItems(int groups)
        {
            using var found = model.Generate(
                Histories.From([
                    [5, 6],
                    [2],
                    [8, 1],
                ]),
                6,
                groups,
                SessionIdentity.SameItems
            );
            return Enumerable
                .Range(0, 3)
                .Average(user => found.Items[user].select(1, 0).data<long>().ToArray().Distinct().Count());
        }
        Assert.True(FirstItems(6) > FirstItems(1));
    }

    [Fact]
    public void IllegalMassIsWhatTheTrieForbidsAndRepeatsAreCountedApart()
    {
        using var scope = NewDisposeScope();
        var model = Model(Tiny);
        var batch = Sessions(
            [
                [5, 6, 7],
            ],
            [1, 5, 9]
        );
        var found = model.Statistics(batch);
        var shares = model.forward(OneRecBatch.Of(model.Tokens, batch, 4)).softmax(-1)[0]; // [6, V]
        var (first, second, entropy) = (0.0, 0.0, 0.0);
        foreach (var (at, item) in new[] { 1, 5, 9 }.Index())
        {
            first += 1 - Enumerable.Range(1, 3).Sum(token => shares[2 * at, token].item<float>());
            var same = Enumerable.Range(1, 9).Where(other => Ids()[other][0] == Ids()[item][0]);
            second += 1 - same.Sum(other => shares[2 * at + 1, model.Tokens.Of(other)[1]].item<float>());
            entropy -= (shares[2 * at] * shares[2 * at].log()).sum().item<float>();
        }
        Assert.Equal(first / 3, found.IllegalMass[0], 1e-4);
        Assert.Equal(second / 3, found.IllegalMass[1], 1e-4);
        Assert.Equal(entropy / 3, found.Entropy[0], 1e-4);
        Assert.Equal(-model.NextTokenLoss(batch).item<float>(), found.LogProbability.Average(), 1e-4);
        Assert.All(found.RepeatMass, mass => Assert.Equal(0, mass, 1e-6)); // below each code something new is left

        // 9 is all that its first code has, so that this code repeats from then on; 1 and 2 share theirs with two new items.
        using var four = Model(Tiny with { SessionLength = 4 });
        var repeating = Sessions(
            [
                [5, 6, 7],
            ],
            [9, 1, 2, 3]
        );
        var counted = four.Statistics(repeating);
        var given = four.forward(OneRecBatch.Of(four.Tokens, repeating, 4)).softmax(-1)[0]; // [8, V]
        double Of(int place, int level, int item) =>
            given[2 * place + level, four.Tokens.Of(item)[level]].item<float>();
        Assert.Equal((Of(1, 0, 9) + Of(2, 0, 9) + Of(3, 0, 9)) / 4, counted.RepeatMass[0], 1e-5);
        Assert.Equal((Of(2, 1, 1) + Of(3, 1, 1) + Of(3, 1, 2)) / 4, counted.RepeatMass[1], 1e-5);
        Assert.True(Math.Min(counted.RepeatMass[0], counted.RepeatMass[1]) > 0.01);
    }

    [Fact]
    public void ASnapshotScoresAlikeAndDoesNotFollow()
    {
        using var scope = NewDisposeScope();
        var model = Model(Tiny);
        var batch = Many();
        using var drawn = randn(3);
        manual_seed(3);
        using var expected = randn(3);
        manual_seed(3);
        using var copy = model.Snapshot();
        using var next = randn(3);
        Assert.True(next.equal(expected).all().item<bool>()); // making it takes no random number from what comes next
        using var before = copy.LogProbabilities(batch);
        Assert.True(allclose(before, model.LogProbabilities(batch)));
        Assert.False(before.requires_grad);
        using var optimizer = new FusedAdam(model);
        model.NextTokenLoss(batch).backward();
        optimizer.Step(0.1);
        Assert.True(allclose(before, copy.LogProbabilities(batch)));
        Assert.False(allclose(before, model.LogProbabilities(batch)));
    }

    [Fact]
    public void PointWiseModelsListTheirBestItems()
    {
        using var scope = NewDisposeScope();
        var model = Model(Tiny with { SessionLength = 1 });
        var (histories, recommender) = (
            Histories.From([
                [5, 6],
                [2],
            ]),
            new OneRecRecommender(model, beams: 9)
        );
        var (items, _) = recommender.Recommend(histories, 9);
        Assert.All(
            Enumerable.Range(0, 2),
            row => Assert.Equal(9, items[row].data<long>().ToArray().Distinct().Count())
        );
        var slates = recommender.Slates(histories, 3);
        Assert.Equal(items.narrow(1, 0, 3).contiguous().data<long>().ToArray(), slates.Select(item => (long)item));
        var without = recommender.Slates(histories, 3, (_, item) => item != slates[0]);
        Assert.Equal(slates[1..3], without[..2]);
    }

    [Fact]
    public void AFeedIsServedWithSessionsAndUsersWithoutHistoryWithTheFallback()
    {
        var world = FeedSamples.Smoke;
        var options = Tiny with { SessionLength = 5 };
        manual_seed(1);
        var ids = Table([.. Enumerable.Range(0, 300).Select(i => new[] { i / 20, i % 20 })]);
        using var model = new OneRec(ids, options);
        var log = world.Log(new OneRecRecommender(model, [1, 2, 3, 4, 5, 6]), sessions: 120);
        Assert.Equal(120, log.Count); // the world refuses unknown, unavailable and repeated items
        Assert.Equal(["onerec"], log.Policies);
    }

    [Fact]
    public void WrongInputIsSaid()
    {
        using var scope = NewDisposeScope();
        var model = Model(Tiny);
        string Message(Func<object> act) => Assert.ThrowsAny<ArgumentException>(act).Message;
        Assert.Contains(
            "Item 10 has no semantic id",
            Message(() =>
                model.LogProbabilities(
                    Sessions(
                        [
                            [1],
                        ],
                        [2, 3, 10]
                    )
                )
            )
        );
        Assert.Contains(
            "The sessions have 2 items",
            Message(() =>
                model.NextTokenLoss(
                    Sessions(
                        [
                            [1],
                        ],
                        [2, 3]
                    )
                )
            )
        );
        Assert.Contains(
            "History 1 is empty",
            Message(() =>
                model.Sample(
                    Histories.From([
                        [1],
                        [],
                    ]),
                    2
                )
            )
        );
        var shared = Table([
            [0, 0],
            [0, 0],
            [1, 1],
        ]);
        Assert.Contains("2 items share their codes", Message(() => new OneRec(shared, Tiny)));
        Assert.Contains("5 of 4 experts", Message(() => new OneRec(Ids(), Tiny with { ActiveExperts = 5 })));
        var examples = SessionExamples.Of(FeedSamples.Smoke.Slates, 300);
        Assert.Contains("300 items", Message(() => new OneRecBatcher(examples, model.Tokens, Tiny, 1)));
    }

    [Fact]
    public void AnInterruptedTrainingEndsWithTheSameWeights()
    {
        var ids = Table([.. Enumerable.Range(0, 300).Select(i => new[] { i / 20, i % 20 })]);
        var (train, heldOut) = SessionExamples
            .Of(FeedSamples.Smoke.Slates, 300, SessionRules.KeepAll with { MaxHistory = 4 })
            .HoldOutLast();
        var options = Tiny with
        {
            SessionLength = 5,
            Dropout = 0.1,
            BatchSize = 32,
            ValidationCases = 20,
            MeasureIllegalEvery = 2,
        };
        using var folder = new Data.TempFolder();
        var (whole, _) = Train(6, null);
        Train(3, folder.PathOf("run"));
        var (resumed, illegal) = Train(6, folder.PathOf("run"));
        Assert.Equal(whole, resumed);
        Assert.All(
            illegal,
            point =>
                Assert.All(point.IllegalMass.Zip(point.RepeatMass, (a, b) => a + b), mass => Assert.InRange(mass, 0, 1))
        );
        Assert.NotEmpty(illegal);

        (float[] Weights, IReadOnlyList<IllegalMassPoint> Illegal) Train(long steps, string? where)
        {
            using var task = new OneRecTask("feed-smoke", train, heldOut, ids, options, seed: 1);
            var training = new TrainingOptions
            {
                Steps = steps,
                Metric = "logLikelihood",
                RestoreBest = false,
                Folder = where,
                TensorBoard = false,
            };
            Trainer.Fit(task, training);
            return (
                [.. task.Model.parameters().SelectMany(weight => weight.data<float>().ToArray())],
                task.IllegalMass
            );
        }
    }

    [Fact]
    public void TrainingStepsLeaveNothingBehind()
    {
        using var scope = NewDisposeScope();
        var model = Model(Tiny);
        var batch = Many();
        using var inner = NewDisposeScope();
        model.NextTokenLoss(batch);
        model.LogProbabilities(batch);
        Assert.Equal(2, inner.DisposablesCount);
        using (var found = model.Sample(batch.Histories, 3)) { }
        Assert.Equal(2, inner.DisposablesCount);
    }

    private static SemanticIdTable Table(int[][] rows) =>
        SemanticIdTable.From(new ItemCodes(rows[0].Length, [.. rows.SelectMany(row => row)]));

    internal static SemanticIdTable Ids() =>
        Table([.. Enumerable.Range(0, 9).Select(item => new[] { item / 4, item % 4 })]);

    internal static OneRec Model(OneRecOptions options)
    {
        manual_seed(7);
        var model = new OneRec(Ids(), options);
        model.eval();
        return model;
    }

    private static SessionBatch Sessions(int[][] histories, params int[] items) =>
        new(Histories.From(histories), items, items.Length / histories.Length);

    private static SessionBatch Many()
    {
        var random = new Random(4);
        int[] Draw(int count) => [.. Enumerable.Range(1, 9).OrderBy(_ => random.Next()).Take(count)];
        return new(
            Histories.From(Enumerable.Range(1, 40).Select(row => Draw(1 + row % 4))),
            [.. Enumerable.Range(0, 40).SelectMany(_ => Draw(3))],
            3
        );
    }
}

using GenRec.Shared.Runtime;
using GenRec.Shared.SemanticIds;
using GenRec.Shared.SemanticIds.Measures;
using GenRec.Shared.SemanticIds.Neural;
using GenRec.Shared.Training;
using static TorchSharp.torch;

namespace GenRec.Shared.Tests.SemanticIds;

[Collection(TorchGenerator.Name)]
public class RqVaeTests
{
    private static readonly RqVaeOptions Tiny = new()
    {
        Hidden = [12],
        Latent = 6,
        Levels = 3,
        Codes = 8,
        BatchSize = 32,
        Precision = Precision.Float32,
    };

    private static readonly TrainingOptions Short = RqVaeQuantiser.DefaultTraining with
    {
        Epochs = 40,
        EvaluateEveryEpochs = null,
        LearningRate = 5e-3,
        TensorBoard = false,
    };

    public static TheoryData<string> Variants =>
        [
            "gradient",
            "rotation",
            "gumbel",
            "average",
            "first level",
            "mean",
            "sinkhorn",
            "reset",
            "bfloat16",
            "shared",
            "shared average",
            "bounded",
            "diversity",
        ];

    private static RqVaeOptions Variant(string name) =>
        name switch
        {
            "rotation" => Tiny with { Path = GradientPath.Rotation },
            "gumbel" => Tiny with { Path = GradientPath.Gumbel },
            "average" => Tiny with { Update = CodebookUpdate.MovingAverage, Decay = 0.9 },
            "first level" => Tiny with { Residual = ResidualGradient.FirstLevelOnly },
            "mean" => Tiny with { Scale = LossScale.Mean },
            "sinkhorn" => Tiny with { LastLevelEpsilon = 0.003 },
            "reset" => Tiny with { ResetEverySteps = 5, KMeansStart = false },
            "bfloat16" => Tiny with { Precision = Precision.BFloat16 },
            "shared" => Tiny with { SharedCodebook = true, ResetEverySteps = 20 },
            "shared average" => Variant("average") with { SharedCodebook = true },
            "bounded" => Tiny with { BoundedStart = true },
            "diversity" => Tiny with { Diversity = 0.01, DiversityGroups = 2, RegroupEveryEpochs = 3 },
            _ => Tiny,
        };

    [Theory]
    [MemberData(nameof(Variants))]
    public void TrainingLowersTheReconstructionError(string variant)
    {
        var vectors = Clouds.Around(12, 96, 10);
        using var start = new RqVaeQuantiser(Variant(variant), Short with { Epochs = null, Steps = 1 }).Fit(vectors);
        using var end = new RqVaeQuantiser(Variant(variant), Short).Fit(vectors);
        var (before, after) = (Error(start), Error(end));
        Assert.True(after < 0.8 * before, $"{after} is not well below {before}");

        double Error(QuantiserFit fit) => Clouds.Error(vectors, fit.Codec.Reconstruct(fit.Codec.Assign(vectors)));
    }

    [Theory]
    [InlineData("gradient")]
    [InlineData("rotation")]
    [InlineData("gumbel")]
    [InlineData("average")]
    [InlineData("first level")]
    [InlineData("bfloat16")]
    public void EveryParameterReceivesAGradient(string variant)
    {
        var vectors = Clouds.Around(30, 60, 10);
        using var task = new RqVaeTask(vectors, Variant(variant), seed: 1);
        task.Model.train();
        var step = new TrainingStep(1, 0, task.BatchesPerEpoch, 1);
        task.Loss(step).Backward();
        foreach (var (name, weight) in task.Model.named_parameters())
            if (weight.requires_grad)
                Assert.True(
                    weight.grad is { } g && g.isfinite().all().item<bool>() && g.abs().sum().item<float>() > 1e-6f,
                    name
                );
            else
                Assert.True(variant == "average" && name.StartsWith("codebook", StringComparison.Ordinal), name);
    }

    [Theory]
    [InlineData("gradient")]
    [InlineData("first level")]
    [InlineData("mean")]
    [InlineData("average")]
    [InlineData("sinkhorn")]
    [InlineData("shared")]
    public void GradientsWrittenOutAreThoseOfAutograd(string variant)
    {
        // Widths below, at and above a register's 32 numbers, so that both the loops and what they leave over run.
        var options = Variant(variant) with
        {
            Hidden = [40, 33],
            Latent = 9,
            Precision = Precision.BFloat16,
        };
        var vectors = Clouds.Around(30, 70, 67);
        manual_seed(3).Dispose();
        using var model = new RqVae(67, options);
        using var items = tensor(vectors.Values.ToArray(), 70, 67);
        foreach (
            var codebook in Enumerable.Range(0, options.SharedCodebook ? 1 : options.Levels).Select(model.Codebook)
        )
            using (no_grad())
                codebook.mul_(8f); // codes far enough apart that rounding chooses the same ones
        long[] rows = [.. Enumerable.Range(0, 50).Select(row => (long)(row * 7 % 70))];
        using var target = items.index_select(0, tensor(rows));
        using var input = target.bfloat16();
        using var inputs = items.bfloat16();
        var slow = RqVaeObjective.Compute(model, input, target, Precision.BFloat16);
        slow.Loss.backward();
        var expected = model.named_parameters().ToDictionary(p => p.name, p => p.parameter.grad?.clone());
        model.zero_grad();
        using var gradients = new RqVaeGradients(model);
        var fast = gradients.Compute(inputs, items, rows);
        gradients.Hand(0.5);
        gradients.Compute(inputs, items, rows);
        gradients.Hand(0.5); // the second half is added to the first

        Assert.Equal(slow.Loss.item<float>(), fast.Loss.item<float>(), slow.Loss.item<float>() * 1e-3f);
        Assert.Equal(slow.Reconstruction.item<float>(), fast.Reconstruction.item<float>(), 1e-3f);
        for (var level = 0; level < options.Levels; level++)
        {
            Assert.Equal(slow.Codes[level].data<long>().ToArray(), fast.Codes[level].data<long>().ToArray());
            Assert.True(allclose(slow.Residuals[level], fast.Residuals[level], atol: 1e-5));
        }
        foreach (var (name, parameter) in model.named_parameters())
        {
            if (expected[name] is not { } wanted)
            {
                Assert.True(parameter.grad is null, name);
                continue;
            }
            var (gap, size) = ((parameter.grad! - wanted).norm().item<float>(), wanted.norm().item<float>());
            Assert.True(size > 0 && gap < 0.01 * size, $"{name}: {gap} of {size}"); // bfloat16 keeps 8 bits
        }
    }

    [Fact]
    public void WhatIsNotANumberPassesAReLU()
    {
        using var values = tensor([1f, -1f, 0f, float.NaN, -float.NaN, float.PositiveInfinity, float.NegativeInfinity])
            .repeat(9)
            .bfloat16();
        BFloat16Rows.BiasRelu(BFloat16Rows.Bits(values), new float[63]);
        var passed = values.@float().data<float>().ToArray();
        for (var at = 0; at < passed.Length; at += 7)
            Assert.Equal(
                [1f, 0f, 0f, float.NaN, float.NaN, float.PositiveInfinity, 0f],
                passed[at..(at + 7)].Select(value => value)
            );
    }

    [Fact]
    public void EveryLevelsCommitmentReachesTheEncoderUnlessOnlyTheFirstMay()
    {
        var vectors = Clouds.Around(30, 60, 10);
        var (all, first) = (Gradient(Tiny), Gradient(Tiny with { Residual = ResidualGradient.FirstLevelOnly }));
        var one = Gradient(Tiny with { Residual = ResidualGradient.FirstLevelOnly, Levels = 1 });
        Assert.False(allclose(all, first, atol: 1e-6));
        Assert.True(first.abs().sum().item<float>() > 0);
        Assert.True(one.abs().sum().item<float>() > 0);

        Tensor Gradient(RqVaeOptions options)
        {
            using var task = new RqVaeTask(vectors, options, seed: 1);
            task.Model.train();
            task.Loss(new TrainingStep(1, 0, task.BatchesPerEpoch, 1)).Backward();
            return task.Model.named_parameters().Single(p => p.name == "encoder.0.weight").parameter.grad!.clone();
        }
    }

    [Fact]
    public void CommitmentOfEveryLevelIsTheCumulativeOneOfKakaoBrain()
    {
        var vectors = Clouds.Around(30, 60, 10);
        using var task = new RqVaeTask(vectors, Tiny with { BatchSize = 60, KMeansStart = false }, seed: 1);
        var model = task.Model;
        var x = tensor(vectors.Values.ToArray(), 60, 10);
        var made = RqVaeObjective.Compute(model, x, x, Precision.Float32);
        made.Loss.backward();
        var actual = model.get_parameter("encoder.0.weight")!.grad!.clone();
        model.zero_grad();

        // Compute commitment loss of rq-vae-transformer: the latent vector against the sum of the codes so far, held fixed.
        var z = model.Encode(x);
        var (sum, expected) = (zeros_like(z).detach(), (model.Decode(z + Quantised() - z.detach()) - x).square().sum());
        for (var level = 0; level < Tiny.Levels; level++)
        {
            sum = sum + model.Codebook(level).index_select(0, made.Codes[level]).detach();
            expected = expected + 0.25 * (z - sum).square().sum();
        }
        (expected / 60).backward();
        Assert.True(allclose(model.get_parameter("encoder.0.weight")!.grad!, actual, rtol: 1e-4, atol: 1e-6));

        Tensor Quantised() =>
            Enumerable
                .Range(0, Tiny.Levels)
                .Select(level => model.Codebook(level).index_select(0, made.Codes[level]))
                .Aggregate((a, b) => a + b)
                .detach();
    }

    [Fact]
    public void ASharedCodebookIsOneForAllLevelsAndHoldsCodesOfAllLengths()
    {
        var vectors = Clouds.Around(30, 200, 10);
        using var task = new RqVaeTask(vectors, Tiny with { SharedCodebook = true, Codes = 24 }, seed: 1);
        Assert.Single(task.Model.named_parameters(), p => p.name.StartsWith("codebook", StringComparison.Ordinal));
        using var lengths = task.Model.Codebook(2).detach().norm(1);
        var each = lengths.data<float>().ToArray().Chunk(8).Select(part => part.Average()).ToArray();
        Assert.True(each[0] > each[1] && each[1] > each[2], string.Join(", ", each));
        using var codec = new RqVaeCodec(task.Model, ownsModel: false);
        Assert.Equal(codec.Parameters, task.Model.parameters().Sum(p => p.numel()));
    }

    [Fact]
    public void ValidationTellsWhatTheReportTellsOfTheSameCodes()
    {
        var vectors = Clouds.Around(30, 60, 10);
        int[] categories = [.. Enumerable.Range(0, 60).Select(row => row % 5 - 1)];
        using var task = new RqVaeTask(vectors, Tiny, seed: 1, categories: categories);
        task.Model.eval();
        var metrics = task.Validate(default);
        using var codec = new RqVaeCodec(task.Model, ownsModel: false);
        var ids = new SemanticIdTable(codec.CodebookSizes, codec.Assign(vectors));
        var evidence = new SemanticIdEvidence { Vectors = vectors, Categories = categories };
        var report = SemanticIdReport.Of("rq-vae", ids, evidence).Metrics();
        string[] alike = ["usage", "balance", "category-nmi"];
        string[] names = ["collision-rate", "shared-items", "largest-group", "tuple-perplexity", "neighbour-share"];
        foreach (var name in names.Append("prefix-cosine-0"))
            Assert.Equal(report[name], metrics[name], 9);
        foreach (var name in alike.SelectMany(name => Enumerable.Range(1, 3).Select(level => $"{name}-{level}")))
            Assert.Equal(report[name], metrics[name], 9);
        for (var level = 1; level <= 3; level++)
            Assert.Equal(report[$"perplexity-{level}"] / 8, metrics[$"perplexity-{level}"], 9);
        Assert.Equal(Enumerable.Range(1, 3).Min(level => metrics[$"perplexity-{level}"]), metrics["perplexity"]);
        Assert.Equal(1 - metrics["collision-rate"], metrics["unique"], 9);
        using var plain = new RqVaeTask(vectors, Tiny, seed: 1);
        Assert.DoesNotContain("category-nmi-1", plain.Validate(default).Keys);
        Assert.Throws<ArgumentException>(() => new RqVaeTask(vectors, Tiny, seed: 1, categories: [0, 1]));
    }

    [Fact]
    public void ValidationTellsWhatEachLevelLeaves()
    {
        var vectors = Clouds.Around(30, 60, 10);
        using var task = new RqVaeTask(vectors, Tiny, seed: 1);
        task.Model.eval();
        var metrics = task.Validate(default);
        using var none = no_grad();
        using var z = task.Model.Encode(tensor(vectors.Values.ToArray(), 60, 10));
        var spread = (z - z.mean([0L], keepdim: true)).square().sum().item<float>();
        var (rest, before) = (z.clone(), double.PositiveInfinity);
        for (var level = 0; level < 3; level++)
        {
            var codebook = task.Model.Codebook(level);
            rest = rest - codebook.index_select(0, cdist(rest, codebook).argmin(1));
            var error = metrics[$"latent-error-{level + 1}"];
            Assert.Equal(rest.square().sum().item<float>() / spread, error, 4);
            Assert.True(error < before, $"level {level + 1}: {error} after {before}");
            before = error;
        }
    }

    [Fact]
    public void AFitLogsAgreementWithTheCategoriesOfTheItemsItLearnsFrom()
    {
        var vectors = Clouds.Around(30, 60, 10);
        int[] categories = [.. Enumerable.Range(0, 60).Select(row => row % 3)];
        var logged = new List<IReadOnlyDictionary<string, double>>();
        var fitting = new FitOptions
        {
            LearnFrom = [.. Enumerable.Range(1, 30).Select(number => 2 * number)],
            Categories = categories,
            Progress = new Handler(made =>
            {
                if (made.Training is Validated validated)
                    logged.Add(validated.Metrics);
            }),
        };
        var quantiser = new RqVaeQuantiser(Tiny, Short with { Epochs = 3, EvaluateEveryEpochs = 1 });
        using var fit = quantiser.Fit(vectors, fitting);
        Assert.Equal(3, logged.Count);
        var codes = fitting.LearnFrom.Select(item => fit.OwnIds[item][1]).ToArray();
        var labels = fitting.LearnFrom.Select(item => categories[item - 1]).ToArray();
        Assert.Equal(SemanticIdMeasures.MutualInformation(codes, labels), logged[^1]["category-nmi-2"], 9);
        Assert.Throws<ArgumentException>(() => quantiser.Fit(vectors, fitting with { Categories = [0] }));
        Assert.Throws<ArgumentException>(() => quantiser.Fit(vectors, new FitOptions { Categories = [0] }));
    }

    [Fact]
    public void ABoundedStartIsLettersAndNeedsKMeans()
    {
        var bounds = LetterTerms.Bounds(points: 12_101, clusters: 256);
        Assert.Equal((23, 92), (bounds.FewestPoints, bounds.MostPoints));
        var many = LetterTerms.Bounds(points: 100_000, clusters: 256);
        Assert.Equal((50, 391), (many.FewestPoints, many.MostPoints)); // 4 x 50 places a code would be too few
        Assert.Throws<ArgumentException>(() => (Tiny with { BoundedStart = true, KMeansStart = false }).Validate());
    }

    [Fact]
    public void TheLossIsThePapersFormula()
    {
        var vectors = Clouds.Around(30, 40, 10);
        using var task = new RqVaeTask(vectors, Tiny with { BatchSize = 40 }, seed: 1);
        task.Model.train();
        var loss = task.Loss(new TrainingStep(1, 0, 1, 1)).Mean.item<float>();
        var model = task.Model;
        using var _ = no_grad();
        var x = tensor(vectors.Values.ToArray(), 40, 10);
        var z = model.Encode(x);
        var (residual, sum, expected) = (z.clone(), zeros_like(z), 0.0);
        for (var level = 0; level < Tiny.Levels; level++)
        {
            var nearest = cdist(residual, model.Codebook(level)).argmin(1);
            var chosen = model.Codebook(level).index_select(0, nearest);
            expected += 1.25 * (residual - chosen).square().sum().item<float>() / 40;
            (residual, sum) = (residual - chosen, sum + chosen);
        }
        expected += (model.Decode(sum) - x).square().sum().item<float>() / 40;
        Assert.Equal(expected, loss, 3);
    }

    [Fact]
    public void RotationHasTheValueOfTheSumAndTurnsTheGradient()
    {
        manual_seed(1).Dispose();
        var z = randn(5, 4, requires_grad: true);
        var q = randn(5, 4);
        var passed = RqVaeObjective.Rotated(z, q);
        Assert.True(allclose(passed, q, rtol: 1e-4, atol: 1e-5));
        var incoming = randn(5, 4);
        (passed * incoming).sum().backward();
        // By brute force: the rotation that takes z/|z| to q/|q| in their plane, as a matrix, times |q| / |z|.
        for (var row = 0; row < 5; row++)
        {
            var (u, t) = (z.detach()[row] / z.detach()[row].norm(), q[row] / q[row].norm());
            var w = (u + t) / (u + t).norm();
            var rotation = eye(4) - 2f * outer(w, w) + 2f * outer(t, u);
            Assert.True(allclose(rotation.mv(u), t, atol: 1e-5));
            Assert.True(allclose(rotation.mm(rotation.t()), eye(4), atol: 1e-5));
            var expected = rotation.t().mv(incoming[row]) * (q[row].norm() / z.detach()[row].norm());
            Assert.True(allclose(z.grad![row], expected, rtol: 1e-4, atol: 1e-5));
        }
    }

    [Fact]
    public void MovingAveragesAreThoseOfASlowLoop()
    {
        var vectors = Clouds.Around(30, 40, 10);
        var options = Tiny with { Update = CodebookUpdate.MovingAverage, Decay = 0.9, BatchSize = 40, Levels = 1 };
        using var task = new RqVaeTask(vectors, options, seed: 1);
        var model = task.Model;
        model.train();
        using var _ = no_grad();
        var before = model.Codebook(0).detach().clone();
        var z = model.Encode(tensor(vectors.Values.ToArray(), 40, 10));
        var nearest = cdist(z, before).argmin(1).data<long>().ToArray();
        task.Loss(new TrainingStep(1, 0, 1, 1));
        var (count, sum) = (new double[8], new double[8, 6]);
        for (var code = 0; code < 8; code++)
        {
            count[code] = 0.9 + 0.1 * nearest.Count(choice => choice == code);
            for (var d = 0; d < 6; d++)
            {
                sum[code, d] = 0.9 * before[code, d].item<float>();
                for (var row = 0; row < 40; row++)
                    if (nearest[row] == code)
                        sum[code, d] += 0.1 * z[row, d].item<float>();
            }
        }
        var total = count.Sum();
        for (var code = 0; code < 8; code++)
        for (var d = 0; d < 6; d++)
        {
            var smoothed = (count[code] + 1e-5) / (total + 8e-5) * total;
            Assert.Equal(sum[code, d] / smoothed, model.Codebook(0)[code, d].item<float>(), 3);
        }
    }

    [Fact]
    public void UnusedCodesMoveToResidualsOfTheBatch()
    {
        var vectors = Clouds.Around(30, 40, 10);
        using var task = new RqVaeTask(vectors, Tiny with { ResetEverySteps = 1, BatchSize = 40 }, seed: 1);
        using (no_grad())
            task.Model.Codebook(0)[3].fill_(1000f);
        task.Model.train();
        using var z = task.Model.Encode(tensor(vectors.Values.ToArray(), 40, 10)).detach();
        task.Loss(new TrainingStep(1, 0, 1, 1));
        var moved = task.Model.Codebook(0).detach()[3];
        Assert.True((z - moved).abs().sum(1).min().item<float>() < 1e-5);
    }

    [Theory]
    [InlineData("average")]
    [InlineData("diversity")]
    [InlineData("gumbel")]
    public void AStoppedFitGoesOnToTheSameCodes(string variant)
    {
        var folder = Directory.CreateTempSubdirectory("genrec-").FullName;
        try
        {
            var vectors = Clouds.Around(20, 90, 10);
            var options = Variant(variant) with { ResetEverySteps = 7 };
            var training = Short with { Epochs = 10, CheckpointEverySteps = 5 };
            using var whole = new RqVaeQuantiser(options, training).Fit(vectors);
            using var stop = new CancellationTokenSource();
            var quantiser = new RqVaeQuantiser(options, training);
            var fitting = new FitOptions
            {
                Folder = folder,
                Cancellation = stop.Token,
                Progress = new Handler(made =>
                {
                    if (made.Training is CheckpointWritten { At.Step: 15 })
                        stop.Cancel();
                }),
            };
            Assert.Throws<TrainingInterruptedException>(() => quantiser.Fit(vectors, fitting));
            using var resumed = quantiser.Fit(vectors, new FitOptions { Folder = folder });
            Assert.Equal(whole.Ids.Codes.ToArray(), resumed.Ids.Codes.ToArray());
        }
        finally
        {
            Directory.Delete(folder, true);
        }
    }

    [Fact]
    public void ACodecReadFromDiskGivesTheSameCodes()
    {
        using var folder = new Data.TempFolder();
        var vectors = Clouds.Around(12, 60, 10);
        using var fit = new RqVaeQuantiser(Tiny, Short with { Epochs = 5 }).Fit(vectors);
        var codec = (RqVaeCodec)fit.Codec;
        codec.Save(folder.PathOf("rq-vae.safetensors"));
        using var read = RqVaeCodec.Load(folder.PathOf("rq-vae.safetensors"));
        var cold = Clouds.Around(12, 30, 10, seed: 9);
        Assert.Equal(codec.Assign(cold), read.Assign(cold));
        Assert.Equal(codec.Options(), read.Options());
    }

    [Fact]
    public void OneStepLeavesNothingBehind()
    {
        using var task = new RqVaeTask(Clouds.Around(30, 60, 10), Tiny with { ResetEverySteps = 2 }, seed: 1);
        task.Model.train();
        using var inner = NewDisposeScope();
        for (var batch = 0; batch < 4; batch++)
        {
            using var scope = NewDisposeScope();
            task.Loss(new TrainingStep(1, batch, task.BatchesPerEpoch, 1)).Backward();
        }
        foreach (var weight in task.Model.parameters())
            weight.grad = null;
        Assert.Equal(0, inner.DisposablesCount);
    }

    private sealed class Handler(Action<FitProgress> handle) : IProgress<FitProgress>
    {
        public void Report(FitProgress value) => handle(value);
    }
}

file static class CodecNames
{
    public static string Options(this RqVaeCodec codec) => codec.Model.Options.Describe();
}

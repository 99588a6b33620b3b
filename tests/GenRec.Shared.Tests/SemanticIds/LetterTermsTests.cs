using GenRec.Shared.Data.Importers;
using GenRec.Shared.Experiments.Presets;
using GenRec.Shared.Runtime;
using GenRec.Shared.SemanticIds;
using GenRec.Shared.SemanticIds.Clustering;
using GenRec.Shared.SemanticIds.Measures;
using GenRec.Shared.SemanticIds.Neural;
using GenRec.Shared.Training;
using static TorchSharp.torch;

namespace GenRec.Shared.Tests.SemanticIds;

/// <summary>What LETTER adds to the loss of RQ-VAE: users' behaviour in the codes, and more of the codes in use.</summary>
[Collection(TorchGenerator.Name)]
public class LetterTermsTests
{
    private static readonly RqVaeOptions Tiny = new()
    {
        Hidden = [16],
        Latent = 6,
        Levels = 2,
        Codes = 16,
        BatchSize = 48,
        DiversityGroups = 4,
        Scale = LossScale.Mean,
        Residual = ResidualGradient.FirstLevelOnly,
        Precision = Precision.Float32,
    };

    private static readonly TrainingOptions Short = RqVaeQuantiser.DefaultTraining with
    {
        Epochs = 120,
        EvaluateEveryEpochs = null,
        LearningRate = 5e-3,
        TensorBoard = false,
    };

    private static readonly EmbeddingMatrix Texts = Clouds.Around(30, 96, 10);
    private static readonly EmbeddingMatrix Behaviour = OfAudiences(96, 6);

    [Fact]
    public void BothTermsAreThePapersFormulas()
    {
        manual_seed(2).Dispose();
        var (codes, vectors, codebook) = (randn(5, 3), randn(5, 3), randn(7, 3));
        var (z, h, e) = (Rows(codes), Rows(vectors), Rows(codebook));
        var expected = 0.0;
        for (var i = 0; i < 5; i++)
            expected -= (Dot(z[i], h[i]) - Math.Log(h.Sum(other => Math.Exp(Dot(z[i], other))))) / 5;
        Assert.Equal(expected, LetterTerms.Identify(codes, vectors).item<float>(), 4);

        var (chosen, positives) = (new[] { 0, 3, 3, 6 }, new[] { 2, 1, 5, 0 });
        expected = 0;
        for (var at = 0; at < 4; at++)
        {
            var others = Enumerable.Range(0, 7).Where(code => code != chosen[at]);
            var all = Math.Log(others.Sum(code => Math.Exp(Dot(e[chosen[at]], e[code]))));
            expected -= (Dot(e[chosen[at]], e[positives[at]]) - all) / 4;
        }
        using var made = LetterTerms.Diversity(
            codebook,
            tensor(chosen, dtype: ScalarType.Int64),
            tensor(positives, dtype: ScalarType.Int64)
        );
        Assert.Equal(expected, made.item<float>(), 4);
    }

    [Fact]
    public void APositiveIsAnyOtherCodeOfTheGroup()
    {
        long[] groups = [1, 0, 1, 2, 0, 1, 2, 1];
        const int Draws = 60;
        for (var code = 0; code < groups.Length; code++)
        {
            using var found = LetterTerms.OthersOfTheGroup(
                tensor(groups),
                full(Draws, code, dtype: ScalarType.Int64),
                arange(Draws, dtype: ScalarType.Float32) / Draws
            );
            var wanted = Enumerable.Range(0, 8).Where(other => other != code && groups[other] == groups[code]);
            var counts = found.data<long>().ToArray().CountBy(other => other).OrderBy(pair => pair.Key).ToArray();
            Assert.Equal(wanted.Select(other => (long)other), counts.Select(pair => pair.Key));
            Assert.All(counts, pair => Assert.Equal(Draws / counts.Length, pair.Value, 1.0)); // each as often
        }
    }

    [Theory]
    [InlineData(CollaborativeGradient.Encoder, true, false)]
    [InlineData(CollaborativeGradient.Codebooks, false, true)]
    [InlineData(CollaborativeGradient.Both, true, true)]
    public void TheCollaborativeTermMovesWhatItIsToldTo(CollaborativeGradient reaches, bool encoder, bool codebooks)
    {
        var without = Gradients(Tiny);
        var with = Gradients(Tiny with { Collaborative = 0.5, CollaborativeReaches = reaches });
        Assert.Equal(encoder, Moved("encoder.0.weight"));
        Assert.Equal(codebooks, Moved("codebook1"));
        Assert.Equal(codebooks, Moved("codebook2"));
        Assert.False(Moved("decoder.1.weight"));

        bool Moved(string name) => !allclose(with[name], without[name], rtol: 1e-4, atol: 1e-7);
    }

    [Fact]
    public void TheDiversityTermMovesCodebooksAlone()
    {
        var (without, with) = (Gradients(Tiny), Gradients(Tiny with { Diversity = 0.5 }));
        foreach (var (name, gradient) in with)
            Assert.Equal(
                !name.StartsWith("codebook", StringComparison.Ordinal),
                allclose(gradient, without[name], rtol: 1e-4, atol: 1e-7)
            );
    }

    [Fact]
    public void CodesLearnWhatUsersDoAndWhatTheTextDoesNotSay()
    {
        var plain = Shared(Tiny);
        var letter = Shared(Tiny with { Collaborative = 5 });
        Assert.True(letter > 1.4 * plain, $"{plain:F3} without, {letter:F3} with behaviour");

        // Share of an item's nearest by behaviour that are nearest by id.
        static double Shared(RqVaeOptions options)
        {
            var quantiser = new RqVaeQuantiser(options, Short);
            using var fit = quantiser.Fit(Texts, new FitOptions { Collaborative = Behaviour });
            return SemanticIdMeasures.Neighbours(fit.OwnIds, Behaviour, new SemanticIdEvidence { Neighbours = 5 });
        }
    }

    [Fact]
    public void GroupsDrawTheirCodesTogether()
    {
        var (plain, diverse) = (Spread(0), Spread(3));
        Assert.True(diverse < 0.8 * plain, $"{plain:F3} without, {diverse:F3} with the term");

        // Squared distance of codes to the middle of their group, over that to the middle of all.
        static double Spread(double beta)
        {
            using var task = new RqVaeTask(Texts, Tiny with { Diversity = beta }, seed: 1);
            Trainer.Fit(task, Short with { Epochs = 60 });
            var codes = task.Model.Codebook(0).detach();
            var groups = KMeans.Fit(codes, 4, new CounterRandom(3), LetterTerms.Bounds(16, 4));
            using var all = (codes - codes.mean([0L], keepdim: true)).square().sum();
            return groups.Inertia / all.item<float>();
        }
    }

    [Fact]
    public void ItemsToLearnFromKeepTheirOwnVectors()
    {
        var learned = Enumerable.Range(1, 96).Where(item => item % 3 != 0).ToArray();
        var options = Tiny with { Collaborative = 0.5 };
        using var fit = new RqVaeQuantiser(options, Short with { Epochs = 2 }).Fit(
            Texts,
            new FitOptions { Collaborative = Behaviour, LearnFrom = learned }
        );
        var some = new RqVaeQuantiser(options, Short with { Epochs = 2 });
        using var alone = some.Fit(Of(Texts), new FitOptions { Collaborative = Of(Behaviour) });
        Assert.Equal(alone.Codec.Assign(Texts), fit.Codec.Assign(Texts));

        EmbeddingMatrix Of(EmbeddingMatrix all) =>
            new(learned.Length, all.Columns, [.. learned.SelectMany(item => all[item - 1].ToArray())]);
    }

    [Fact]
    public void WhatDoesNotFitIsRefused()
    {
        var options = Tiny with { Collaborative = 0.1 };
        Assert.Contains("FitOptions.Collaborative", Refused(options, null), StringComparison.Ordinal);
        Assert.Contains("96 x 6", Refused(options, Clouds.Around(3, 96, 5)), StringComparison.Ordinal);
        Assert.Contains("95 x 6", Refused(options, Clouds.Around(3, 95, 6)), StringComparison.Ordinal);
        Assert.Contains("Item 4", Refused(options, Behaviour.With(3, 2, float.NaN)), StringComparison.Ordinal);
        var some = new FitOptions { Collaborative = Clouds.Around(3, 95, 6), LearnFrom = [1, 2, 3] };
        Assert.Throws<ArgumentException>(() => new RqVaeQuantiser(options with { Codes = 3 }).Fit(Texts, some));
        var average = Tiny with { Update = CodebookUpdate.MovingAverage };
        Assert.Throws<ArgumentException>((average with { Diversity = 0.1 }).Validate);
        Assert.Throws<ArgumentException>(
            (average with { Collaborative = 0.1, CollaborativeReaches = CollaborativeGradient.Both }).Validate
        );
        (average with { Collaborative = 0.1 }).Validate();
        var message = Assert.Throws<ArgumentException>(() =>
            (Tiny with { Diversity = 1, DiversityGroups = 5 }).Validate()
        );
        Assert.Contains("at most 4 groups", message.Message, StringComparison.Ordinal);

        var preset = SemanticIdPreset.Find("sids-rqvae-3x16-smoke-smoke");
        message = Assert.Throws<ArgumentException>(() => preset.With([new("collaborative", "0.1")]));
        Assert.Contains("collaborativeFile", message.Message, StringComparison.Ordinal);

        static string Refused(RqVaeOptions options, EmbeddingMatrix? behaviour) =>
            Assert.Throws<ArgumentException>(() => new RqVaeTask(Texts, options, 1, collaborative: behaviour)).Message;
    }

    // The 30 clouds of the texts have six audiences: which of them does not follow from how near the texts are.
    private static EmbeddingMatrix OfAudiences(int rows, int columns)
    {
        var values = new float[rows * columns];
        for (var at = 0; at < values.Length; at++)
        {
            var audience = new CounterRandom(1).At(0, (ulong)(at / columns)).Below(30) % 6; // as Clouds draws clouds
            var (own, shared) = (
                new CounterRandom(8).At(0, (ulong)at),
                new CounterRandom(9).At(audience, at % columns)
            );
            values[at] = (float)(shared.Normal + 0.1 * own.Normal);
        }
        return new EmbeddingMatrix(rows, columns, values);
    }

    private static Dictionary<string, Tensor> Gradients(RqVaeOptions options)
    {
        using var task = new RqVaeTask(Texts, options, seed: 1, collaborative: Behaviour);
        task.Model.train();
        task.Loss(new TrainingStep(1, 0, task.BatchesPerEpoch, 1)).Backward();
        return task.Model.named_parameters().ToDictionary(p => p.name, p => p.parameter.grad!.clone());
    }

    private static float[][] Rows(Tensor matrix) =>
        [.. Enumerable.Range(0, (int)matrix.shape[0]).Select(row => matrix[row].data<float>().ToArray())];

    private static double Dot(float[] a, float[] b) => a.Zip(b, (x, y) => (double)x * y).Sum();
}

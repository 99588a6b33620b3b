using System.Globalization;
using System.Runtime.InteropServices;
using GenRec.Benchmarks.Harness;
using GenRec.Benchmarks.Reference;
using GenRec.Shared.Decoding;
using GenRec.Shared.Models;
using GenRec.Shared.Runtime;
using static TorchSharp.torch;

namespace GenRec.Benchmarks.Commands;

/// <summary>Do the reference and our OneRec compute the same loss and gradient, and find the same sessions?</summary>
internal static class VerifyOneRec
{
    private const double MostDifference = 1e-4; // of a loss around 7 and of gradients, in float32
    private const double MostScoreDifference = 1e-2; // of sums of 15 log-probabilities
    private const int Sessions = 16;

    public static int Check(BenchmarkOptions options)
    {
        using var scope = NewDisposeScope();
        Compute.UseThreads(options.Threads);
        var work = OneRecWorkload.Load(options);
        var sizes = OneRecWorkload.Model with { Dropout = 0, BatchSize = Sessions, Precision = Precision.Float32 };
        using var model = work.MakeModel(options, sizes);
        model.train(); // by the training's own pass; nothing is dropped
        var same = SameGradient(work, model, options);
        model.eval();
        return same & SameSessions(work, model) ? 0 : 1;
    }

    private static bool SameGradient(OneRecWorkload work, OneRec model, BenchmarkOptions options)
    {
        using var reference = new TigerReference(
            T5ReferenceWeights.Of(model.T5),
            model.T5.Options,
            OneRecWorkload.LearningRate
        );
        var batch = new OneRecBatcher(work.Sessions, model.Tokens, model.Options, options.Seed).At(0);
        var (ids, isReal, inputs, targets) = OneRecWorkload.Pad(batch);
        var (ours, theirs) = (model.Loss(batch), reference.SessionLoss(ids, isReal, inputs, targets, batch.Items));
        ours.backward();
        theirs.backward();
        var loss = Math.Abs(ours.item<float>() - theirs.item<float>());
        var experts = model
            .named_parameters()
            .First(pair => pair.name.EndsWith("feedForward.narrow", StringComparison.Ordinal));
        var name = experts
            .name.Replace("t5.", "", StringComparison.Ordinal)
            .Replace(".layers.", ".", StringComparison.Ordinal);
        var tokens = Largest(model.T5.TokenTable.grad! - reference.Weights["tokens.weight"].grad!);
        var expert = Largest(experts.parameter.grad! - reference.Weights[name].grad!);
        var agree = loss < MostDifference && tokens < MostDifference && expert < MostDifference;
        Console.WriteLine(
            $"verify onerec loss={Show(theirs.item<float>())} difference={Show(loss)} token-gradient-difference={Show(tokens)} "
                + $"expert-gradient-difference={Show(expert)} {(agree ? "ok" : "DIFFERENT")}"
        );
        return agree;
    }

    private static bool SameSessions(OneRecWorkload work, OneRec model)
    {
        var histories = work.HistoriesAt(0).Slice(0, 8);
        var (items, scores) = SessionReference.Of(model).Run(histories, OneRecWorkload.Beams);
        using var found = model.Generate(histories, OneRecWorkload.Beams, 1, SessionIdentity.SameOrder);
        var ours = MemoryMarshal.Cast<byte, long>(found.Items.contiguous().bytes).ToArray();
        var same = ours.Zip(items).Count(pair => pair.First == pair.Second) / (double)items.Length;
        var largest = Largest(found.Scores.view(-1) - tensor(scores));
        var agree = same > 0.98 && largest < MostScoreDifference; // close scores may change places
        Console.WriteLine(
            $"verify session-beam equal-places={Show(same)} score-difference={Show(largest)} {(agree ? "ok" : "DIFFERENT")}"
        );
        return agree;
    }

    private static float Largest(Tensor difference) => difference.abs().max().item<float>();

    private static string Show(double number) => number.ToString("G4", CultureInfo.InvariantCulture);
}

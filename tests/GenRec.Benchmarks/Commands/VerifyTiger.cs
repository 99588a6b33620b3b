using System.Globalization;
using GenRec.Benchmarks.Harness;
using GenRec.Benchmarks.Reference;
using GenRec.Shared.Models;
using GenRec.Shared.Runtime;
using GenRec.Shared.Training;
using static TorchSharp.torch;

namespace GenRec.Benchmarks.Commands;

/// <summary>Do the reference and our TIGER compute the same loss and gradient, and learn alike from the same windows?</summary>
/// <remarks>Without dropout, whose masks the two draw differently; ours in float32 for the gradient, in bfloat16 where it trains.</remarks>
internal static class VerifyTiger
{
    private const double MostDifference = 1e-4; // of a loss around 7 and of gradients, in float32
    private const double MostAfterTraining = 0.02; // relative, of the validation loss; bfloat16 keeps 8 bits
    private const int Windows = 32;
    private const int Steps = 20;

    public static int Check(BenchmarkOptions options)
    {
        if (BeamWorkload.Unavailable(options) is { } reason)
        {
            Console.WriteLine($"# verify tiger skipped: {reason}");
            return 0;
        }
        using var scope = NewDisposeScope();
        Compute.UseThreads(options.Threads);
        var work = TigerWorkload.Load(options);
        var sizes = TigerWorkload.Model with { Dropout = 0, BatchSize = Windows };
        using var exact = Make(work, sizes with { Precision = Precision.Float32 }, options);
        using var ours = Make(work, sizes, options);
        using var reference = new TigerReference(
            T5ReferenceWeights.Of(exact.T5),
            exact.T5.Options,
            TigerWorkload.LearningRate
        );
        var batcher = new TigerBatcher(work.Split.Train, exact.Tokens, sizes, options.Seed);
        var agree = SameGradient(exact, reference, batcher.At(0));
        Train(ours, reference, batcher);
        var held = TigerBatch.Of(exact.Tokens, work.Split.Validation.At([.. Enumerable.Range(0, 512)]), sizes.MaxItems);
        using var quiet = no_grad();
        var (ourLoss, theirs) = (ours.Loss(held).item<float>(), LossOf(reference, held).item<float>());
        var learned = Math.Abs(ourLoss - theirs) / theirs < MostAfterTraining;
        Console.WriteLine(
            $"verify tiger after {Steps} equal batches of {Windows} windows: validation loss ours={Show(ourLoss)} "
                + $"reference={Show(theirs)} {(learned ? "ok" : "DIFFERENT")}"
        );
        return agree && learned ? 0 : 1;
    }

    private static bool SameGradient(Tiger exact, TigerReference reference, TigerBatch batch)
    {
        var (ourLoss, theirs) = (exact.Loss(batch), LossOf(reference, batch));
        ourLoss.backward();
        theirs.backward();
        var loss = Math.Abs(ourLoss.item<float>() - theirs.item<float>());
        var gradient = (exact.T5.TokenTable.grad! - reference.Weights["tokens.weight"].grad!).abs().max().item<float>();
        var agree = loss < MostDifference && gradient < MostDifference;
        Console.WriteLine(
            $"verify tiger loss={Show(theirs.item<float>())} difference={Show(loss)} token-gradient-difference={Show(gradient)} "
                + $"{(agree ? "ok" : "DIFFERENT")}"
        );
        return agree;
    }

    private static void Train(Tiger ours, TigerReference reference, TigerBatcher batcher)
    {
        ours.train();
        using var optimizer = new FusedAdam(ours);
        for (var step = 0; step < Steps; step++)
        {
            using var scope = NewDisposeScope();
            var batch = batcher.At(step);
            ours.Loss(batch).backward();
            optimizer.Step(TigerWorkload.LearningRate);
            optimizer.ZeroGrad();
            var (ids, isReal, targets) = TigerWorkload.Pad(batch);
            reference.Step(ids, isReal, targets);
        }
        ours.eval();
    }

    private static Tensor LossOf(TigerReference reference, TigerBatch batch)
    {
        var (ids, isReal, targets) = TigerWorkload.Pad(batch);
        return reference.Loss(ids, isReal, targets);
    }

    private static Tiger Make(TigerWorkload work, TigerOptions sizes, BenchmarkOptions options)
    {
        Compute.Seed(options.Seed);
        return new Tiger(work.Ids, sizes);
    }

    private static string Show(double value) => value.ToString("G4", CultureInfo.InvariantCulture);
}

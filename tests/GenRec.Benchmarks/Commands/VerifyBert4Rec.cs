using System.Globalization;
using GenRec.Benchmarks.Comparisons;
using GenRec.Benchmarks.Harness;
using GenRec.Benchmarks.Reference;
using GenRec.Shared.Models;
using static TorchSharp.torch;

namespace GenRec.Benchmarks.Commands;

/// <summary>Do the reference and our BERT4Rec compute the same loss and gradient from the same masks? Without dropout.</summary>
internal static class VerifyBert4Rec
{
    private const double MostDifference = 1e-4; // of a loss around 9, in float32

    public static int Check(BenchmarkOptions options)
    {
        if (BenchmarkData.Unavailable(BenchmarkData.Beauty, options) is { } reason)
        {
            Console.WriteLine($"# verify bert4rec skipped: {reason}");
            return 0;
        }
        using var scope = NewDisposeScope();
        var sizes = Bert4RecTrain.Model with { Dropout = 0, AttentionDropout = 0, BatchSize = 64 };
        var train = BenchmarkData.Load(BenchmarkData.Beauty, options).Train;
        using var ours = Bert4RecTrain.Fresh(train, sizes, options);
        using var reference = new Bert4RecReference(ours, Bert4RecTrain.LearningRate);
        var batch = sizes.Batches(train, (ulong)options.Seed).At(0);
        var (ourLoss, theirs) = (
            ItemSequenceObjective.Loss(ours, batch),
            reference.Loss(Bert4RecTrain.Pad(batch, sizes.MaxLength))
        );
        ourLoss.backward();
        theirs.backward();
        var loss = Math.Abs(ourLoss.item<float>() - theirs.item<float>());
        var table = ours.named_parameters().Single(parameter => parameter.name == "items.weight").parameter;
        // Row 0 is padding: ours leaves it out of the gradient, and nothing reads it.
        var gradient = (table.grad! - reference.Weights["items.weight"].grad!)
            .narrow(0, 1, train.ItemCount)
            .abs()
            .max()
            .item<float>();
        var agree = loss < MostDifference && gradient < MostDifference;
        Console.WriteLine(
            $"verify bert4rec loss={Show(theirs.item<float>())} difference={Show(loss)} item-gradient-difference={Show(gradient)} "
                + $"{(agree ? "ok" : "DIFFERENT")}"
        );
        return agree ? 0 : 1;
    }

    private static string Show(double value) => value.ToString("G4", CultureInfo.InvariantCulture);
}

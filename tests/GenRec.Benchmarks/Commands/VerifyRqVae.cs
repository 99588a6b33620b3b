using System.Globalization;
using GenRec.Benchmarks.Comparisons;
using GenRec.Benchmarks.Harness;
using GenRec.Benchmarks.Reference;
using GenRec.Shared.Runtime;
using GenRec.Shared.SemanticIds.Neural;
using GenRec.Shared.Training;
using static TorchSharp.torch;

namespace GenRec.Benchmarks.Commands;

/// <summary>Do the reference and our RQ-VAE compute the same loss and gradients in float32, from the same weights and batch?</summary>
internal static class VerifyRqVae
{
    private const double MostDifference = 1e-4; // of the loss, and of a gradient's norm

    public static int Check(BenchmarkOptions options)
    {
        using var scope = NewDisposeScope();
        var vectors = RqVaeTrain.Vectors(options with { Synthetic = true });
        var model = RqVaeTrain.Options with { Precision = Precision.Float32, BatchSize = vectors.Rows };
        var items = tensor(vectors.Values.ToArray(), vectors.Rows, vectors.Columns);
        int[] widths = [vectors.Columns, .. model.Hidden, model.Latent];
        using var reference = new RqVaeReference(items, widths, model.Levels, model.Codes, vectors.Rows, options.Seed);
        using var task = new RqVaeTask(vectors, model, options.Seed);
        using (no_grad())
            foreach (var codebook in reference.Codebooks)
                codebook.mul_(64); // as after some training: at the start the straight-through sum rounds them away
        RqVaeQuality.CopyWeights(reference, task.Model);
        task.Model.train();
        var loss = task.Loss(new TrainingStep(options.Seed, 0, task.BatchesPerEpoch, 1));
        loss.Backward();
        var (theirs, _) = reference.Loss(items);
        theirs.backward();
        var gap = Math.Abs(loss.Mean.item<float>() / theirs.item<float>() - 1);
        var gradient = RqVaeQuality
            .Pairs(reference, task.Model)
            .Max(pair => ((pair.Ours.grad! - pair.Theirs.grad!).norm() / pair.Theirs.grad!.norm()).item<float>());
        var agree = gap < MostDifference && gradient < MostDifference;
        Console.WriteLine(
            $"verify rqvae loss={Show(theirs.item<float>())} difference={Show(gap)} "
                + $"largest-gradient-difference={Show(gradient)} {(agree ? "ok" : "DIFFERENT")}"
        );
        return agree ? 0 : 1;
    }

    private static string Show(double value) => value.ToString("G3", CultureInfo.InvariantCulture);
}

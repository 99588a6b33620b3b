using System.Globalization;
using GenRec.Benchmarks.Comparisons;
using GenRec.Benchmarks.Harness;
using GenRec.Benchmarks.Reference;
using static TorchSharp.torch;

namespace GenRec.Benchmarks.Commands;

/// <summary>Do our beam search and the references find the same items with the same scores, given the same weights?</summary>
internal static class VerifyBeams
{
    private const double MostDifference = 1e-3; // of log-probabilities around -20, over four steps in float32

    /// <summary>Checks the first batch of each comparison; 0 where all agree, 1 where not.</summary>
    public static int Check(BenchmarkOptions options)
    {
        if (BeamWorkload.Unavailable(options) is { } reason)
        {
            Console.WriteLine($"# verify beams skipped: {reason}");
            return 0;
        }
        var agree = true;
        foreach (var comparison in new[] { ConstrainedBeam.One, ConstrainedBeam.Batch })
        {
            using var scope = NewDisposeScope();
            var work = BeamWorkload.Load(comparison.BatchSize, options);
            using var model = BeamWorkload.MakeModel(options);
            var weights = T5ReferenceWeights.Of(model);
            var ours = comparison.OurLists(work, model, at: 0);
            var reference = new T5Reference(weights, BeamWorkload.Model);
            var search = new BeamReference(reference, BeamWorkload.Model, work.Codes, BeamWorkload.Layout);
            agree &= Compare($"{comparison.Name} TorchSharp", ours, search.Run(work.Batches[0], comparison.Beams));
            if (Python.WithTorch is null)
                Console.WriteLine($"# verify {comparison.Name} PyTorch skipped: {Python.Missing}");
            else
                agree &= Compare($"{comparison.Name} PyTorch", ours, InPython(comparison, work, weights, options));
        }
        return agree ? 0 : 1;
    }

    private static (int[] Items, float[] Scores) InPython(
        ConstrainedBeam comparison,
        BeamWorkload work,
        Dictionary<string, Tensor> weights,
        BenchmarkOptions options
    )
    {
        using var process = comparison.StartPython(work, weights, options);
        return ConstrainedBeam.ListsOf(process, at: 0);
    }

    private static bool Compare(string name, (int[] Items, float[] Scores) ours, (int[] Items, float[] Scores) theirs)
    {
        var difference = ours.Scores.Zip(theirs.Scores, (one, other) => Math.Abs(one - other)).Max();
        var same = ours.Items.Zip(theirs.Items, (one, other) => one == other).Count(equal => equal);
        // Items whose scores differ by less than rounding may stand in either order.
        var agree = difference < MostDifference && same >= 0.95 * ours.Items.Length;
        Console.WriteLine(
            $"verify {name} score-difference={difference.ToString("G3", CultureInfo.InvariantCulture)} "
                + $"equal-places={same}/{ours.Items.Length} {(agree ? "ok" : "DIFFERENT")}"
        );
        return agree;
    }
}

using System.CommandLine;
using System.Globalization;
using GenRec.Benchmarks.Comparisons;
using GenRec.Benchmarks.Harness;
using GenRec.Benchmarks.Reference;
using GenRec.Shared.Data;
using GenRec.Shared.Models;
using static TorchSharp.torch;

namespace GenRec.Benchmarks.Commands;

/// <summary>
/// <c>verify</c>: with the same weights, do the reference and our model compute the same loss and gradient, and find the same lists?
/// </summary>
/// <remarks>
/// A ratio of speeds means something only between programs that do the same. The check runs on rows without padding,
/// where the two agree by design, and without dropout, whose masks they draw differently.
/// </remarks>
internal static class VerifyCommand
{
    private const double MostDifference = 1e-4; // of values around 1, in float32, over some thousand terms
    private const int Rows = 8;
    private const int Items = 200;

    public static Command Make()
    {
        var command = new Command("verify", "Checks that the references and our models agree; exit code 1 if not.");
        var common = new CommonOptions().AddTo(command);
        command.SetAction(parsed =>
        {
            var options = common.Apply(parsed);
            return new[]
            {
                Check(options),
                VerifyBert4Rec.Check(options),
                VerifyBeams.Check(options),
                VerifyTiger.Check(options),
                VerifyOneRec.Check(options),
                VerifyRqVae.Check(options),
            }.Max();
        });
        return command;
    }

    private static int Check(BenchmarkOptions options)
    {
        using var scope = NewDisposeScope();
        manual_seed(options.Seed);
        var sizes = new ReferenceOptions
        {
            Length = 20,
            Width = 16,
            Dropout = 0,
        };
        var reference = new SasRecReference(Items, sizes);
        var ours = new SasRec(Items, OurSasRecLoop.OptionsOf(sizes));
        CopyWeights(reference, ours, sizes);
        var batch = FullRows(sizes.Length, options.Seed);
        var referenceLoss = reference.Loss(batch);
        var ourLoss = ItemSequenceObjective.Loss(ours, AsPacked(batch, sizes.Length));
        referenceLoss.backward();
        ourLoss.backward();
        var loss = Math.Abs(referenceLoss.item<float>() - ourLoss.item<float>());
        var gradient = (Weight(reference, "items.weight").grad! - ours.OutputTable.grad!).abs().max().item<float>();
        var agree = loss < MostDifference && gradient < MostDifference;
        Console.WriteLine(
            $"verify sasrec loss={Show(referenceLoss.item<float>())} difference={Show(loss)} "
                + $"item-gradient-difference={Show(gradient)} {(agree ? "ok" : "DIFFERENT")}"
        );
        return agree ? 0 : 1;

        static string Show(double value) => value.ToString("G3", CultureInfo.InvariantCulture);
    }

    private static void CopyWeights(SasRecReference from, SasRec to, ReferenceOptions sizes)
    {
        using var noGradient = no_grad();
        var (width, source) = (sizes.Width, from.named_parameters().ToDictionary(p => p.name, p => p.parameter));
        Copy("items.weight", source["items.weight"]);
        Copy("positions.weight", source["positions.weight"].narrow(0, 1, sizes.Length)); // slot 0 is the reference's padding
        Copy("last", "lastNorm");
        for (var i = 0; i < sizes.Blocks; i++)
        {
            foreach (var part in new[] { "weight", "bias" })
            {
                var joint = source[$"attentions.{i}.in_proj_{part}"]; // query, key and value, one below the other
                Copy($"blocks.{i}.query.{part}", joint.narrow(0, 0, width));
                Copy($"blocks.{i}.keyValue.{part}", joint.narrow(0, width, 2 * width));
            }
            Copy($"blocks.{i}.output", $"attentions.{i}.out_proj");
            Copy($"blocks.{i}.attentionNorm", $"attentionNorms.{i}");
            Copy($"blocks.{i}.feedForwardNorm", $"feedForwardNorms.{i}");
            Copy($"blocks.{i}.wide", $"feedForwards.{i}.inner");
            Copy($"blocks.{i}.narrow", $"feedForwards.{i}.outer");
        }

        void Copy(object target, object value)
        {
            if (value is Tensor tensor)
                Weight(to, (string)target).copy_(tensor.view(Weight(to, (string)target).shape));
            else
                foreach (var part in new[] { "weight", "bias" })
                    Copy($"{target}.{part}", source[$"{value}.{part}"]);
        }
    }

    private static Tensor Weight(nn.Module module, string name) =>
        module.named_parameters().Single(parameter => parameter.name == name).parameter;

    private static ReferenceBatch FullRows(int length, int seed)
    {
        var random = new Random(seed);
        long[] Draw() => [.. Enumerable.Range(0, Rows * length).Select(_ => (long)random.Next(1, Items + 1))];
        var slots = Enumerable.Range(0, Rows * length).Select(cell => cell % length + 1L).ToArray();
        return new ReferenceBatch(Draw(), slots, Draw(), Draw(), Rows * length);
    }

    private static NextItemBatch AsPacked(ReferenceBatch batch, int length) =>
        new(
            Rows,
            length,
            batch.Sequences,
            Positions: [.. batch.Slots.Select(slot => slot - 1)],
            Segments: [.. Enumerable.Range(0, Rows * length).Select(cell => cell / length + 1L)],
            Cells: [.. Enumerable.Range(0, Rows * length).Select(cell => (long)cell)],
            batch.Positives,
            batch.Negatives
        );
}

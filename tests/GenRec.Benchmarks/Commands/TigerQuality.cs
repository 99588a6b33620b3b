using System.CommandLine;
using System.Globalization;
using GenRec.Benchmarks.Comparisons;
using GenRec.Benchmarks.Harness;
using GenRec.Shared.Models;
using static TorchSharp.torch;

namespace GenRec.Benchmarks.Commands;

/// <summary><c>reference tiger</c>: both sides of <c>tiger-train</c> on the same windows; is the validation loss equal after equal samples?</summary>
/// <remarks>As they are timed: dropout on, whose masks the two draw differently, ours multiplying in bfloat16.</remarks>
internal static class TigerQuality
{
    public static Command Make()
    {
        var steps = Number("--steps", 150, "Updates of each side, of 256 windows each.");
        var every = Number("--evaluate-every", 25, "Updates between evaluations.");
        var held = Number("--held-out", 2000, "Validation windows.");
        var command = new Command("tiger", "TIGER by the reference loop and by ours: validation loss at equal samples.")
        {
            steps,
            every,
            held,
        };
        var common = new CommonOptions().AddTo(command);
        command.SetAction(parsed =>
        {
            var options = common.Apply(parsed);
            Console.WriteLine(MachineInfo.Line(options.Threads));
            if (BeamWorkload.Unavailable(options) is { } reason)
            {
                Console.Error.WriteLine(reason);
                return 2;
            }
            Train(options, parsed.GetValue(steps), parsed.GetValue(every), parsed.GetValue(held));
            return 0;
        });
        return command;
    }

    private static Option<int> Number(string name, int standard, string description) =>
        new Option<int>(name) { Description = description, DefaultValueFactory = _ => standard }.AtLeast(1);

    private static void Train(BenchmarkOptions options, int steps, int every, int heldOut)
    {
        var work = TigerWorkload.Load(options);
        using var ours = new OurTigerLoop(work, options);
        using var reference = new TigerReferenceLoop(work, options);
        var (windows, maxItems) = (work.Split.Validation, TigerWorkload.Model.MaxItems);
        int[] rows = [.. Enumerable.Range(0, Math.Min(heldOut, windows.Count))];
        TigerBatch[] batches =
        [
            .. rows.Chunk(TigerWorkload.Model.BatchSize)
                .Select(some => TigerBatch.Of(ours.Model.Tokens, windows.At(some), maxItems)),
        ];
        Print(0, 0);
        for (var step = 1; step <= steps; step++)
        {
            var samples = ours.Step();
            if (reference.Step() != samples)
                throw new BenchmarkException($"Update {step}: the two sides did not see equally many windows.");
            if (step % every == 0 || step == steps)
                Print(step, (long)step * samples);
        }

        void Print(int step, long samples)
        {
            var (mine, theirs) = (Mean(ours), Mean(reference));
            Console.WriteLine(
                $"tiger updates={step} windows={samples} seed={options.Seed} validation loss of {rows.Length} windows: "
                    + $"ours={Show(mine)} reference={Show(theirs)} difference={Show(mine - theirs)}"
            );
        }

        double Mean(ITigerLoop loop)
        {
            using var quiet = no_grad();
            loop.Training = false;
            var sum = 0.0;
            foreach (var batch in batches)
            {
                using var scope = NewDisposeScope();
                sum += loop.LossOf(batch) * batch.Rows;
            }
            loop.Training = true;
            return sum / rows.Length;
        }
    }

    private static string Show(double value) => value.ToString("F4", CultureInfo.InvariantCulture);
}

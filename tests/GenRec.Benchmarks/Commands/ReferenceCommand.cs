using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using GenRec.Benchmarks.Comparisons;
using GenRec.Benchmarks.Harness;
using GenRec.Benchmarks.Reference;
using GenRec.Shared.Data;
using GenRec.Shared.Evaluation;

namespace GenRec.Benchmarks.Commands;

/// <summary><c>reference sasrec</c>: trains the reference loop, so that its quality can be held against ours.</summary>
internal static class ReferenceCommand
{
    public static Command Make()
    {
        var dataset = new Option<string>("--dataset")
        {
            Description = "Which public set.",
            DefaultValueFactory = _ => BenchmarkData.Beauty,
        };
        dataset.AcceptOnlyFromAmong([.. PublicDatasets.All.Select(set => set.Name)]);
        var epochs = Number("--epochs", 20, "Passes over all users.");
        var every = Number("--evaluate-every", 0, "Epochs between evaluations; 0 evaluates at the end only.", least: 0);
        var length = Number("--length", 50, "Longest history.");
        var width = Number("--width", 50, "Width of every layer.");
        var batch = Number("--batch", 128, "Users in a batch.");
        var dropout = new Option<double>("--dropout") { Description = "Dropout.", DefaultValueFactory = _ => 0.2 };
        dropout.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<double>() is not (>= 0 and < 1))
                result.AddError("--dropout must be at least 0 and below 1.");
        });
        var side = new Option<SideKind>("--side")
        {
            Description = "Peer trains the reference loop, Ours our own loop with the same settings.",
            DefaultValueFactory = _ => SideKind.Peer,
        };
        var sasRec = new Command("sasrec", "SASRec with padded batches, library modules and one negative.")
        {
            dataset,
            epochs,
            every,
            length,
            width,
            batch,
            dropout,
            side,
        };
        var common = new CommonOptions().AddTo(sasRec);
        sasRec.SetAction(parsed =>
        {
            var options = common.Apply(parsed);
            var model = new ReferenceOptions
            {
                Length = parsed.GetValue(length),
                Width = parsed.GetValue(width),
                Batch = parsed.GetValue(batch),
                Dropout = parsed.GetValue(dropout),
            };
            Console.WriteLine(MachineInfo.Line(options.Threads));
            try
            {
                Train(
                    parsed.GetValue(dataset)!,
                    parsed.GetValue(side),
                    model,
                    options,
                    parsed.GetValue(epochs),
                    parsed.GetValue(every)
                );
                return 0;
            }
            catch (BenchmarkException problem)
            {
                Console.Error.WriteLine(problem.Message);
                return 2;
            }
        });
        return new Command("reference", "Trains reference loops, so that their quality can be held against ours.")
        {
            sasRec,
            RqVaeQuality.Make(),
            TigerQuality.Make(),
        };
    }

    private static Option<int> Number(string name, int standard, string description, int least = 1) =>
        new Option<int>(name) { Description = description, DefaultValueFactory = _ => standard }.AtLeast(least);

    private static void Train(
        string dataset,
        SideKind side,
        ReferenceOptions model,
        BenchmarkOptions options,
        int epochs,
        int every
    )
    {
        var split = BenchmarkData.Load(dataset, options);
        using ISasRecLoop loop =
            side == SideKind.Peer
                ? new SasRecReferenceLoop(split.Train, model, options.Seed)
                : new OurSasRecLoop(split.Train, model, options);
        var title =
            $"{(side == SideKind.Peer ? "reference" : "ours")} sasrec dataset={(options.Synthetic ? "synthetic" : dataset)} "
            + $"seed={options.Seed}";
        var (seconds, best, bestLine) = (0.0, -1.0, "");
        for (var epoch = 1; epoch <= epochs; epoch++)
        {
            var (clock, loss) = (Stopwatch.StartNew(), 0.0);
            for (var step = 0; step < loop.StepsPerEpoch; step++)
            {
                loop.Step();
                loss += loop.LastLoss / loop.StepsPerEpoch;
            }
            seconds += clock.Elapsed.TotalSeconds;
            var line = $"# epoch {epoch} loss {Fixed(loss, 4)} seconds {Fixed(seconds, 1)}";
            if (epoch != epochs && (every == 0 || epoch % every != 0))
            {
                Console.WriteLine(line);
                continue;
            }
            var validation = FullRanking.Evaluate(loop.Scorer, split.Validation);
            var test = FullRanking.Evaluate(loop.Scorer, split.Test);
            Console.WriteLine($"{line} validation {Show(validation)} test {Show(test)}");
            if (validation[Metric.Ndcg(10)] > best)
                (best, bestLine) = (
                    validation[Metric.Ndcg(10)],
                    $"{title} best-epoch={epoch} {Show(test)} by=validation-NDCG@10"
                );
            if (epoch == epochs)
                Console.WriteLine($"{title} epochs={epochs} {Show(test)} seconds={Fixed(seconds, 1)}");
        }
        Console.WriteLine(bestLine);
    }

    private static string Show(RankingResult result) =>
        $"Recall@10={Fixed(result[Metric.Recall(10)], 5)} NDCG@10={Fixed(result[Metric.Ndcg(10)], 5)}";

    private static string Fixed(double value, int digits) =>
        value.ToString("F" + digits.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
}

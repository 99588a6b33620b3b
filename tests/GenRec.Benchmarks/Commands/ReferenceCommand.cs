using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using GenRec.Benchmarks.Harness;
using GenRec.Benchmarks.Reference;
using GenRec.Shared.Data;

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
        var sasRec = new Command("sasrec", "SASRec with padded batches, library modules and one negative.")
        {
            dataset,
            epochs,
            every,
            length,
            width,
            batch,
            dropout,
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
                Train(parsed.GetValue(dataset)!, model, options, parsed.GetValue(epochs), parsed.GetValue(every));
                return 0;
            }
            catch (BenchmarkException problem)
            {
                Console.Error.WriteLine(problem.Message);
                return 2;
            }
        });
        return new Command("reference", "Trains a reference loop and ranks the whole catalogue.") { sasRec };
    }

    private static Option<int> Number(string name, int standard, string description, int least = 1) =>
        new Option<int>(name) { Description = description, DefaultValueFactory = _ => standard }.AtLeast(least);

    private static void Train(string dataset, ReferenceOptions model, BenchmarkOptions options, int epochs, int every)
    {
        var shown = options.Synthetic ? "synthetic" : dataset;
        var split = BenchmarkData.Load(dataset, options);
        using var training = new ReferenceTraining(split.Train, model, options.Seed);
        var (seconds, best, bestEpoch, bestTest) = (0.0, -1.0, 0, default(RankingMeans));
        for (var epoch = 1; epoch <= epochs; epoch++)
        {
            var (clock, loss) = (Stopwatch.StartNew(), 0.0);
            for (var step = 0; step < training.StepsPerEpoch; step++)
            {
                training.Step();
                loss += training.LastLoss / training.StepsPerEpoch;
            }
            seconds += clock.Elapsed.TotalSeconds;
            if (epoch != epochs && (every == 0 || epoch % every != 0))
            {
                Console.WriteLine($"# epoch {epoch} loss {Fixed(loss)} seconds {Fixed(seconds, 1)}");
                continue;
            }
            var (validation, test) = (Rank(split.Validation), Rank(split.Test));
            Console.WriteLine(
                $"# epoch {epoch} loss {Fixed(loss)} seconds {Fixed(seconds, 1)} validation {validation} test {test}"
            );
            if (validation.Ndcg10 > best)
                (best, bestEpoch, bestTest) = (validation.Ndcg10, epoch, test);
            if (epoch == epochs)
                Console.WriteLine(
                    $"reference sasrec dataset={shown} seed={options.Seed} epochs={epochs} {test} "
                        + $"seconds={Fixed(seconds, 1)}"
                );
        }
        if (bestEpoch != epochs)
            Console.WriteLine(
                $"reference sasrec dataset={shown} seed={options.Seed} best-epoch={bestEpoch} {bestTest} by=validation-NDCG@10"
            );

        RankingMeans Rank(NextItemCases cases) => ReferenceRanking.Rank(training.Model, cases);
    }

    private static string Fixed(double value, int digits = 4) =>
        value.ToString("F" + digits.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
}
